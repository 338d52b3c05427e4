"""Two versions of an agreement side by side: what is new, dropped, renamed, moved, more often.

The queries in `queries/diff/` say what is compared, one aspect each, and answer for one version:

    ?subject    what a statement is about, or the thing itself; then ?key, ?key2, … if it takes more
                to tell one statement from another
    ?claim      the claims that say so; `claims.rq` knows their places and whether they are inferred
    ?via        the group that the version names where the query takes its members one by one
    ?weight     a number that grows as the statement weighs more
    ?note…      what is shown but not compared; every other variable is a value that is compared

A header names the kind of a change of values (`changed`, and `heavier`, `lighter`, `more`, `fewer`
where they are told apart), what is told together (`fold: subject` or `fold: key`), whether equal
wording makes two statements one (`match: wording`), and that things which only one version knows
are left out (`only: both`).

Things of two versions are the same where they share their IRI or a `kyt:Succession` says so, or
where the source says it in the same words. Nothing else is matched.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from kytkos.cadence import Cadence
from kytkos.engines import Engine
from kytkos.queries import Query
from kytkos.tables import Table
from kytkos.terms import DEF, SCHEME, Term
from kytkos.things import Cited, Thing, cited

NEW, DROPPED, CHANGED, CONTINUED = "new", "dropped", "changed", "continued"

# Not the aspects, but what is asked beside them.
ASIDE = ("versions", "claims", "successions", "labels")

_KIND = SCHEME + "succession-kind/"
_INFERRED = SCHEME + "basis/inferred"
_NOT_COMPARED = ("subject", "key", "claim", "via", "weight", "note")
_DASHES = str.maketrans("–—‑−", "----")

Record = Mapping[str, Term | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of one version; `reason` says why it is inferred, where it is."""

    iri: str
    places: tuple[Cited, ...] = ()
    inferred: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """What one property says; `terms` are as in the graph, `label` and `texts` for people."""

    name: str
    label: str
    terms: tuple[Term, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one version says: the things themselves, their values, and the claims that say it.

    `text` says the values as people do, `notes` are values that are not compared. `via` is the
    group that the version names, where it names no more than that.
    """

    things: tuple[Thing, ...]
    values: tuple[Value, ...] = ()
    notes: tuple[Value, ...] = ()
    claims: tuple[Claim, ...] = ()
    via: Thing | None = None
    weight: float | None = None
    text: str = ""

    @property
    def places(self) -> tuple[Cited, ...]:
        """The places that say it, each once, in the order of the text."""
        places = {place.iri: place for claim in self.claims for place in claim.places}
        return tuple(sorted(places.values(), key=lambda p: (p.document.iri, p.start, p.iri)))


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, or one thing that stands as it was (`continued`).

    `subjects` are what it is about; `keys` tell which of their statements. `before` is None for
    what is new, `after` for what is dropped. `inferred` says that it rests on our reading, for
    the reasons in `reasons`.
    """

    aspect: str
    kind: str
    kind_label: str
    subjects: tuple[Thing, ...]
    keys: tuple[Thing, ...]
    before: Side | None
    after: Side | None
    inferred: bool = False
    reasons: tuple[str, ...] = ()
    succession: str = ""

    @property
    def is_change(self) -> bool:
        """Tell whether anything differs."""
        return self.kind != CONTINUED


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one aspect, and what stands as it was."""

    aspect: str
    heading: str
    changes: tuple[Change, ...]
    unchanged: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an agreement; `issued` is an ISO date."""

    iri: str
    label: str
    agreement: str
    issued: str
    status: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions and what differs, in one language, by aspect in the order of the queries."""

    old: Version
    new: Version
    lang: str
    sections: tuple[Section, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that differs."""
        return tuple(change for section in self.sections for change in section.changes)

    @property
    def unchanged(self) -> tuple[Change, ...]:
        """All that stands as it was."""
        return tuple(change for section in self.sections for change in section.unchanged)

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are of each kind, most first."""
        return dict(Counter(change.kind for change in self.changes).most_common())

    def of(self, aspect: str, *kinds: str) -> tuple[Change, ...]:
        """Give the changes of an aspect, of some kinds or of all."""
        return tuple(
            c for c in self.changes if c.aspect == aspect and (not kinds or c.kind in kinds)
        )


@dataclass(frozen=True, slots=True)
class _Item:
    """One statement of one version, under the key that the other version may share."""

    key: tuple[str, ...]
    subject: str
    keys: tuple[str, ...]
    side: Side

    @property
    def names(self) -> set[str]:
        """What a succession may call it."""
        return {self.subject if not self.keys else "", *self.keys[:1]} | {
            claim.iri for claim in self.side.claims
        }


@dataclass(frozen=True, slots=True)
class _Succession:
    iri: str
    kind: str
    before: frozenset[str]
    after: frozenset[str]
    inferred: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Names:
    lang: str
    labels: Mapping[str, str]
    words: Mapping[str, Mapping[str, Mapping[str, str]]]

    def thing(self, iri: str) -> Thing:
        return Thing(iri, self.text(Term("uri", iri)))

    def text(self, term: Term) -> str:
        if not term.is_iri:
            return term.value
        return self.labels.get(term.value) or term.value.rstrip("/").rpartition("/")[2]

    def kind(self, kind: str) -> str:
        return self.labels.get(_KIND + kind) or self.words["kinds"][kind][self.lang]

    def value(self, name: str) -> str:
        words = self.words["values"].get(name)
        return words[self.lang] if words else self.labels.get(DEF + name, name)


def versions(engine: Engine, queries: Mapping[str, Query], lang: str) -> tuple[Version, ...]:
    """Give the agreement versions there are, the oldest first."""
    found = _ask(engine, queries["versions"], lang)
    return tuple(
        Version(
            *(_text(row[v]) for v in ("version", "versionLabel", "agreement", "issued", "status"))
        )
        for row in found.records()
    )


def compare(
    engine: Engine, queries: Mapping[str, Query], old: str, new: str, lang: str
) -> Comparison:
    """Compare two versions of an agreement.

    Args:
        engine: whom to ask.
        queries: those in `queries/diff/`, by name; the aspects in the order of their names.
        old: the IRI of the version before.
        new: the IRI of the version after; both may be of one agreement or of two.
        lang: the language of labels and reasons.
    """
    known = {version.iri: version for version in versions(engine, queries, lang)}
    names = _names(_ask(engine, queries["labels"], lang), lang)
    followed = _successions(_ask(engine, queries["successions"], lang))
    same = {old: new, known[old].agreement: known[new].agreement} | _same(followed)
    onward = same | {
        b: next(iter(s.after)) for s in followed if len(s.after) == 1 for b in s.before
    }
    told = [_claims(_ask(engine, queries["claims"], lang, version)) for version in (old, new)]
    one_sided: set[str] = set()
    sections = []
    for name, query in queries.items():
        if name in ASIDE:
            continue
        tables = [_ask(engine, query, lang, version) for version in (old, new)]
        before, after = (
            _items(table, claims, names, same, query)
            for table, claims in zip(tables, told, strict=True)
        )
        aspect = _Aspect(name.partition("-")[2] or name, query, followed, names, onward)
        changes = aspect.compare(before, after)
        if query.headers.get("only") == "both":
            changes = [c for c in changes if not one_sided.issuperset(t.iri for t in c.subjects)]
        one_sided |= {
            t.iri for c in changes if not c.keys and not (c.before and c.after) for t in c.subjects
        } | {t.iri for c in changes if c.kind == "replaced" and not c.keys for t in _all_things(c)}
        folded = aspect.folded(changes)
        sections.append(
            Section(
                aspect.name,
                query.summary(lang),
                tuple(change for change in folded if change.is_change),
                tuple(change for change in folded if not change.is_change),
            )
        )
    return Comparison(known[old], known[new], lang, tuple(sections))


@dataclass(frozen=True, slots=True)
class _Aspect:
    """One query, and how its statements are matched."""

    name: str
    query: Query
    successions: Sequence[_Succession]
    names: _Names
    onward: Mapping[str, str]

    @property
    def headers(self) -> Mapping[str, str]:
        """What the query says of how it is compared."""
        return self.query.headers

    def compare(self, before: Sequence[_Item], after: Sequence[_Item]) -> list[Change]:
        """Match the statements of two versions; in the order of the new one, then the old one."""
        olds, news = {i.key: i for i in before}, {i.key: i for i in after}
        found: list[tuple[int, Change]] = []
        place = {i.key: n for n, i in enumerate(after)} | {
            i.key: len(after) + n for n, i in enumerate(before) if i.key not in news
        }

        def add(change: Change, *items: _Item) -> None:
            found.append((min(place[item.key] for item in items), change))

        for key in [key for key in olds if key in news]:
            old, new = olds.pop(key), news.pop(key)
            add(self._both(old, new), old, new)
        for succession in self.successions:
            left = [i for i in olds.values() if not i.names.isdisjoint(succession.before)]
            right = [i for i in news.values() if not i.names.isdisjoint(succession.after)]
            # What has a successor and nothing that is it here is not this aspect's to tell.
            if not (left or right) or (
                not (left and right) and succession.before and succession.after
            ):
                continue
            if left and right:
                add(self._followed(succession, left, right), *left, *right)
            else:
                for item in [*left, *right]:
                    add(
                        self._followed(
                            succession,
                            [i for i in left if i is item],
                            [i for i in right if i is item],
                        ),
                        item,
                    )
            for item in left:
                olds.pop(item.key, None)
            for item in right:
                news.pop(item.key, None)
        if self.headers.get("match") == "wording":
            for old, new in _same_words(olds.values(), news.values()):
                del olds[old.key], news[new.key]
                add(self._both(old, new), old, new)
        for item in olds.values():
            add(self._change(DROPPED, item, None), item)
        for item in news.values():
            add(self._change(NEW, None, item), item)
        return [change for _, change in sorted(found, key=lambda pair: pair[0])]

    def folded(self, changes: Sequence[Change]) -> list[Change]:
        """Tell together what is the same for several subjects, or for several keys."""
        fold = self.headers.get("fold")
        if not fold:
            return list(changes)
        groups: dict[object, list[Change]] = {}
        for change in changes:
            about = change.keys if fold == "subject" else change.subjects
            shown = [
                side and (_compared(side.values), _compared(side.notes), side.via)
                for side in (change.before, change.after)
            ]
            via = [s[2] if s else None for s in shown]
            what = [s[:2] if s else None for s in shown]
            named = next((v for v in reversed(via) if v), None)
            groups.setdefault((about, change.kind, *map(repr, what), named), []).append(change)
        return [_joined(group, fold) for group in groups.values()]

    def _both(self, old: _Item, new: _Item) -> Change:
        kind = self._kind(old.side, new.side)
        change = self._change(kind, old, new)
        for succession in self.successions if old.side.values else ():
            if _told(old, succession.before) and _told(new, succession.after):
                # The two are one thing by our reading, which says what became of it too.
                read = kind if succession.kind == CONTINUED else succession.kind
                shared = succession.kind == CONTINUED and _share(old.side, new.side)
                return self._by(replace(change, kind=CONTINUED if shared else read), succession)
        return change

    def _followed(
        self, succession: _Succession, left: Sequence[_Item], right: Sequence[_Item]
    ) -> Change:
        kind = succession.kind
        if kind == CONTINUED and len(left) == len(right) == 1:
            kind = self._kind(left[0].side, right[0].side)
        return self._by(self._change(kind, _merged(left), _merged(right)), succession)

    def _by(self, change: Change, succession: _Succession) -> Change:
        return replace(
            change,
            kind_label=self.names.kind(change.kind),
            inferred=succession.inferred or change.inferred,
            reasons=tuple(dict.fromkeys(filter(None, (succession.reason, *change.reasons)))),
            succession=succession.iri,
        )

    def _kind(self, old: Side, new: Side) -> str:
        before, after = _compared(old.values, self.onward), _compared(new.values)
        if before == after:
            return CONTINUED
        if old.weight is not None and new.weight is not None and old.weight != new.weight:
            return self.headers.get("heavier" if new.weight > old.weight else "lighter", CHANGED)
        lost = any(before[name] - after.get(name, frozenset()) for name in before)
        gained = any(after[name] - before.get(name, frozenset()) for name in after)
        kind = self.headers.get("changed", CHANGED)
        if lost and not gained:
            return self.headers.get("fewer", kind)
        if gained and not lost:
            return self.headers.get("more", kind)
        return kind

    def _change(self, kind: str, old: _Item | None, new: _Item | None) -> Change:
        item = new or old
        assert item is not None
        claims = [claim for i in (old, new) if i for claim in i.side.claims]
        # What one version says in plain words does not become a reading through another claim.
        unsure = [
            bool(i.side.claims) and all(claim.inferred for claim in i.side.claims)
            for i in (old, new)
            if i
        ]
        reasons = dict.fromkeys(claim.reason for claim in claims if claim.inferred and claim.reason)
        inferred = any(unsure) and kind != CONTINUED
        return Change(
            aspect=self.name,
            kind=kind,
            kind_label=self.names.kind(kind),
            subjects=tuple(map(self.names.thing, _subjects(old, new))),
            keys=tuple(map(self.names.thing, item.keys)),
            before=old.side if old else None,
            after=new.side if new else None,
            inferred=inferred,
            reasons=tuple(reasons) if inferred else (),
        )


def _subjects(old: _Item | None, new: _Item | None) -> tuple[str, ...]:
    """Tell what a change is about: the thing as it is now, where the two have one identity."""
    item = new or old
    assert item is not None
    if item.keys:
        return (item.subject,)
    return tuple(thing.iri for thing in item.side.things)


def _told(item: _Item, claims: frozenset[str]) -> bool:
    return any(claim.iri in claims for claim in item.side.claims)


def _share(old: Side, new: Side) -> bool:
    before, after = _compared(old.values), _compared(new.values)
    return any(not before[name].isdisjoint(after.get(name, frozenset())) for name in before)


def _all_things(change: Change) -> Iterator[Thing]:
    for side in (change.before, change.after):
        yield from side.things if side else ()


def _merged(items: Sequence[_Item]) -> _Item | None:
    if not items:
        return None
    first = items[0]
    if len(items) == 1:
        return first
    sides = [item.side for item in items]
    return replace(
        first,
        side=replace(
            first.side,
            things=tuple(dict.fromkeys(thing for side in sides for thing in side.things)),
            values=(),
            claims=tuple(dict.fromkeys(claim for side in sides for claim in side.claims)),
        ),
    )


def _joined(group: Sequence[Change], fold: str) -> Change:
    first = group[0]
    if len(group) == 1:
        return first

    def side(sides: Sequence[Side | None]) -> Side | None:
        told = [one for one in sides if one]
        if not told:
            return None
        vias = {one.via for one in told}
        return replace(
            told[0],
            things=tuple(dict.fromkeys(thing for one in told for thing in one.things)),
            claims=tuple(dict.fromkeys(claim for one in told for claim in one.claims)),
            via=told[0].via if len(vias) == 1 else None,
        )

    if fold == "subject":
        first = replace(first, subjects=tuple(dict.fromkeys(t for c in group for t in c.subjects)))
    else:
        first = replace(first, keys=tuple(dict.fromkeys(t for c in group for t in c.keys)))
    return replace(
        first,
        before=side([change.before for change in group]),
        after=side([change.after for change in group]),
        reasons=tuple(dict.fromkeys(reason for change in group for reason in change.reasons)),
    )


def _same_words(olds: Iterable[_Item], news: Iterable[_Item]) -> list[tuple[_Item, _Item]]:
    """Pair what the two sources say in the same words, where it is clear what goes with what."""
    left, right = _by_words(olds), _by_words(news)
    return [
        (left[words][0], right[words][0])
        for words in left
        if words in right and len(left[words]) == len(right[words]) == 1
    ]


def _by_words(items: Iterable[_Item]) -> dict[object, list[_Item]]:
    found: dict[object, list[_Item]] = {}
    for item in items:
        documents: dict[str, set[str]] = {}
        for place in item.side.places:
            documents.setdefault(place.document.iri, set()).add(place.digest)
        for words in set(map(frozenset, documents.values())):
            found.setdefault(words, []).append(item)
    return found


def _compared(
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


def _items(
    table: Table,
    claims: Mapping[str, Claim],
    names: _Names,
    same: Mapping[str, str],
    query: Query,
) -> list[_Item]:
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
        items.append(_Item(shared, subject, tuple(rest), side))
    return items


def _value(rows: Sequence[Record], variable: str, names: _Names) -> Value:
    terms = tuple(dict.fromkeys(term for row in rows if (term := row[variable])))
    return Value(variable, names.value(variable), terms, tuple(map(names.text, terms)))


def _said(values: Sequence[Value]) -> str:
    texts = [", ".join(value.texts) for value in values]
    if len(values) < 3:
        return "; ".join(texts)
    return "; ".join(f"{v.label}: {text}" for v, text in zip(values, texts, strict=True))


def _cadence(rows: Sequence[Record], names: _Names) -> str:
    """Say how often; the rows are those of one body and one act, so mostly of one obligation."""
    said = []
    for row in rows:
        cadence = Cadence.read(row)
        counts = names.words["counts"].get(_text(row["countsAsOwn"]).rpartition("/")[2])
        said.append(
            ", ".join(filter(None, (cadence.text(names.lang), (counts or {}).get(names.lang))))
        )
    return "; ".join(dict.fromkeys(said))


def _claims(table: Table) -> dict[str, Claim]:
    """Read the claims, without those that only an earlier text of their version makes."""
    found = {}
    for iri, rows in table.grouped("claim").items():
        latest = [row for row in rows if _text(row["isLatest"]) == "true"]
        inferred = _text(rows[0]["basis"]) == _INFERRED
        if rows[0]["place"] and not latest and not inferred:
            continue
        found[iri] = Claim(iri, cited(latest or rows), inferred, _text(rows[0]["reason"]))
    return found


def _successions(table: Table) -> list[_Succession]:
    return [
        _Succession(
            iri,
            _text(rows[0]["kind"]).removeprefix(_KIND),
            frozenset(_text(row["predecessor"]) for row in rows if row["predecessor"]),
            frozenset(_text(row["successor"]) for row in rows if row["successor"]),
            _text(rows[0]["basis"]) == _INFERRED,
            _text(rows[0]["reason"]),
        )
        for iri, rows in table.grouped("succession").items()
    ]


def _same(successions: Iterable[_Succession]) -> dict[str, str]:
    """Give the one thing that carries on each thing, where it carries on no other."""
    return {
        next(iter(s.before)): next(iter(s.after))
        for s in successions
        if len(s.before) == len(s.after) == 1 and s.kind != "replaced"
    }


def words() -> dict[str, Any]:
    """Read the words of comparisons, in three languages."""
    return tomllib.loads(files("kytkos").joinpath("compare.toml").read_text(encoding="utf-8"))


def _names(table: Table, lang: str) -> _Names:
    found: dict[str, str] = {}
    for row in table.records():
        number = _text(row["number"])
        label = _text(row["label"])
        found.setdefault(_text(row["thing"]), f"{number} ({label})" if number else label)
    return _Names(lang, found, words())


def _ask(engine: Engine, query: Query, lang: str, version: str = "") -> Table:
    given = {"lang": Term("literal", lang)} if "lang" in query.parameters else {}
    if version and "version" in query.parameters:
        given["version"] = Term("uri", version)
    return engine.select(query.bind(given).text, f"diff/{query.name}")


def _text(term: Term | None) -> str:
    return term.value if term else ""
