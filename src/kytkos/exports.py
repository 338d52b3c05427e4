"""The whole graph in other forms: the same data gives the same bytes."""

import io
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyoxigraph as ox

from kytkos.engines import Oxigraph
from kytkos.graph import Graph, to_term
from kytkos.names import headings, labels, shown, themes
from kytkos.queries import Query, read_query
from kytkos.sheets import Contents, Sheet, workbook
from kytkos.tables import Table
from kytkos.terms import DEF, LANGUAGES, Prefixes, Term

if TYPE_CHECKING:
    import networkx as nx

GRAPHS = "https://w3id.org/kytkos/graph/"  # followed by the path of a file

Triples = tuple[ox.Triple, ...]
FORMATS = ("ttl", "trig", "nt", "jsonld", "graphml", "xlsx")

_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_PREF_LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
_RDFS_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
_VOCABULARY = re.compile(
    r"http://www\.w3\.org/(?:2002/07/owl|2000/01/rdf-schema|1999/02/22-rdf-syntax-ns"
    r"|2004/02/skos/core)#"
)
_POINTERS = (DEF + "SourcePlace", DEF + "Furniture")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTENTS = {
    "fi": Contents(
        "Sisällys", "Kytkös: kyselyjen vastaukset", "", ("Taulukko", "Mitä siinä on", "Rivejä")
    ),
    "sv": Contents("Innehåll", "Kytkös: svar på frågorna", "", ("Blad", "Innehåll", "Rader")),
    "en": Contents("Contents", "Kytkös: answers to the queries", "", ("Sheet", "Holds", "Rows")),
}


def export(graph: Graph, form: str, lang: str, library: Mapping[str, Query]) -> bytes:
    """Write the graph in one of `FORMATS`.

    Args:
        lang: the language of labels in GraphML and XLSX; the other forms have all.
        library: the queries that XLSX has a sheet for.
    """
    writers: dict[str, Callable[[], bytes]] = {
        "ttl": lambda: turtle(union(graph), graph.prefixes),
        "trig": lambda: trig(named_graphs(graph), graph.prefixes),
        "nt": lambda: serialized(union(graph), ox.RdfFormat.N_TRIPLES),
        "jsonld": lambda: json_ld(union(graph), graph.prefixes),
        "graphml": lambda: graphml(graph, lang),
        "xlsx": lambda: spreadsheet(graph, lang, library),
    }
    return writers[form]()


def union(graph: Graph) -> Triples:
    """Give each triple of the graph once, in order."""
    return _canonical({quad.triple for quad in graph.store})


def named_graphs(graph: Graph) -> dict[str, Triples]:
    """Give the triples of each file, by the IRI its graph has outside of this machine.

    No two graphs share the name of a blank node, unless it is the same.
    """
    names = {str(ox.DefaultGraph()): f"{GRAPHS}default"}
    for name in graph.store.named_graphs():
        path = graph.files.get(name.value)
        names[str(name)] = graph_iri(path, graph.root) if path else name.value
    quads = {
        ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode(names[str(q.graph_name)]))
        for q in graph.store
    }
    found: dict[str, set[ox.Triple]] = {}
    for quad in _relabelled(quads):
        assert isinstance(quad.graph_name, ox.NamedNode)
        found.setdefault(quad.graph_name.value, set()).add(quad.triple)
    return {iri: tuple(sorted(triples, key=_order)) for iri, triples in sorted(found.items())}


def graph_iri(path: Path, root: Path) -> str:
    """Name the graph of a file by its path in the project.

    A file outside of it, as the packaged ontology, goes by its folder and name.
    """
    try:
        inner = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        inner = f"{path.parent.name}/{path.name}"
    return GRAPHS + quote(os.fsencode(inner))


def turtle(triples: Iterable[ox.Triple], prefixes: Prefixes) -> bytes:
    """Write Turtle, with the prefixes that the triples need."""
    listed = tuple(triples)
    return serialized(listed, ox.RdfFormat.TURTLE, _needed(listed, prefixes))


def trig(graphs: Mapping[str, Triples], prefixes: Prefixes) -> bytes:
    """Write TriG: a graph a file; in it, a thing is written as in Turtle."""
    quads = [
        ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(iri))
        for iri, triples in graphs.items()
        for t in triples
    ]
    needed = _needed([quad.triple for quad in quads], prefixes)
    written = serialized(quads, ox.RdfFormat.TRIG, needed)
    return re.sub(rb"^\t", b"", written, flags=re.MULTILINE)


def serialized(
    statements: Iterable[ox.Triple] | Iterable[ox.Quad],
    rdf_format: ox.RdfFormat,
    prefixes: dict[str, str] | None = None,
) -> bytes:
    """Write statements in the order given."""
    written = ox.serialize(statements, format=rdf_format, prefixes=prefixes)
    return written or b""


def json_ld(triples: Triples, prefixes: Prefixes) -> bytes:
    """Write compact JSON-LD: an object a subject, IRIs as CURIEs.

    Source: JSON-LD 1.1, sections 3.2 (IRIs), 4.2 (values) and 4.1.5 (compact IRIs).
    """
    # Only a namespace that ends so may be a prefix without saying so.
    needed = {p: n for p, n in _needed(triples, prefixes).items() if p and n[-1:] in ":/?#[]@"}
    short = Prefixes(needed)

    def named(value: Term) -> str:
        return f"_:{value.value}" if value.type == "bnode" else short.curie(value.value)

    nodes: dict[str, dict[str, Any]] = {}
    for triple in triples:
        subject, predicate, value = (
            to_term(triple.subject),
            to_term(triple.predicate),
            to_term(triple.object),
        )
        node = nodes.setdefault(named(subject), {"@id": named(subject)})
        if predicate.value == _RDF_TYPE:
            node.setdefault("@type", []).append(named(value))
            continue
        written: dict[str, str]
        if value.type != "literal":
            written = {"@id": named(value)}
        elif value.lang:
            written = {"@value": value.value, "@language": value.lang}
        elif value.datatype:
            written = {"@value": value.value, "@type": short.curie(value.datatype)}
        else:
            written = {"@value": value.value}
        node.setdefault(short.curie(predicate.value), []).append(written)
    document = {"@context": needed, "@graph": list(nodes.values())}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def graphml(graph: Graph, lang: str) -> bytes:
    """Write the things and their links, without code lists and places in sources."""
    import networkx as nx

    saved = io.BytesIO()
    nx.write_graphml_xml(things(graph, lang), saved, named_key_ids=True)
    return saved.getvalue() + b"\n"


def things(graph: Graph, lang: str) -> "nx.MultiDiGraph[str]":
    """Make a network of the things, a node each; values and codes are attributes of it.

    Every node has `label`, `kind` and `curie`, and a name in another language, where it has one,
    as `label_sv`; every edge has `relation`.
    """
    import networkx as nx

    triples = union(graph)
    kinds: dict[str, list[str]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode) and triple.predicate.value == _RDF_TYPE:
            kinds.setdefault(triple.subject.value, []).append(to_term(triple.object).value)
    nodes = {
        iri
        for iri, classes in kinds.items()
        if not any(_VOCABULARY.match(c) or c in _POINTERS for c in classes)
    }
    named = _names(triples, lang)
    elsewhere = {other: _names(triples, other) for other in LANGUAGES if other != lang}

    def name(iri: str) -> str:
        return named.get(iri) or graph.prefixes.curie(iri)

    network: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for iri in sorted(nodes):
        kind = "; ".join(name(c) for c in kinds[iri])
        others = {f"label_{o}": _xml(names[iri]) for o, names in elsewhere.items() if iri in names}
        network.add_node(
            iri, label=_xml(name(iri)), kind=_xml(kind), curie=_curie(iri, graph), **others
        )
    for triple in triples:
        subject, value = to_term(triple.subject), to_term(triple.object)
        if subject.value not in nodes or triple.predicate.value in (_RDF_TYPE, _PREF_LABEL.value):
            continue
        if value.value in nodes and value.is_iri:
            relation = _xml(name(triple.predicate.value))
            key = _curie(triple.predicate.value, graph)
            network.add_edge(subject.value, value.value, key, relation=relation)
        elif value.lang in ("", lang) and not _points(value, kinds):
            said = name(value.value) if value.is_iri else value.value
            attributes = network.nodes[subject.value]
            key = _curie(triple.predicate.value, graph)
            before = f"{attributes[key]}; " if key in attributes else ""
            attributes[key] = before + _xml(said)
    return network


def spreadsheet(graph: Graph, lang: str, library: Mapping[str, Query]) -> bytes:
    """Write a workbook with a sheet for each query of the library, by theme."""
    order = [*themes(lang), ""]
    engine = Oxigraph(graph)

    def rank(query: Query) -> tuple[int, str]:
        theme = query.tags[0] if query.tags else ""
        return order.index(theme) if theme in order else len(order), query.name

    sheets = []
    for query in sorted(library.values(), key=rank):
        values = {"lang": Term("literal", lang)} if "lang" in query.parameters else {}
        bound = query.bind(values)
        table = engine.select(bound.text, query.name)
        sheets.append(sheet(bound, table, graph, lang))
    return workbook(sheets, _CONTENTS[lang], lang)


def answer(query: Query, table: Table, form: str, graph: Graph, lang: str, width: int = 0) -> bytes:
    """Write the answer to a query; forms for people have words for variables and for codes.

    Args:
        form: `csv`, `json`, `tsv`, `xlsx`, `excel-csv`, `md` or `table`.
        width: of the terminal that a `table` is for, in columns; 0 for any.
    """
    if form in ("csv", "json", "tsv"):
        forms = {"csv": table.to_csv, "json": table.to_json, "tsv": table.to_tsv}
        return forms[form]().encode()
    if form == "xlsx":
        return workbook([sheet(query, table, graph, lang)], lang=lang)
    named = headings(table.variables, graph, lang)
    if form == "excel-csv":
        return table.to_excel_csv(named).encode()
    called = shown(table.iris(), graph, lang)
    if form == "md":
        return table.to_markdown(called, named).encode()
    return table.to_text(called, width, named).encode()


def sheet(query: Query, table: Table, graph: Graph, lang: str) -> Sheet:
    """Dress the answer to a query as a sheet: its summary above, and what it was asked with."""
    asked = read_query(query.text, query.name).parameters
    note = " · ".join(
        [query.name, *(f"{n} = {_said(v, graph, lang)}" for n, v in asked.items() if n != "lang")]
    )
    return Sheet(
        name=query.name,
        title=query.summary(lang),
        table=table,
        note=note,
        headings=headings(table.variables, graph, lang),
        shorten=labels(table.iris(), graph, lang),
    )


def _said(written: str, graph: Graph, lang: str) -> str:
    if " " in written and not written.startswith('"'):  # several codes
        return ", ".join(_said(one, graph, lang) for one in written.split())
    iri = written.strip("<>") if written.startswith("<") else graph.prefixes.expand(written)
    if iri and not written.startswith('"'):
        return labels([iri], graph, lang)[iri]
    return written.partition('"^^')[0].strip('"')


def _canonical(triples: set[ox.Triple]) -> Triples:
    """Put triples in order; blank nodes get the same names whenever the data is the same."""
    quads = _relabelled({ox.Quad(t.subject, t.predicate, t.object) for t in triples})
    return tuple(sorted((quad.triple for quad in quads), key=_order))


def _relabelled(quads: set[ox.Quad]) -> Iterable[ox.Quad]:
    """Name the blank nodes anew; what has none has no part in their names."""
    blank = {q for q in quads if ox.BlankNode in (type(q.subject), type(q.object))}
    dataset = ox.Dataset(blank)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return chain(quads - blank, dataset)


def _order(triple: ox.Triple) -> tuple[str, bool, str, str]:
    predicate = triple.predicate.value
    return str(triple.subject), predicate != _RDF_TYPE, predicate, str(triple.object)


def _needed(triples: Iterable[ox.Triple], prefixes: Prefixes) -> dict[str, str]:
    used = {
        value.datatype if value.type == "literal" else value.value
        for triple in triples
        for value in (to_term(triple.subject), to_term(triple.predicate), to_term(triple.object))
    }
    # Cut at the last delimiter: what is left is a namespace, or begins with one.
    stems = {re.match(r".*[/#:]|", iri).group() for iri in used}  # type: ignore[union-attr]
    return {p: n for p, n in prefixes if any(stem.startswith(n) for stem in stems)}


def _names(triples: Triples, lang: str) -> dict[str, str]:
    """Give what things are called, by IRI; a preferred label goes before another one."""
    found: dict[str, str] = {}
    for predicate in (_RDFS_LABEL, _PREF_LABEL):
        for triple in triples:
            said = triple.object
            if (
                triple.predicate == predicate
                and isinstance(said, ox.Literal)
                and said.language == lang
            ):
                found[to_term(triple.subject).value] = said.value
    return found


def _curie(iri: str, graph: Graph) -> str:
    return _xml(graph.prefixes.curie(iri))


def _points(value: Term, kinds: Mapping[str, list[str]]) -> bool:
    return value.is_iri and any(kind in _POINTERS for kind in kinds.get(value.value, ()))


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
