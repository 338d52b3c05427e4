"""Make small slips in the real data, one at a time, and see whether `check` reports them.

Usage: .venv/bin/python benchmarks/mutations.py [--mutations 2000] [--seed 1] [--project DIR]
                                                [--sources DIR] [--survivors]

A slip is one that a person could make while editing: `KINDS` lists them. It is caught where it
brings a finding that was not there. Slips in the numbers of a place are for `check --sources` to
find, which runs here where `--sources` names the folder of the documents, and is counted apart.
What changes nothing that anybody could miss is no slip: another name for a thing that nothing
refers to, or leaving out what not every thing of its class has. The share caught is printed for
each kind, and what got through, by kind and property; `REASONS` says of it why it is harmless, or
why only the document tells. Leaves with 1 where a slip got through that has no reason.
`--survivors` prints every slip that got through.
"""

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
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

VERIFY = "sources verify"
_OF_PLACES = {f"{DEF}{name}" for name in ("start", "end", "digest")}

Slip = Change | None
Make = Callable[["Data", random.Random], Slip]

HARMLESS, DOCUMENT = "harmless", "only the document tells"

# What may get through, by kind and property, and why: where it is harmless, and where the data has
# nothing to compare with, so that only who reads the document sees it.
REASONS: dict[tuple[str, str], tuple[str, str]] = {
    ("break_digit", "date"): (HARMLESS, "the day of our inference; nothing is computed from it"),
    ("move_date_by_days", "date"): (HARMLESS, "the day of our inference, some days off"),
    ("delete_required", "altLabel"): (HARMLESS, "another name is nowhere required"),
    ("delete_required", "statedAs"): (HARMLESS, "it is there where the source has another form"),
    ("delete_required", "sectionPath"): (HARMLESS, "of a header or a heading, which is its own"),
    ("change_language", "altLabel"): (HARMLESS, "other names are searched in all languages"),
    ("point_to_another_class", "statedAt"): (DOCUMENT, "another kind of place, and as good a one"),
    ("point_to_another_class", "concerns"): (DOCUMENT, "a finding may concern any thing"),
    ("point_to_another_class", "successor"): (DOCUMENT, "what is new may be of any kind"),
    ("point_to_another_class", "predecessor"): (DOCUMENT, "what is dropped may be of any kind"),
    ("delete_required", "basis"): (DOCUMENT, "of an organ, which may also be stated"),
    ("point_to_another_class", "binds"): (DOCUMENT, "a clause may bind any agent"),
    ("duplicate_value", "approvedBy"): (DOCUMENT, "two organs may approve a document"),
    ("swap_ends", "isPartOf"): (DOCUMENT, "which of two documents is part of the other"),
    ("swap_ends", "concerns"): (DOCUMENT, "an event or a clause may concern a statement"),
    ("break_digit", "start"): (DOCUMENT, "`check --sources` tells"),
    ("break_digit", "end"): (DOCUMENT, "`check --sources` tells"),
    ("break_digit", "digest"): (DOCUMENT, "`check --sources` tells"),
    ("break_digit", "caseNumber"): (DOCUMENT, "the number of a case is nowhere else"),
    ("break_digit", "first_date_entry_in_force"): (DOCUMENT, "the act tells its own day"),
    ("break_digit", "date_no_longer_in_force"): (DOCUMENT, "the act tells its own day"),
    ("break_digit", "order"): (DOCUMENT, "two statements may stand in one place"),
    ("break_digit", "outOf"): (DOCUMENT, "the source has no other form of it"),
    ("break_digit", "value"): (DOCUMENT, "the source has no other form of it"),
    ("break_digit", "times"): (DOCUMENT, "the source has no other form of it"),
    ("break_digit", "atLeast"): (DOCUMENT, "the source has no other form of it"),
    ("break_digit", "lawAtLeast"): (DOCUMENT, "how often an act obliges stands in the act"),
    ("break_digit", "targetValue"): (DOCUMENT, "the source's own form has it in words"),
    ("break_digit", "monthFrom"): (DOCUMENT, "a month that is none, or after the last, is found"),
    ("break_digit", "monthTo"): (DOCUMENT, "a month that is none, or before the first, is found"),
    ("break_digit", "printedNumber"): (DOCUMENT, "numbers as printed may have gaps"),
    ("break_digit", "sectionNumber"): (DOCUMENT, "the number of a decision is nowhere else"),
    ("break_digit", "sectionPath"): (DOCUMENT, "at the edge of two sections, or a lone heading"),
    ("break_digit", "statedAs"): (DOCUMENT, "the source's own form, where no value has its number"),
    ("break_digit", "onDate"): (DOCUMENT, "another day of the same years"),
    ("break_digit", "adheredOn"): (DOCUMENT, "another day of the same years"),
    ("move_date_by_days", "adheredOn"): (DOCUMENT, "each party signs on its own day"),
    ("move_date_by_days", "onDate"): (DOCUMENT, "neither the key nor the source's form has it"),
    ("move_date_by_days", "endDate"): (DOCUMENT, "an event may end on any day"),
    ("move_date_by_days", "dueFrom"): (DOCUMENT, "a target may run from any day"),
    ("move_date_by_days", "dueBy"): (DOCUMENT, "a deadline may be any day"),
    ("move_date_by_days", "coversFrom"): (DOCUMENT, "a report may cover any days"),
    ("move_date_by_days", "coversTo"): (DOCUMENT, "a report may cover any days"),
    ("move_date_by_days", "approvedOn"): (DOCUMENT, "no event of the data is the approval"),
    ("move_date_by_days", "startDate"): (DOCUMENT, "the day on which a term begins"),
    ("move_date_by_days", "date_no_longer_in_force"): (DOCUMENT, "no next wording is here"),
    ("move_date_by_days", "first_date_entry_in_force"): (DOCUMENT, "the act tells its own day"),
    ("move_date", "startDate"): (DOCUMENT, "the day on which a term begins"),
    ("move_date", "date_no_longer_in_force"): (DOCUMENT, "no next wording is here"),
    ("duplicate_value", "hasFeatureOfInterest"): (DOCUMENT, "one observation may be of several"),
    ("point_to_another_class", "hasFeatureOfInterest"): (DOCUMENT, "any thing may be observed"),
    ("duplicate_value", "dutyKind"): (DOCUMENT, "a section may oblige to two things"),
    ("duplicate_value", "changes"): (DOCUMENT, "an act may change several"),
    ("duplicate_value", "changed_by"): (DOCUMENT, "two acts may make one wording"),
    ("duplicate_value", "isPartOf"): (DOCUMENT, "a document may be part of two"),
    ("duplicate_value", "name"): (DOCUMENT, "a document may use two names"),
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
    """Take another day that there is, up to three weeks off."""
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
        code_of_another_scheme, move_date, move_date_by_days, break_digit, duplicate_value,
        change_language,
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
        # What is said already is not added, nor taken away with the change.
        there = self.graph.store
        change = Change(change.removed, frozenset(q for q in change.added if q not in there))
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
        return [Finding("warning", VERIFY, iri, {"en": "It moved."}) for iri in lost]


@dataclass
class Tally:
    """What became of the slips, by kind; what got through, also by property."""

    made: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    loudly: Counter[str] = field(default_factory=Counter)  # as a warning or a violation
    by_sources: Counter[str] = field(default_factory=Counter)
    through: dict[tuple[str, str], list[Change]] = field(default_factory=dict)

    def count(self, kind: str, change: Change, found: list[Finding], data: Data) -> None:
        """Count one slip."""
        self.made[kind] += 1
        self.caught[kind] += bool(found)
        self.loudly[kind] += any(finding.severity != "info" for finding in found)
        self.by_sources[kind] += any(finding.shape == VERIFY for finding in found)
        if not found:
            quad = min(change.removed or change.added, key=str)
            whole = kind in ("delete_thing", "misspell_subject")
            named = str(data.kinds.get(quad.subject)) if whole else quad.predicate.value
            local = named.strip("<>").replace("#", "/").rpartition("/")[2]
            self.through.setdefault((kind, local), []).append(change)

    @property
    def unexplained(self) -> int:
        """How many got through that have no reason."""
        return sum(len(found) for key, found in self.through.items() if key not in REASONS)


def run(project: Project, mutations: int, seed: int, documents: Path | None = None) -> Tally:
    """Make so many slips, of each kind in turn."""
    checker = Checker(project, documents)
    data, rng = Data(checker.graph.store), random.Random(seed)
    tally, names = Tally(), list(KINDS)
    while tally.made.total() < mutations:
        kind = names[tally.made.total() % len(names)]
        change = KINDS[kind](data, rng)
        if change is not None:
            tally.count(kind, change, checker.new(change), data)
    return tally


def print_table(tally: Tally, *, survivors: bool) -> None:
    """Print the share caught of each kind, and what got through."""
    verdicts = dict.fromkeys(KINDS, (0, 0))
    for (kind, local), found in tally.through.items():
        verdict = REASONS.get((kind, local), ("", ""))[0]
        harmless, document = verdicts[kind]
        harmless += len(found) * (verdict == HARMLESS)
        verdicts[kind] = harmless, document + len(found) * (verdict == DOCUMENT)
    heads = ("made", "caught", "loudly", "by documents", HARMLESS, DOCUMENT)
    print(f"{'slip':24}" + "".join(f"{head:>{len(head) + 3}}" for head in heads))
    rows = [
        (kind, tally.made[kind], tally.caught[kind], tally.loudly[kind], tally.by_sources[kind],
         *verdicts[kind])
        for kind in KINDS
    ]  # fmt: skip
    rows.append(("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:])))
    for kind, made, caught, loudly, *others in rows:
        cells = (str(made), f"{caught / made:.1%}", f"{loudly / made:.1%}", *map(str, others))
        padded = zip(heads, cells, strict=True)
        print(f"{kind:24}" + "".join(f"{cell:>{len(head) + 3}}" for head, cell in padded))
    got_through = tally.made.total() - tally.caught.total()
    print(f"\n{got_through} got through, {tally.unexplained} of them without a reason:")
    for key, changes in sorted(tally.through.items(), key=lambda item: (-len(item[1]), item[0])):
        reason = ": ".join(REASONS[key]) if key in REASONS else f"? {_shown(changes[0])}"
        print(f"{len(changes):4} {key[0]:24} {key[1]:26} {reason}")
        for change in changes if survivors else ():
            print(f"       {_shown(change)}")


def main() -> int:
    """Make the slips and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--sources", type=Path)
    parser.add_argument("--survivors", action="store_true")
    given = parser.parse_args()
    start = time.perf_counter()
    tally = run(Project(given.project), given.mutations, given.seed, given.sources)
    print_table(tally, survivors=given.survivors)
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return 1 if tally.unexplained else 0


def _shown(change: Change) -> str:
    def text(quads: frozenset[ox.Quad]) -> str:
        first = min(quads, key=str, default=None)
        return " ".join(str(part) for part in first.triple) if first else ""

    parts = [text(change.removed), text(change.added)]
    shown = " → ".join(part for part in parts if part) + ("" if change.added else " (deleted)")
    return shown.replace("https://w3id.org/kytkos/", "")[:260]


if __name__ == "__main__":
    sys.exit(main())
