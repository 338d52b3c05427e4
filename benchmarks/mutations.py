"""Make small slips in the real data, one at a time, and see whether `check` reports them.

Usage: .venv/bin/python benchmarks/mutations.py [--mutations 2000] [--seed 1] [--project DIR]
                                                [--sources DIR] [--survivors]

A slip is one that a person could make while editing: `KINDS` lists them. It is caught where it
brings a finding that was not there; slips in the numbers of a place are for `kytkos sources verify`
to find, which runs here where `--sources` names the folder of the documents. What changes nothing
that anybody could miss is no slip: another name for a thing that nothing refers to, or leaving out
what not every thing of its class has. The share caught is printed for each kind, and what got
through, by kind and property, with an example; `REASONS` says of which of it why it is harmless.
`--survivors` prints every slip that got through.
"""

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pyoxigraph as ox

from kytkos import checks, shacl, sources
from kytkos.affected import Change, Incremental, Rules, without
from kytkos.changes import _key, _reads
from kytkos.engines import Oxigraph
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.report import Finding
from kytkos.terms import DEF, ID, SCHEME, XSD, Term

TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"

_OF_PLACES = {f"{DEF}{name}" for name in ("start", "end", "digest")}

Slip = Change | None
Make = Callable[["Data", random.Random], Slip]

# Why some of what gets through is harmless, or is for another command to find.
REASONS: dict[tuple[str, str], str] = {
    ("break_digit", "sectionPath"): "which section it is, only the document tells",
    ("break_digit", "reason"): "a number in our own words; nothing is computed from it",
    ("break_digit", "explanation"): "a number in our own words; nothing is computed from it",
    ("break_digit", "order"): "two may stand in one place; only the document tells the order",
    ("break_digit", "outOf"): "only the document tells",
    ("break_digit", "monthTo"): "only the document tells; a month that is none is found",
    ("break_digit", "onDate"): "another day of the same years: only the document tells",
    ("break_digit", "adheredOn"): "another day of the same years: only the document tells",
    ("break_digit", "date"): "another day of the same years; nothing is computed from it",
    ("break_digit", "sectionNumber"): "only the document tells",
    ("point_to_another_class", "concerns"): "a statement or a finding may concern any thing",
    ("point_to_another_class", "statedAt"): "another kind of place, and as good a place",
    ("delete_required", "altLabel"): "another name is nowhere required",
    ("delete_required", "statedAs"): "it is there only where the source has another form",
    ("change_language", "altLabel"): "a place name is often the same in two languages",
    ("duplicate_value", "dutyKind"): "a section may oblige to two things",
    ("duplicate_value", "changes"): "an act may change several",
    ("duplicate_value", "isPartOf"): "a document may be part of two",
}


class Data:
    """The statements of the data files, and what slips need to know of them."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.quads = sorted((q for q in store if "file:data/" in str(q.graph_name)), key=str)
        self.kinds = {q.subject: q.object for q in self.quads if q.predicate == TYPE}
        self.subjects = sorted(self.kinds, key=str)
        schemes = {q.subject for q in store if str(q.subject).startswith(f"<{SCHEME}")}
        self.codes = sorted(schemes, key=str)
        self.referred = sorted(
            {q.object for q in self.quads if q.predicate != TYPE and q.object in self.kinds},
            key=str,
        )
        sizes = Counter(self.kinds.values())
        having: Counter[object] = Counter()
        for subject, predicate in {(q.subject, q.predicate) for q in self.quads}:
            having[self.kinds.get(subject), predicate] += 1
        self.required = [
            q
            for q in self.quads
            if having[kind := self.kinds.get(q.subject), q.predicate] == sizes[kind] >= 5
        ]
        self.links = [q for q in self.quads if _is_own(q.object) and q.predicate != TYPE]
        self.literals = [q for q in self.quads if isinstance(q.object, ox.Literal)]
        dates = (f"{XSD}date", f"{XSD}gYear", f"{XSD}gYearMonth")
        self.dates = [q for q in self.literals if q.object.datatype.value in dates]
        self.days = [q for q in self.dates if q.object.datatype.value == dates[0]]
        self.typed = [
            q
            for q in self.literals
            if q.object.datatype.value in (*dates, f"{XSD}integer", f"{XSD}boolean")
        ]
        self.digits = [q for q in self.literals if any(c.isdigit() for c in q.object.value)]
        self.labels = [q for q in self.literals if q.object.language]
        used = Counter((q.subject, q.predicate) for q in self.quads)
        alike: dict[object, list[int]] = defaultdict(list)
        for (_, predicate), count in used.items():
            alike[predicate].append(count)
        single = {predicate for predicate, counts in alike.items() if max(counts) == 1}
        self.single = [q for q in self.quads if q.predicate in single and q.predicate != TYPE]
        self.values: dict[object, list[ox.Quad]] = defaultdict(list)
        for quad in self.single:
            self.values[quad.predicate].append(quad)

    def block(self, subject: object) -> list[ox.Quad]:
        """Give the statements of a subject."""
        quads = self.store.quads_for_pattern(subject, None, None, None)  # type: ignore[arg-type]
        return sorted(quads, key=str)


def _is_own(node: object) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith((ID, SCHEME, DEF))


def _replaced(quad: ox.Quad, **changed: object) -> Slip:
    parts = {"s": quad.subject, "p": quad.predicate, "o": quad.object} | changed
    new = ox.Quad(parts["s"], parts["p"], parts["o"], quad.graph_name)  # type: ignore[arg-type]
    return Change(frozenset([quad]), frozenset([new])) if new != quad else None


def _misspelt(word: str, rng: random.Random) -> str:
    """Leave a letter out, double one, or change the places of two."""
    letters = [i for i, c in enumerate(word) if c.isalnum()]
    at = rng.choice(letters[1:] or letters)
    match rng.randrange(3):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at else word


def _misspelt_iri(node: ox.NamedNode, rng: random.Random) -> ox.NamedNode:
    cut = max(node.value.rfind("/"), node.value.rfind("#")) + 1
    return ox.NamedNode(node.value[:cut] + _misspelt(node.value[cut:] or "x", rng))


def delete_required(data: Data, rng: random.Random) -> Slip:
    """Leave a statement out of a kind that every thing of its class has, in one file."""
    quad = rng.choice(data.required)
    same = data.store.quads_for_pattern(quad.subject, quad.predicate, None, None)
    if quad.predicate.value == LABEL:
        return Change(frozenset([quad]), frozenset())
    return Change(frozenset(same), frozenset())


def delete_thing(data: Data, rng: random.Random) -> Slip:
    """Leave out the whole block of a thing that others refer to."""
    return Change(frozenset(data.block(rng.choice(data.referred))), frozenset())


def change_datatype(data: Data, rng: random.Random) -> Slip:
    """Write a number or a date as text."""
    quad = rng.choice(data.typed)
    return _replaced(quad, o=ox.Literal(quad.object.value))


def swap_ends(data: Data, rng: random.Random) -> Slip:
    """Confuse subject and object."""
    quad = rng.choice(data.links)
    return _replaced(quad, s=quad.object, o=quad.subject)


def misspell_property(data: Data, rng: random.Random) -> Slip:
    """Misspell a property."""
    quad = rng.choice(data.quads)
    return _replaced(quad, p=_misspelt_iri(quad.predicate, rng)) if quad.predicate != TYPE else None


def misspell_class(data: Data, rng: random.Random) -> Slip:
    """Misspell a class."""
    subject = rng.choice(data.subjects)
    (quad, *_) = data.store.quads_for_pattern(subject, TYPE, None, None)
    return _replaced(quad, o=_misspelt_iri(quad.object, rng))


def misspell_reference(data: Data, rng: random.Random) -> Slip:
    """Misspell what a statement refers to."""
    quad = rng.choice(data.links)
    return _replaced(quad, o=_misspelt_iri(quad.object, rng))


def misspell_subject(data: Data, rng: random.Random) -> Slip:
    """Misspell the name of what a block describes, and others refer to."""
    subject = rng.choice(data.referred)
    block, wrong = data.block(subject), _misspelt_iri(subject, rng)
    new = [ox.Quad(wrong, q.predicate, q.object, q.graph_name) for q in block]
    return Change(frozenset(block), frozenset(new)) if wrong != subject else None


def point_to_another_class(data: Data, rng: random.Random) -> Slip:
    """Refer to a thing of another class."""
    quad = rng.choice([q for q in data.links if q.object in data.kinds])
    wrong = rng.choice([s for s in data.subjects if data.kinds[s] != data.kinds[quad.object]])
    return _replaced(quad, o=wrong)


def code_of_another_scheme(data: Data, rng: random.Random) -> Slip:
    """Take a code of another list."""
    quad = rng.choice([q for q in data.links if q.object in data.codes])
    scheme = quad.object.value.rpartition("/")[0]
    return _replaced(
        quad, o=rng.choice([c for c in data.codes if c.value.rpartition("/")[0] != scheme])
    )


def move_date(data: Data, rng: random.Random) -> Slip:
    """Mistype a date: digits of the year, or a day that no month has."""
    quad = rng.choice(data.dates)
    text = quad.object.value
    year = int(text[:4])
    wrong = rng.choice([f"{text[:2]}{text[3]}{text[2]}", str(year + 10), str(year - 10)])
    new = rng.choice([wrong + text[4:], text[:-2] + "32" if len(text) > 4 else wrong])
    return _replaced(quad, o=ox.Literal(new, datatype=quad.object.datatype))


def move_date_by_days(data: Data, rng: random.Random) -> Slip:
    """Take another day, up to three weeks off: a day of its own in the calendar, only not the right one."""
    quad = rng.choice(data.days)
    moved = date.fromisoformat(quad.object.value) + timedelta(
        days=rng.choice([-1, 1]) * rng.choice([1, 2, 3, 7, 14, 21])
    )
    return _replaced(quad, o=ox.Literal(moved.isoformat(), datatype=quad.object.datatype))


def break_digit(data: Data, rng: random.Random) -> Slip:
    """Mistype a digit of a text or a number."""
    quad = rng.choice(data.digits)
    text = quad.object.value
    at = rng.choice([i for i, c in enumerate(text) if c.isdigit()])
    digit = rng.choice([d for d in "0123456789" if d != text[at]])
    new = text[:at] + digit + text[at + 1 :]
    if quad.object.language:
        return _replaced(quad, o=ox.Literal(new, language=quad.object.language))
    return _replaced(quad, o=ox.Literal(new, datatype=quad.object.datatype))


def duplicate_value(data: Data, rng: random.Random) -> Slip:
    """Say a second time, and otherwise, what can be said but once."""
    quad = rng.choice(data.single)
    others = [q.object for q in data.values[quad.predicate] if q.object != quad.object]
    if not others:
        return None
    new = ox.Quad(quad.subject, quad.predicate, rng.choice(others), quad.graph_name)
    return Change(frozenset(), frozenset([new]))


def change_language(data: Data, rng: random.Random) -> Slip:
    """Tag a text with another language, or with none."""
    quad = rng.choice(data.labels)
    tag = rng.choice([tag for tag in ("fi", "sv", "en", "") if tag != quad.object.language])
    text = quad.object.value
    return _replaced(quad, o=ox.Literal(text, language=tag) if tag else ox.Literal(text))


KINDS: dict[str, Make] = {
    str(make.__name__): make
    for make in (
        delete_required, delete_thing, change_datatype, swap_ends, misspell_property,
        misspell_class, misspell_reference, misspell_subject, point_to_another_class,
        code_of_another_scheme, move_date, move_date_by_days, break_digit, duplicate_value, change_language,
    )
}  # fmt: skip


class Checker:
    """Tells which findings a slip brings: of shapes first, and of the others where need be."""

    def __init__(self, project: Project, sources: Path | None) -> None:
        self._sources = sources
        self._places = project.library()["places"].bind({"lang": Term("literal", "fi")})
        self.graph: Graph = project.graph()
        source = project.shapes().store
        rules = Rules(shacl.compile_shapes(source), source)
        self._incremental = Incremental(rules, self.graph.store)
        self._queries = project.checks()
        self._rows = {
            name: list(checks.rows(self.graph, {name: q})) for name, q in self._queries.items()
        }
        self._others = list(checks.others(self.graph))

    def new(self, change: Change) -> list[Finding]:
        """Make a change, tell what it brings, and take it back."""
        told = self._incremental.apply(change)
        found = list(map(checks.from_result, told.new))
        if not found:
            for name, query in self._queries.items():
                if _reads(query, change.predicates):
                    rows = list(checks.rows(self.graph, {name: query}))
                    found += without(rows, self._rows[name], _key)
        if not found:
            found += without(list(checks.others(self.graph)), self._others, _key)
        if not found and self._sources and change.predicates & _OF_PLACES:
            found += self._lost()
        self._incremental.apply(Change(change.added, change.removed))
        return found

    def _lost(self) -> list[Finding]:
        """Verify the places against the documents."""
        assert self._sources is not None
        table = Oxigraph(self.graph).select(self._places.text)
        verified = sources.verify(self._sources, sources.documents(table))
        lost = [check.place.iri for check in verified.checks if check.verdict != "ok"]
        return [Finding("warning", "sources verify", iri, {"en": "It moved."}) for iri in lost]


def main() -> None:
    """Make the slips and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--sources", type=Path)
    parser.add_argument("--survivors", action="store_true")
    given = parser.parse_args()
    start = time.perf_counter()
    checker = Checker(Project(given.project), given.sources)
    data, rng = Data(checker.graph.store), random.Random(given.seed)
    made: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    loudly: Counter[str] = Counter()
    through: dict[tuple[str, str], list[Change]] = defaultdict(list)
    names = list(KINDS)
    while made.total() < given.mutations:
        kind = names[made.total() % len(names)]
        change = KINDS[kind](data, rng)
        if change is None:
            continue
        found = checker.new(change)
        made[kind] += 1
        caught[kind] += bool(found)
        loudly[kind] += any(finding.severity != "info" for finding in found)
        if not found:
            quad = next(iter(sorted(change.removed or change.added, key=str)))
            local = quad.predicate.value.replace("#", "/").rpartition("/")[2]
            if kind in ("delete_thing", "misspell_subject"):
                local = str(data.kinds.get(quad.subject)).strip("<>").replace("#", "/")
                local = local.rpartition("/")[2]
            through[kind, local].append(change)
    print(f"{'slip':24}{'made':>6}{'caught':>8}{'share':>9}{'as warning or violation':>26}")
    for kind in names:
        share, loud = caught[kind] / made[kind], loudly[kind] / made[kind]
        print(f"{kind:24}{made[kind]:6}{caught[kind]:8}{share:9.1%}{loud:26.1%}")
    total = made.total()
    all_caught, all_loud = caught.total() / total, loudly.total() / total
    print(f"{'all':24}{total:6}{caught.total():8}{all_caught:9.1%}{all_loud:26.1%}")
    unexplained = sum(len(c) for key, c in through.items() if key not in REASONS)
    print(f"\n{total - caught.total()} got through, {unexplained} of them unexplained:")
    for (kind, local), changes in sorted(through.items(), key=lambda item: -len(item[1])):
        reason = REASONS.get((kind, local), "")
        print(f"{len(changes):4} {kind:24} {local:28} {reason or _shown(changes[0])}")
        if given.survivors:
            for change in changes:
                print(f"       {_shown(change)}")
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


def _shown(change: Change) -> str:
    def text(quads: frozenset[ox.Quad]) -> str:
        first = min(quads, key=str, default=None)
        return " ".join(str(part) for part in first.triple) if first else ""

    parts = [text(change.removed), text(change.added)]
    shown = " → ".join(part for part in parts if part) + ("" if change.added else " (deleted)")
    return shown.replace("https://w3id.org/kytkos/", "")[:260]


if __name__ == "__main__":
    main()
