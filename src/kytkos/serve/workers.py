"""Processes that answer queries. One that takes too long, or too much, is killed.

Each worker loads the graph once. Nothing of a query runs in the process of the server, so
that a query can be stopped wherever it is, and the others go on.
"""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kytkos.errors import KytkosError
from kytkos.serve.protocol import GRAPHS, TABLES, Asked, RefusedError, choose

if TYPE_CHECKING:
    import pyoxigraph as ox

    from kytkos.graph import Graph
    from kytkos.project import Project
    from kytkos.tables import Table


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use: seconds, rows or triples of its answer, bytes of memory."""

    seconds: float = 30.0
    rows: int = 100_000
    memory: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker gives back; `form` is the name of its form, `html` for a table to draw."""

    form: str
    media_type: str
    body: bytes
    status: int = 200


class State:
    """What a worker holds: the graph, with the IRIs that its graphs have outside."""

    project: "Project"
    graph: "Graph"
    store: "ox.Store"
    limits: Limits


def start(root: Path, limits: Limits) -> None:
    """Make this process a worker: load the graph, and take no more memory than allowed."""
    import pyoxigraph as ox

    from kytkos import exports, syntax
    from kytkos.project import Project

    # A handler of Python's would wait until the engine comes back.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # While a query runs no file can be opened, that of a module neither.
    for module in ("csv", "json", "mimeparse", "xml.sax.saxutils", "kytkos.tables"):
        import_module(module)

    syntax.in_query("", "", "")  # its texts are read now: no file can be while a query runs
    State.project = Project(root)
    State.graph = State.project.graph()
    State.limits = limits
    State.store = ox.Store()
    for iri, triples in exports.named_graphs(State.graph).items():
        name = ox.NamedNode(iri)
        State.store.extend(ox.Quad(t.subject, t.predicate, t.object, name) for t in triples)
    _limit_memory(limits.memory)


def ready() -> bool:
    """Tell that a worker has started."""
    return bool(State.graph)


def answer(asked: Asked, accept: str, form: str) -> Answer:
    """Answer a query in the form that the client wants."""
    try:
        with _no_new_files():
            return _answer(asked, accept, form)
    except RefusedError as refused:
        return Answer("text", "text/plain", str(refused).encode(), refused.status)
    except MemoryError:
        return Answer("text", "text/plain", b"the query takes too much memory\n", 503)


def stored(name: str, given: Mapping[str, str], lang: str, accept: str, form: str) -> Answer:
    """Answer a query of the library; `given` has names, codes or IRIs for its parameters."""
    from kytkos import exports
    from kytkos.engines import Oxigraph
    from kytkos.names import bind
    from kytkos.serve.protocol import DOCUMENTS

    query = State.project.library()[name]
    try:
        chosen = choose(accept, form, TABLES | DOCUMENTS)
        asked = bind(query, given, State.graph, lang)
        table = Oxigraph(State.graph).select(asked.text, name)
        if chosen in DOCUMENTS:
            body = exports.answer(query, table, chosen, State.graph, lang)
            return Answer(chosen, DOCUMENTS[chosen], body)
        return _table(table, chosen)
    except RefusedError as refused:
        return Answer("text", "text/plain", str(refused).encode(), refused.status)
    except KytkosError as error:
        return Answer("text", "text/plain", f"{error}\n".encode(), 400)


def described(iri: str, form: str) -> Answer:
    """Give what is said of a thing, and which things point to it."""
    import pyoxigraph as ox

    if iri.endswith("#"):
        triples = [
            quad.triple
            for quad in State.store
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(iri)
        ]
    else:
        node = ox.NamedNode(iri)
        about = [*State.store.quads_for_pattern(node, None, None)]
        triples = [q.triple for q in (*about, *State.store.quads_for_pattern(None, None, node))]
        triples = triples if about else []
    if not triples:
        return Answer("text", "text/plain", f"nothing is said of <{iri}>\n".encode(), 404)
    ordered = sorted(set(triples), key=str)
    return Answer(form, GRAPHS[form], _graph(ordered, form))


def _answer(asked: Asked, accept: str, form: str) -> Answer:
    import pyoxigraph as ox

    from kytkos.engines import syntax_error
    from kytkos.graph import to_term
    from kytkos.tables import Table

    try:
        result = _solve(asked)
        if isinstance(result, ox.QueryBoolean):
            chosen = choose(accept, form, TABLES)
            return Answer(chosen, *_boolean(bool(result), chosen))
        if isinstance(result, ox.QueryTriples):
            chosen = choose(accept, form, GRAPHS)
            triples = list(_at_most(result, "triples"))
            return Answer(chosen, GRAPHS[chosen], _graph(triples, chosen))
        chosen = choose(accept, form, TABLES)
        variables = tuple(v.value for v in result.variables)
        rows = tuple(
            tuple(None if t is None else to_term(t) for t in solution)
            for solution in _at_most(result, "rows")
        )
    except OSError as error:
        raise RefusedError(403, f"this server asks no other: {error}") from error
    except SyntaxError as error:
        raise RefusedError(400, str(syntax_error(error.msg, "query", asked.query))) from error
    except ValueError as error:
        raise RefusedError(400, f"the dataset can't be read: {error}") from error
    return _table(Table(variables, rows), chosen)


def _solve(asked: Asked) -> "ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples":
    import pyoxigraph as ox

    prefixes = dict(State.graph.prefixes.namespaces)
    if not asked.names_dataset:
        return State.store.query(asked.query, prefixes=prefixes, use_default_graph_as_union=True)
    if not (asked.default_graphs or asked.named_graphs):
        return State.store.query(asked.query, prefixes=prefixes)
    # The dataset that the request names takes the place of that of the query (section 2.1.4).
    return State.store.query(
        asked.query,
        prefixes=prefixes,
        default_graph=[ox.NamedNode(iri) for iri in asked.default_graphs],
        named_graphs=[ox.NamedNode(iri) for iri in asked.named_graphs],
    )


def _table(table: "Table", form: str) -> Answer:
    writers = {"xml": table.to_xml, "csv": table.to_csv, "tsv": table.to_tsv}
    return Answer(form, TABLES[form], writers.get(form, table.to_json)().encode())


def _boolean(value: bool, form: str) -> tuple[str, bytes]:
    """Write the answer to an ASK; CSV and TSV have no form of their own for it."""
    word = str(value).lower()
    if form == "xml":
        body = (
            '<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
            f"<head/><boolean>{word}</boolean></sparql>\n"
        )
        return TABLES["xml"], body.encode()
    if form in ("csv", "tsv"):
        return TABLES[form], f"{word}\n".encode()
    return TABLES[form], f'{{"head": {{}}, "boolean": {word}}}\n'.encode()


def _graph(triples: "list[ox.Triple]", form: str) -> bytes:
    import pyoxigraph as ox

    from kytkos import exports

    formats = {
        "ntriples": ox.RdfFormat.N_TRIPLES,
        "rdfxml": ox.RdfFormat.RDF_XML,
        "jsonld": ox.RdfFormat.JSON_LD,
    }
    if form in formats:
        return exports.serialized(triples, formats[form])
    return exports.turtle(triples, State.graph.prefixes)


def _at_most(results: Iterator[Any], what: str) -> Iterator[Any]:
    most = State.limits.rows
    yield from islice(results, most)
    for _ in islice(results, 1):
        hint = "Ask for fewer, with LIMIT and OFFSET."
        raise RefusedError(403, f"the answer has more than {most} {what}", hint)


def _limit_memory(memory: int) -> None:
    """Let this process grow by so many bytes; only Linux says how much it has now."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@contextmanager
def _no_new_files() -> Iterator[None]:
    """Let the engine open no file and no connection: what a hidden SERVICE would need."""
    if sys.platform == "win32":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
