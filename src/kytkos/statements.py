"""The statements of one version of an agreement, as the queries in `queries/diff/` give them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kytkos.cadence import Cadence, day
from kytkos.differences import CONTINUED, DROPPED, NEW, Claim, Side, Value, words
from kytkos.queries import Query
from kytkos.tables import Table
from kytkos.terms import DEF, SCHEME, XSD, Term
from kytkos.things import Thing, cited

_KIND = SCHEME + "succession-kind/"
_INFERRED = SCHEME + "basis/inferred"
_NOT_COMPARED = ("subject", "key", "claim", "via", "weight", "note")
_BACKWARDS = {
    NEW: DROPPED,
    DROPPED: NEW,
    "widened": "narrowed",
    "narrowed": "widened",
    "merged": "split",
    "split": "merged",
}
_MOST_BETWEEN = 20  # versions between two that are compared
_DASHES = str.maketrans("–—‑−", "----")

Record = Mapping[str, Term | None]


@dataclass(frozen=True)
class Item:
    """One statement of one version, under the key that the other version may share."""

    key: tuple[str, ...]
    subject: str
    keys: tuple[str, ...]
    side: Side

    @cached_property
    def names(self) -> set[str]:
        """What a succession may call it."""
        return {self.subject if not self.keys else "", *self.keys[:1]} | {
            claim.iri for claim in self.side.claims
        }


@dataclass(frozen=True, slots=True)
class Succession:
    """What follows what: the IRIs before and after, and how we know."""

    iri: str
    kind: str
    before: frozenset[str]
    after: frozenset[str]
    inferred: bool
    reason: str

    @property
    def turned(self) -> "Succession":
        """The same, read backwards in time."""
        kind = _BACKWARDS.get(self.kind, self.kind)
        return replace(self, kind=kind, before=self.after, after=self.before)

    def then(self, other: "Succession") -> "Succession":
        """Follow on: what became of what this one led to."""
        return replace(
            other,
            kind=_in_a_row(self.kind, other.kind),
            before=self.before,
            inferred=self.inferred or other.inferred,
            reason=" ".join(dict.fromkeys(filter(None, (self.reason, other.reason)))),
        )


@dataclass(frozen=True, slots=True)
class Names:
    """What things, kinds of change and values are called in one language."""

    lang: str
    labels: Mapping[str, str]
    words: Mapping[str, Mapping[str, Mapping[str, str]]]

    def thing(self, iri: str) -> Thing:
        """Name a thing."""
        return Thing(iri, self.text(Term("uri", iri)))

    def text(self, term: Term) -> str:
        """Give a literal as it is, and the label of a thing, else the end of its IRI."""
        if not term.is_iri:
            return day(term.value, self.lang) if term.datatype == XSD + "date" else term.value
        tail = term.value.rstrip("/").rpartition("/")[2]
        return self.labels.get(term.value) or self.words["values"].get(tail, {}).get(
            self.lang, tail
        )

    def kind(self, kind: str) -> str:
        """Name a kind of change."""
        return self.labels.get(_KIND + kind) or self.words["kinds"].get(kind, {}).get(
            self.lang, kind
        )

    def value(self, name: str) -> str:
        """Name what a variable holds."""
        words = self.words["values"].get(name)
        return words[self.lang] if words else self.labels.get(DEF + name, name)


def items(
    table: Table,
    claims: Mapping[str, Claim],
    names: Names,
    same: Mapping[str, str],
    query: Query,
) -> list[Item]:
    """Read the statements that a query answers for one version.

    Args:
        table: the answer.
        claims: those of the version; a row of any other is left out.
        names: what things are called.
        same: the thing of the new version that carries on a thing of the old one alone.
        query: its header says how the values are put in words.
    """
    keys = [v for v in table.variables if v.startswith("key")]
    values = [v for v in table.variables if not v.startswith(_NOT_COMPARED)]
    notes = [v for v in table.variables if v.startswith("note")]
    groups: dict[tuple[str, ...], list[Record]] = {}
    for row in table.records():
        if row["claim"] and _text(row["claim"]) not in claims:
            continue  # only an earlier text of the version says so
        key = (_text(row["subject"]), *(_text(row[k]) for k in keys))
        groups.setdefault(key, []).append(row)
    items = []
    for key, rows in groups.items():
        subject, *rest = key
        via = {_text(row["via"]) for row in rows} if "via" in table.variables else set()
        through = next(iter(via)) if len(via) == 1 and via != {rest[0] if rest else ""} else ""
        weights = [row.get("weight") for row in rows]
        told = tuple(_value(rows, v, names) for v in values if any(row[v] for row in rows))
        side = Side(
            things=tuple(names.thing(iri) for iri in (rest[:1] or [subject])),
            values=told,
            notes=tuple(_value(rows, v, names) for v in notes if any(row[v] for row in rows)),
            claims=tuple(
                claims[iri] for iri in dict.fromkeys(_text(row["claim"]) for row in rows) if iri
            ),
            via=names.thing(through) if through and through != subject else None,
            weight=max((float(w.value) for w in weights if w), default=None),
            text=_cadence(rows, names) if query.headers.get("phrase") == "cadence" else _said(told),
        )
        # What is a thing of its own in each version follows by a succession, not by its key.
        shared = tuple(same.get(part, part) for part in key) if rest else key
        items.append(Item(shared, subject, tuple(rest), side))
    return items


def _value(rows: Sequence[Record], variable: str, names: Names) -> Value:
    terms = tuple(dict.fromkeys(term for row in rows if (term := row[variable])))
    return Value(variable, names.value(variable), terms, tuple(map(names.text, terms)))


def _said(values: Sequence[Value]) -> str:
    texts = [", ".join(value.texts) for value in values]
    if len(values) < 3:
        return "; ".join(texts)
    return "; ".join(f"{v.label}: {text}" for v, text in zip(values, texts, strict=True))


def _cadence(rows: Sequence[Record], names: Names) -> str:
    """Say how often; the rows are those of one body and one act, so mostly of one obligation."""
    said = []
    for row in rows:
        cadence = Cadence.read(row)
        counts = names.words["counts"].get(_text(row["countsAsOwn"]).rpartition("/")[2])
        said.append(
            ", ".join(filter(None, (cadence.text(names.lang), (counts or {}).get(names.lang))))
        )
    return "; ".join(dict.fromkeys(said))


def read_claims(table: Table) -> dict[str, Claim]:
    """Read the claims, without those that only an earlier text of their version makes."""
    found = {}
    for iri, rows in table.grouped("claim").items():
        latest = [row for row in rows if _text(row["isLatest"]) == "true"]
        inferred = _text(rows[0]["basis"]) == _INFERRED
        if rows[0]["place"] and not latest and not inferred:
            continue
        found[iri] = Claim(iri, cited(latest or rows), inferred, _text(rows[0]["reason"]))
    return found


def read_successions(table: Table) -> list[Succession]:
    """Read what follows what."""
    return [
        Succession(
            iri,
            _text(rows[0]["kind"]).removeprefix(_KIND),
            frozenset(_text(row["predecessor"]) for row in rows if row["predecessor"]),
            frozenset(_text(row["successor"]) for row in rows if row["successor"]),
            _text(rows[0]["basis"]) == _INFERRED,
            _text(rows[0]["reason"]),
        )
        for iri, rows in table.grouped("succession").items()
    ]


def chained(
    successions: Sequence[Succession], old: Collection[str], new: Collection[str]
) -> list[Succession]:
    """Add what follows through the versions between two, which come first.

    Args:
        successions: those that the data has, each from one version to the next.
        old: what the version before tells of.
        new: what the version after tells of.
    """
    found: list[Succession] = []
    last = [s for s in successions if not s.before or not s.before.isdisjoint(old)]
    for _ in range(_MOST_BETWEEN):
        last = [
            first.then(second)
            for first in last
            for second in successions
            if first.after.isdisjoint(new) and not first.after.isdisjoint(second.before)
        ]
        found += [s for s in last if not s.after or not s.after.isdisjoint(new)]
    return [*found, *successions]


def _in_a_row(first: str, second: str) -> str:
    if NEW in (first, second):
        return NEW
    if DROPPED in (first, second):
        return DROPPED
    for weak in (CONTINUED, "renamed"):
        if first == weak:
            return second
        if second == weak:
            return first
    return first if first == second else "replaced"


def same_things(successions: Iterable[Succession], new: Collection[str]) -> dict[str, str]:
    """Give the one thing that carries on each thing, where it carries on no other.

    Args:
        successions: what follows what.
        new: what the version after tells of.
    """
    return {
        next(iter(s.before)): next(iter(s.after))
        for s in successions
        if len(s.before) == len(s.after) == 1 and s.kind != "replaced" and s.after <= set(new)
    }


def read_names(table: Table, lang: str) -> Names:
    """Read what things are called; an act or a section by its number too."""
    found: dict[str, str] = {}
    for row in table.records():
        number = _text(row["number"])
        label = _text(row["label"])
        found.setdefault(_text(row["thing"]), f"{number} ({label})" if number else label)
    return Names(lang, found, words())


def compared(
    values: Sequence[Value], same: Mapping[str, str] | None = None
) -> dict[str, frozenset[str]]:
    """Give what decides whether values are equal: dashes and capitals do not."""
    return {
        value.name: frozenset(
            (same or {}).get(term.value, term.value)
            if term.is_iri
            else " ".join(term.value.translate(_DASHES).casefold().split())
            for term in value.terms
        )
        for value in values
    }


def _text(term: Term | None) -> str:
    return term.value if term else ""
