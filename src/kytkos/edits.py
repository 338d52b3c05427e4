"""What a change of the data means: which things came, went or changed, and what is said of them.

Two states of the graph are compared statement by statement and told by thing, in the words of the
ontology. A thing of which only the position or the digest of a passage has moved is counted, not
listed.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pyoxigraph as ox

from kytkos.cadence import day
from kytkos.graph import Graph
from kytkos.tables import markdown_text
from kytkos.terms import DEF, XSD, Prefixes
from kytkos.things import Cited, Thing

ADDED, REMOVED, CHANGED = "added", "removed", "changed"

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_TYPE = ox.NamedNode(_RDF + "type")
_LABELS = tuple(
    ox.NamedNode(iri) for iri in (_SKOS + "prefLabel", "http://www.w3.org/2000/01/rdf-schema#label")
)
_STATED_AT, _DOCUMENT = (
    ox.NamedNode(DEF + "statedAt"),
    ox.NamedNode("http://www.w3.org/ns/oa#hasSource"),
)
_SECTION = ox.NamedNode(DEF + "sectionPath")
_ABOUT = tuple(
    ox.NamedNode(iri)
    for iri in (
        DEF + "concerns",
        DEF + "binds",
        "http://www.w3.org/ns/org#organization",
        DEF + "party",
        "http://www.w3.org/ns/oa#hasSource",
    )
)
# Where a passage stands in its text: moves when the text is read anew, and says nothing itself.
_POSITION = frozenset(DEF + local for local in ("start", "end", "digest"))

_BLANK = ox.Literal("[ ]")

_Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True, slots=True)
class Edit:
    """What was said of a thing with one property, and what is said instead.

    `lang` is the language of the values, where they have one.
    """

    predicate: Thing
    removed: tuple[str, ...]
    added: tuple[str, ...]
    lang: str = ""


@dataclass(frozen=True, slots=True)
class EditedThing:
    """A thing that came, went or changed: its kind, what it is about, and its places."""

    thing: Thing
    curie: str
    kind: str
    about: str
    change: str
    edits: tuple[Edit, ...]
    places: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Edits:
    """What a change of the data means, in one language.

    `things` by kind and name; `moved` counts the passages whose position alone has moved, by
    document.
    """

    old: str
    new: str
    lang: str
    things: tuple[EditedThing, ...]
    moved: tuple[tuple[Thing, int], ...]

    def count(self, change: str) -> int:
        """How many things have come, gone or changed."""
        return sum(thing.change == change for thing in self.things)


def edits(old: Graph, new: Graph, names: tuple[str, str], lang: str) -> Edits:
    """Compare two states of the data.

    Args:
        old: the graph then, with the ontology.
        new: the graph now.
        names: what the two states are called.
        lang: the language of labels.
    """
    before, after = _statements(old), _statements(new)
    gone, come = _by_subject(before - after), _by_subject(after - before)
    then, now = ({subject for subject, _, _ in some} for some in (before, after))
    told = _Teller(old, new, lang)
    things, moved = [], []
    for subject in gone.keys() | come.keys():
        removed, added = gone.get(subject, []), come.get(subject, [])
        change = ADDED if subject not in then else REMOVED if subject not in now else CHANGED
        if change == CHANGED and {p.value for p, _ in removed + added} <= _POSITION:
            moved.append(told.document(subject))
            continue
        things.append(told.edited(subject, change, removed, added))
    return Edits(
        *names,
        lang,
        tuple(sorted(things, key=lambda t: (t.kind, t.thing.label.casefold(), t.curie))),
        tuple(sorted(Counter(moved).items(), key=lambda item: item[0].label)),
    )


def summary(found: Edits) -> str:
    """Tell in a sentence or two how much has changed, and of what kind."""
    words = _words(found.lang)
    if not found.things and not found.moved:
        return words["nothing"].format(old=found.old, new=found.new)
    counts = [
        words[change].format(number)
        for change in (ADDED, REMOVED, CHANGED)
        if (number := found.count(change))
    ]
    kinds = Counter(thing.kind for thing in found.things).most_common(5)
    said = [words["lead"].format(old=found.old, new=found.new, counts=", ".join(counts) or "0")]
    if kinds:
        listed = ", ".join(f"{kind.lower()} {number}" for kind, number in kinds)
        said.append(words["kinds"].format(listed))
    if found.moved:
        said.append(words["moved"].format(sum(number for _, number in found.moved)))
    return " ".join(said)


def to_text(found: Edits) -> str:
    """Write the changes for a terminal: the summary, then each thing with what is said of it."""
    words = _words(found.lang)
    lines = [summary(found)]
    for kind, things in _by_kind(found.things).items():
        lines += ["", f"{kind} ({len(things)})"]
        for thing in things:
            lines.append(f"  {_SIGNS[thing.change]} {_title(thing)} [{thing.curie}]")
            lines += [f"      {_said(edit)}" for edit in thing.edits]
            if thing.places:
                lines.append(f"      {words['places']}: {_places(thing)}")
    if found.moved:
        lines += ["", words["moved_heading"]]
        lines += [f"  {document.label}: {number}" for document, number in found.moved]
    return "".join(f"{line}\n" for line in lines)


def to_markdown(found: Edits) -> str:
    """Write the changes for a pull request: the summary, then a list for each kind of thing."""
    words = _words(found.lang)
    lines = [f"## {markdown_text(found.old)} → {markdown_text(found.new)}", ""]
    lines.append(markdown_text(summary(found)))
    for kind, things in _by_kind(found.things).items():
        lines += ["", f"### {markdown_text(kind)} ({len(things)})", ""]
        for thing in things:
            word = words[f"{thing.change}_one"]
            lines.append(f"- **{markdown_text(_title(thing))}** ({word}, `{thing.curie}`)")
            lines += [f"  - {markdown_text(_said(edit))}" for edit in thing.edits]
            if thing.places:
                lines.append(f"  - {words['places']}: {markdown_text(_places(thing))}")
    if found.moved:
        lines += ["", f"### {words['moved_heading']}", ""]
        lines += [f"- {markdown_text(document.label)}: {n}" for document, n in found.moved]
    return "".join(f"{line}\n" for line in lines)


def to_json(found: Edits) -> str:
    """Write the changes as JSON.

    An object with `old`, `new`, `summary`, `counts` (`added`, `removed`, `changed`), `things` and
    `moved` (documents, with how many passages have a new position). A thing has `iri`, `curie`,
    `label`, `kind`, `about`, `change`, `edits` and `places`; an edit `property`, `label`, `lang`,
    `removed` and `added`.
    """
    whole = {
        "old": found.old,
        "new": found.new,
        "lang": found.lang,
        "summary": summary(found),
        "counts": {change: found.count(change) for change in (ADDED, REMOVED, CHANGED)},
        "things": [
            {
                "iri": thing.thing.iri,
                "curie": thing.curie,
                "label": thing.thing.label,
                "kind": thing.kind,
                "about": thing.about or None,
                "change": thing.change,
                "edits": [
                    {
                        "property": edit.predicate.iri,
                        "label": edit.predicate.label,
                        "lang": edit.lang or None,
                        "removed": list(edit.removed),
                        "added": list(edit.added),
                    }
                    for edit in thing.edits
                ],
                "places": [
                    {"iri": p.iri, "document": p.document.iri, "section": p.section or None}
                    for p in thing.places
                ],
            }
            for thing in found.things
        ],
        "moved": [
            {"document": document.iri, "label": document.label, "places": number}
            for document, number in found.moved
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


_SIGNS = {ADDED: "+", REMOVED: "−", CHANGED: "~"}


class _Teller:
    """Names things by the new state, else by the old one."""

    def __init__(self, old: Graph, new: Graph, lang: str) -> None:
        self._states = (new, old)
        self._lang = lang
        self._prefixes = Prefixes(dict(old.prefixes.namespaces) | dict(new.prefixes.namespaces))
        self._borrowed = {
            self._prefixes.expand(curie) or curie: words[lang] for curie, words in _terms().items()
        }

    def edited(
        self,
        subject: str,
        change: str,
        removed: Sequence[tuple[ox.NamedNode, _Node]],
        added: Sequence[tuple[ox.NamedNode, _Node]],
    ) -> EditedThing:
        """Tell what has changed in a thing; of one that came or went, what it says."""
        grouped: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
        for place, some in enumerate((removed, added)):
            for predicate, value in some:
                if predicate == _TYPE and change != CHANGED:
                    continue
                lang = value.language or "" if isinstance(value, ox.Literal) else ""
                # Of what came or went one language is enough to know it.
                if predicate in _LABELS and change != CHANGED:
                    continue
                if change != CHANGED and lang and lang != self._lang:
                    continue
                grouped.setdefault((predicate.value, lang), ([], []))[place].append(
                    self._value(value)
                )
        edits = [
            Edit(
                Thing(predicate, self._label(predicate)),
                tuple(sorted(lost)),
                tuple(sorted(gained)),
                lang,
            )
            for (predicate, lang), (lost, gained) in grouped.items()
            if predicate != _STATED_AT.value
        ]
        return EditedThing(
            thing=Thing(subject, self._label(subject)),
            curie=self._prefixes.curie(subject),
            kind=self._kind(subject),
            about=self._about(subject),
            change=change,
            edits=tuple(sorted(edits, key=lambda e: (e.predicate.label.casefold(), e.lang))),
            places=self._places(subject, change == REMOVED),
        )

    def document(self, place: str) -> Thing:
        """Give the document that a place is in."""
        for found in self._objects(place, _DOCUMENT):
            return Thing(found.value, self._label(found.value))
        return Thing("", "")

    def _places(self, subject: str, removed: bool) -> tuple[Cited, ...]:
        states = tuple(reversed(self._states)) if removed else self._states
        places = []
        for place in self._objects(subject, _STATED_AT, states):
            sections = self._objects(place.value, _SECTION, states)
            section = sections[0].value if sections else ""
            places.append(Cited(place.value, self.document(place.value), section))
        return tuple(sorted(places, key=lambda p: (p.document.label, p.section, p.iri)))

    def _about(self, subject: str) -> str:
        """Name what a claim is about, which has no name of its own."""
        for predicate in _ABOUT:
            found = self._objects(subject, predicate)
            if found:
                labels = sorted(self._label(node.value) for node in found)
                more = f" + {len(labels) - 3}" if len(labels) > 3 else ""
                return ", ".join(labels[:3]) + more
        return ""

    def _kind(self, subject: str) -> str:
        kinds = [self._label(node.value) for node in self._objects(subject, _TYPE)]
        return min(kinds, default="–")

    def _label(self, iri: str) -> str:
        for state in self._states:
            for predicate in _LABELS:
                for quad in state.store.quads_for_pattern(ox.NamedNode(iri), predicate, None):
                    if isinstance(quad.object, ox.Literal) and quad.object.language == self._lang:
                        return quad.object.value
        return self._borrowed.get(iri) or self._prefixes.curie(iri)

    def _value(self, value: _Node) -> str:
        if isinstance(value, ox.NamedNode):
            return self._label(value.value)
        if isinstance(value, ox.Literal):
            kind = value.datatype.value
            return day(value.value, self._lang) if kind == XSD + "date" else value.value
        return "[ ]"

    def _objects(
        self, subject: str, predicate: ox.NamedNode, states: Iterable[Graph] | None = None
    ) -> list[ox.NamedNode | ox.Literal]:
        """Give the values in the first state that has some, in a fixed order."""
        if subject.startswith("_:"):
            return []
        for state in states or self._states:
            quads = state.store.quads_for_pattern(ox.NamedNode(subject), predicate, None)
            found = {q.object for q in quads if isinstance(q.object, (ox.NamedNode, ox.Literal))}
            if found:
                return sorted(found, key=lambda node: node.value)
        return []


def _statements(graph: Graph) -> set[tuple[str, ox.NamedNode, _Node]]:
    """Give what the files of the data say; those of the ontology say nothing of the county."""
    data = {ox.NamedNode(n) for n in graph.files if n.startswith("file:data/")}
    return {
        # A blank node has another name on each load.
        (
            quad.subject.value,
            quad.predicate,
            _BLANK if isinstance(quad.object, ox.BlankNode) else quad.object,
        )
        for quad in graph.store
        if quad.graph_name in data and isinstance(quad.subject, ox.NamedNode)
    }


def _by_subject(
    statements: Iterable[tuple[str, ox.NamedNode, _Node]],
) -> dict[str, list[tuple[ox.NamedNode, _Node]]]:
    found: dict[str, list[tuple[ox.NamedNode, _Node]]] = {}
    for subject, predicate, value in statements:
        found.setdefault(subject, []).append((predicate, value))
    return found


def _by_kind(things: Iterable[EditedThing]) -> dict[str, list[EditedThing]]:
    found: dict[str, list[EditedThing]] = {}
    for thing in things:
        found.setdefault(thing.kind, []).append(thing)
    return found


def _title(thing: EditedThing) -> str:
    named = thing.thing.label if thing.thing.label != thing.curie else ""
    return named or thing.about or thing.curie


def _places(thing: EditedThing) -> str:
    return "; ".join(dict.fromkeys(map(str, thing.places)))


def _said(edit: Edit) -> str:
    label = f"{edit.predicate.label} ({edit.lang})" if edit.lang else edit.predicate.label
    removed, added = ", ".join(edit.removed), ", ".join(edit.added)
    if removed and added:
        return f"{label}: {removed} → {added}"
    return f"{label}: {added}" if added else f"{label}: {removed} → –"


def _words(lang: str) -> dict[str, str]:
    told = tomllib.loads(files("kytkos").joinpath("compare.toml").read_text(encoding="utf-8"))
    return {key: choice[lang] for key, choice in told["edits"].items()}


def _terms() -> dict[str, Any]:
    told = tomllib.loads(files("kytkos").joinpath("show.toml").read_text(encoding="utf-8"))
    return dict(told["terms"])
