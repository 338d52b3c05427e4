"""Everything known of one thing: what it has, the claims about it, and where they stand."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kytkos import inflect, names
from kytkos.drawing import wrapped
from kytkos.engines import Engine, Oxigraph
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.queries import Query
from kytkos.sources import SourceDocument, SourcePlace, Text, documents, one_line, passage_of
from kytkos.tables import Table
from kytkos.terms import DEF, SCHEME, XSD, Prefixes, Term

_RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_PREF_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
_ALT_LABEL = "http://www.w3.org/2004/02/skos/core#altLabel"
_IDENTIFIER = "http://www.w3.org/ns/adms#identifier"
_DATE = "http://purl.org/dc/terms/date"
_BASIS, _REASON, _STATED_AT = DEF + "basis", DEF + "reason", DEF + "statedAt"
_IN_VERSION, _NAME, _ORDER = DEF + "inVersion", DEF + "name", DEF + "order"
_CONCERNS, _NAMING = DEF + "concerns", DEF + "Naming"
_INFERRED = SCHEME + "basis/inferred"

# What a claim says of itself, and what is told otherwise.
_TOLD_OTHERWISE = {
    _RDF_TYPE,
    _PREF_LABEL,
    _RDFS_LABEL,
    _BASIS,
    _REASON,
    _STATED_AT,
    _IN_VERSION,
    _ORDER,
}
_BUSINESS_ID = re.compile(r"(?:FI)?(\d{7})-?(\d)", re.IGNORECASE)
_MOST_VALUES = 8

Record = Mapping[str, Term | None]


@dataclass(frozen=True, slots=True)
class Value:
    """What a fact says: a text to show, and the IRI of the thing it names, or nothing."""

    text: str
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A property, by its IRI and its label, and its values."""

    predicate: str
    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """A place in a source, its document, and its passage where the sources are at hand."""

    place: SourcePlace
    document: SourceDocument
    passage: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.document.label, self.place.section)))


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about the thing: its kind, its own label if it has one, and what it says.

    `reason` says why it is inferred, or else why it is read as it is.
    """

    iri: str
    kind: str
    label: str
    facts: tuple[Fact, ...]
    inferred: bool
    reason: str
    places: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one thing.

    `groups` have a heading (a version, a document or nothing) and its claims; `links` are
    the things that point to it without being claims, by the label of the property;
    `contents` counts what it holds by kind.
    """

    iri: str
    label: str
    kind: str
    other_names: tuple[str, ...]
    facts: tuple[Fact, ...]
    places: tuple[Cited, ...]
    groups: tuple[tuple[str, tuple[Claim, ...]], ...]
    links: tuple[Fact, ...]
    contents: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of this module in one language, and those for borrowed terms."""

    lang: str
    words: Mapping[str, str]
    terms: Mapping[str, str]
    first: tuple[str, ...]
    prefixes: Prefixes

    def term(self, iri: str) -> str:
        """Give the word for a term that the ontology gives no label."""
        curie = self.prefixes.curie(iri)
        return self.terms.get(curie) or re.split(r"[#/:]", curie)[-1]


def read_words(lang: str, prefixes: Prefixes) -> Words:
    """Read the words of this module in one language."""
    listed = tomllib.loads((Path(__file__).parent / "show.toml").read_text(encoding="utf-8"))
    words, terms = (
        {key: choice[lang] for key, choice in listed[table].items()} for table in ("words", "terms")
    )
    first = tuple(prefixes.expand(curie) or curie for curie in listed["first"])
    return Words(lang, words, terms, first, prefixes)


def find(text: str, graph: Graph, library: Mapping[str, Query]) -> tuple[str, bool]:
    """Find the thing that a person means, by an inflected or former name too.

    Returns:
        The IRI of the thing, and whether it was known by a form of its name only.

    Raises:
        QueryError: nothing, or more than one thing, has such a name.
    """
    wanted = text.strip()
    business_id = _BUSINESS_ID.fullmatch(wanted)
    if business_id:
        wanted = "-".join(business_id.groups())
    try:
        return names.find(wanted, graph, graph.prefixes), False
    except QueryError as error:
        failure = error
    table = Oxigraph(graph).select(library["names"].text, "names")
    pairs = [(str(row["thing"]), str(row["name"])) for row in table.records()]
    ranking = inflect.ranked(wanted, pairs)
    if inflect.clear(ranking):
        _, iri, name = ranking[0]
        return iri, name.casefold() != wanted.casefold()
    near = [f"{name} ({graph.prefixes.curie(iri)})" for _, iri, name in ranking[:5]]
    if not near:
        raise failure
    hint = f"The nearest are: {'; '.join(near)}."
    raise QueryError(f"it is not clear what `{text}` names", hint=hint) from failure


def show(
    iri: str,
    engine: Engine,
    library: Mapping[str, Query],
    words: Words,
    read: Callable[[SourceDocument], Text | None] | None = None,
) -> Dossier:
    """Gather all that is known of a thing; of an identifier, what is known of its holder.

    Args:
        iri: the thing.
        engine: whom to ask.
        library: the queries `thing`, `thing-places` and `thing-contents`.
        words: the language to tell it in.
        read: gives the text of a source, to quote from, or None where it can't be read.
    """
    table = _ask(engine, library, "thing", iri, words.lang)
    holders = sorted(
        {
            str(row["subject"])
            for row in table.records()
            if row["link"] and row["link"].value == _IDENTIFIER
        }
    )
    if holders:
        iri = holders[0]
        table = _ask(engine, library, "thing", iri, words.lang)
    cited = _cited(_ask(engine, library, "thing-places", iri, words.lang), read)
    contents = _ask(engine, library, "thing-contents", iri, words.lang)
    about: dict[str, list[Record]] = {}
    for row in table.records():
        about.setdefault(str(row["subject"] or ""), []).append(row)
    own = about.pop("", [])
    claims = {s: rows for s, rows in about.items() if _is_claim(rows) or s in cited}
    label = _label(own, words) or words.prefixes.curie(iri)
    called = {str(row["object"]) for row in own if _is(row, _ALT_LABEL) or _is(row, _PREF_LABEL)}
    named = (rows for rows in claims.values() if _is_naming(rows))
    called |= {str(row["object"]) for rows in named for row in rows if _is(row, _NAME)}
    return Dossier(
        iri=iri,
        label=label,
        kind=_kind(own, words),
        other_names=tuple(sorted(called - {label}, key=str.casefold)),
        facts=tuple(f for f in _facts(own, words) if f.predicate != _ALT_LABEL),
        places=cited.get(iri, ()),
        groups=_groups(iri, claims, cited, words),
        links=_links({s: rows for s, rows in about.items() if s not in claims}, words),
        contents=tuple(
            (str(row["kindLabel"] or words.term(str(row["kind"]))), int(str(row["count"])))
            for row in contents.records()
        ),
    )


def to_text(dossier: Dossier, words: Words, where: str = "") -> str:
    """Write a dossier for a terminal.

    Args:
        dossier: what is known.
        words: the language.
        where: the place in the data where the thing is described.
    """
    told = words.words
    lines = [
        dossier.label,
        "  ".join(filter(None, (dossier.kind, words.prefixes.curie(dossier.iri), where))),
    ]
    if dossier.other_names:
        lines += wrapped(f"{told['names']}: {'; '.join(dossier.other_names)}", "")
    lines += [line for fact in dossier.facts for line in wrapped(_said(fact, words), "")]
    if dossier.places:
        lines.append(f"{told['places']}:")
        lines += _quoted(dossier.places, "  ")
    for heading, claims in dossier.groups:
        lines += ["", heading or told["unplaced"]]
        lines += [line for claim in claims for line in _claim_lines(claim, words)]
    if dossier.links:
        lines += ["", told["links"]]
        lines += [line for fact in dossier.links for line in wrapped(_said(fact, words), "  ")]
    if dossier.contents:
        lines += ["", told["contents"]]
        lines += [f"  {count:>4}  {kind}" for kind, count in dossier.contents]
    return "".join(f"{line}\n" for line in lines)


def to_json(dossier: Dossier, prefixes: Prefixes) -> str:
    """Write a dossier as JSON."""
    whole = {
        "iri": dossier.iri,
        "curie": prefixes.curie(dossier.iri),
        "label": dossier.label,
        "kind": dossier.kind,
        "names": list(dossier.other_names),
        "facts": [_fact_json(fact) for fact in dossier.facts],
        "places": [_cited_json(cited) for cited in dossier.places],
        "groups": [
            {
                "heading": heading or None,
                "claims": [
                    {
                        "iri": claim.iri,
                        "kind": claim.kind,
                        "label": claim.label or None,
                        "facts": [_fact_json(fact) for fact in claim.facts],
                        "inferred": claim.inferred,
                        "reason": claim.reason or None,
                        "places": [_cited_json(cited) for cited in claim.places],
                    }
                    for claim in claims
                ],
            }
            for heading, claims in dossier.groups
        ],
        "links": [_fact_json(fact) for fact in dossier.links],
        "contents": dict(dossier.contents),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _ask(engine: Engine, library: Mapping[str, Query], name: str, iri: str, lang: str) -> Table:
    bound = library[name].bind({"thing": Term("uri", iri), "lang": Term("literal", lang)})
    return engine.select(bound.text, name)


def _cited(
    table: Table, read: Callable[[SourceDocument], Text | None] | None
) -> dict[str, tuple[Cited, ...]]:
    """Give the places of each claim, in the order of the documents and their text."""
    found: dict[str, list[Cited]] = {}
    for document in documents(table):
        text = read(document) if read else None
        texts = {document.iri: text} if text else {}
        for place in document.places:
            cited = Cited(place, document, passage_of(place, texts))
            for claim in place.claims:
                found.setdefault(claim, []).append(cited)
    return {claim: tuple(places) for claim, places in found.items()}


def _groups(
    thing: str,
    claims: Mapping[str, Sequence[Record]],
    cited: Mapping[str, tuple[Cited, ...]],
    words: Words,
) -> tuple[tuple[str, tuple[Claim, ...]], ...]:
    """Group claims by version, else by document: the newest file first, in reading order."""
    groups: dict[str, list[Claim]] = {}
    for iri, rows in claims.items():
        places = cited.get(iri, ())
        versions = [_shown(row, words).text for row in rows if _is(row, _IN_VERSION)]
        heading = versions[0] if versions else places[0].document.label if places else ""
        groups.setdefault(heading, []).append(_claim(thing, iri, rows, places, words))

    def newest(group: tuple[str, list[Claim]]) -> str:
        return max((c.places[0].document.file_name for c in group[1] if c.places), default="")

    ordered = sorted(groups.items(), key=lambda group: group[0])
    ordered.sort(key=newest, reverse=True)
    ordered.sort(key=lambda group: not group[0])
    return tuple((heading, tuple(sorted(some, key=_reading_order))) for heading, some in ordered)


def _reading_order(claim: Claim) -> tuple[str, int, str]:
    first = claim.places[0] if claim.places else None
    return (
        first.document.file_name if first else "",
        first.place.start if first else 0,
        claim.iri,
    )


def _claim(
    thing: str, iri: str, rows: Sequence[Record], places: tuple[Cited, ...], words: Words
) -> Claim:
    reasons = _in_language([row for row in rows if _is(row, _REASON)], words.lang)
    inferred = any(_is(row, _BASIS) and str(row["object"]) == _INFERRED for row in rows)
    facts = [f for f in _facts(rows, words) if not (inferred and f.predicate == _DATE)]
    return Claim(
        iri=iri,
        kind=_kind(rows, words),
        label=_label(rows, words),
        facts=tuple(f for f in facts if not _only_about(f, thing)),
        inferred=inferred,
        reason=str(reasons[0]["object"]) if reasons else "",
        places=places,
    )


def _only_about(fact: Fact, thing: str) -> bool:
    return fact.predicate == _CONCERNS and [value.iri for value in fact.values] == [thing]


def _links(others: Mapping[str, Sequence[Record]], words: Words) -> tuple[Fact, ...]:
    pointing: dict[str, dict[str, Value]] = {}
    labels: dict[str, str] = {}
    for subject, rows in others.items():
        label = _label(rows, words) or words.prefixes.curie(subject)
        links = {str(row["link"]) for row in rows if row["link"]}
        for link in links:
            pointing.setdefault(link, {})[subject] = Value(label, subject)
        for row in rows:
            predicate = str(row["predicate"])
            if predicate in links:
                labels[predicate] = _predicate_label(row, words)
    return tuple(
        Fact(link, labels[link], tuple(sorted(subjects.values(), key=lambda v: v.text)))
        for link, subjects in sorted(pointing.items(), key=lambda item: labels[item[0]])
    )


def _facts(rows: Sequence[Record], words: Words) -> list[Fact]:
    """Give what a thing says of itself, but for what is told otherwise, by label."""
    by_predicate: dict[str, list[Record]] = {}
    for row in rows:
        if str(row["predicate"]) not in _TOLD_OTHERWISE:
            by_predicate.setdefault(str(row["predicate"]), []).append(row)
    facts = []
    for predicate, some in by_predicate.items():
        values = dict.fromkeys(_shown(row, words) for row in _in_language(some, words.lang))
        facts.append(Fact(predicate, _predicate_label(some[0], words), tuple(values)))
    rank = {predicate: place for place, predicate in enumerate(words.first)}
    return sorted(
        facts,
        key=lambda fact: (rank.get(fact.predicate, len(rank)), fact.label.casefold()),
    )


def _shown(row: Record, words: Words) -> Value:
    value = row["object"]
    if value is None:
        return Value("")
    if value.type != "literal":
        label = row["objectLabel"]
        number = row["objectNotation"]
        name = str(label) if label else words.prefixes.curie(value.value)
        return Value(f"{number} {name}" if number else name, value.value)
    if value.datatype == XSD + "date" and words.lang != "en":
        return Value(".".join(part.lstrip("0") for part in reversed(value.value.split("-"))))
    if value.datatype == XSD + "boolean":
        return Value(words.words.get(value.value, value.value))
    return Value(value.value)


def _in_language(rows: Sequence[Record], lang: str) -> list[Record]:
    """Keep the values in a language, and those in none; all of them where it has none."""
    spoken = {row["object"].lang for row in rows if row["object"]}
    if lang not in spoken:
        return list(rows)
    return [row for row in rows if row["object"] and row["object"].lang in (lang, "")]


def _label(rows: Iterable[Record], words: Words) -> str:
    named = [row for row in rows if _is(row, _PREF_LABEL) or _is(row, _RDFS_LABEL)]
    labels = _in_language(named, words.lang)
    return str(labels[0]["object"]) if labels else ""


def _kind(rows: Iterable[Record], words: Words) -> str:
    kinds = {
        (not row["objectLabel"], str(row["objectLabel"] or words.term(str(row["object"]))))
        for row in rows
        if _is(row, _RDF_TYPE)
    }
    # Of several classes that with a label of our own says most.
    return min(kinds)[1] if kinds else ""


def _predicate_label(row: Record, words: Words) -> str:
    return str(row["predicateLabel"] or words.term(str(row["predicate"])))


def _is_claim(rows: Iterable[Record]) -> bool:
    return any(_is(row, _BASIS) or _is(row, _STATED_AT) for row in rows)


def _is_naming(rows: Iterable[Record]) -> bool:
    return any(_is(row, _RDF_TYPE) and str(row["object"]) == _NAMING for row in rows)


def _is(row: Record, predicate: str) -> bool:
    return str(row["predicate"]) == predicate


def _claim_lines(claim: Claim, words: Words) -> Iterator[str]:
    said = "; ".join(_said(fact, words) for fact in claim.facts)
    head = f"{claim.kind}: {claim.label}" if claim.label else claim.kind
    joined = f"{head} ({said})" if claim.label and said else f"{head} – {said}" if said else head
    yield from wrapped(f"{joined} [{words.prefixes.curie(claim.iri)}]", "  ")
    if claim.reason or claim.inferred:
        word = words.words["inferred" if claim.inferred else "reason"]
        yield from wrapped(f"{word}: {claim.reason}" if claim.reason else word, "      ")
    yield from _quoted(claim.places, "      ")


def _quoted(places: Iterable[Cited], indent: str) -> Iterator[str]:
    """Write each place, and its passage; places that read the same only once."""
    for where, passage in dict.fromkeys((str(cited), cited.passage) for cited in places):
        yield f"{indent}{where}"
        if passage:
            yield from wrapped(f"”{one_line(passage, 400)}”", indent + "  ")


def _said(fact: Fact, words: Words) -> str:
    shown = [value.text for value in fact.values[:_MOST_VALUES]]
    more = len(fact.values) - len(shown)
    rest = [f"+ {more} {words.words['more']}"] if more else []
    return f"{fact.label}: {', '.join([*shown, *rest])}"


def _fact_json(fact: Fact) -> dict[str, Any]:
    values = [{"text": v.text, "iri": v.iri} if v.iri else {"text": v.text} for v in fact.values]
    return {"property": fact.predicate, "label": fact.label, "values": values}


def _cited_json(cited: Cited) -> dict[str, Any]:
    return {
        "place": cited.place.iri,
        "document": cited.document.iri,
        "file": cited.document.file_name or None,
        "section": cited.place.section or None,
        "start": cited.place.start,
        "end": cited.place.end,
        "passage": cited.passage or None,
    }
