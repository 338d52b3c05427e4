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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kytkos.differences import (
    CHANGED,
    CONTINUED,
    DROPPED,
    NEW,
    Change,
    Claim,
    Comparison,
    Section,
    Side,
    Version,
    words,
)
from kytkos.engines import Engine
from kytkos.queries import Query
from kytkos.statements import (
    Item,
    Names,
    Succession,
    chained,
    compared,
    items,
    read_claims,
    read_names,
    read_successions,
    same_things,
)
from kytkos.tables import Table
from kytkos.terms import Term
from kytkos.things import Thing

__all__ = ["Change", "Comparison", "Section", "Side", "Version", "compare", "versions", "words"]

# Not the aspects, but what is asked beside them.
ASIDE = ("versions", "claims", "successions", "labels")


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
    names = read_names(_ask(engine, queries["labels"], lang), lang)
    followed = read_successions(_ask(engine, queries["successions"], lang))
    if old == new:
        followed = []
    elif known[old].issued > known[new].issued:
        followed = [succession.turned for succession in followed]
    told = [read_claims(_ask(engine, queries["claims"], lang, version)) for version in (old, new)]
    followed = chained(followed, told[0], told[1])
    same = {old: new, known[old].agreement: known[new].agreement} | same_things(followed, told[1])
    onward = same | {
        b: next(iter(s.after))
        for s in followed
        if len(s.after) == 1 and not s.after.isdisjoint(told[1])
        for b in s.before
    }
    one_sided: set[str] = set()
    sections = []
    for name, query in queries.items():
        if name in ASIDE:
            continue
        tables = [_ask(engine, query, lang, version) for version in (old, new)]
        before, after = (
            items(table, claims, names, same, query)
            for table, claims in zip(tables, told, strict=True)
        )
        aspect = _Aspect(name.partition("-")[2] or name, query, followed, names, onward, told)
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
    successions: Sequence[Succession]
    names: Names
    onward: Mapping[str, str]
    told: Sequence[Mapping[str, Claim]]

    @property
    def headers(self) -> Mapping[str, str]:
        """What the query says of how it is compared."""
        return self.query.headers

    def compare(self, before: Sequence[Item], after: Sequence[Item]) -> list[Change]:
        """Match the statements of two versions; in the order of the new one, then the old one."""
        olds, news = {i.key: i for i in before}, {i.key: i for i in after}
        found: list[tuple[int, Change]] = []
        place = {i.key: n for n, i in enumerate(after)} | {
            i.key: len(after) + n for n, i in enumerate(before) if i.key not in news
        }

        def add(change: Change, *items: Item) -> None:
            found.append((min(place[item.key] for item in items), change))

        for key in [key for key in olds if key in news]:
            old, new = olds.pop(key), news.pop(key)
            add(self._both(old, new), old, new)
        for succession in self.successions:
            left = [i for i in olds.values() if not i.names.isdisjoint(succession.before)]
            right = [i for i in news.values() if not i.names.isdisjoint(succession.after)]
            if left and right:
                add(self._followed(succession, left, right), *left, *right)
                for item in left:
                    del olds[item.key]
                for item in right:
                    del news[item.key]
        for succession in self.successions:
            # What came or went; or what the other version tells of under another aspect.
            earlier, later = succession.before, succession.after
            if not later or not later.isdisjoint(self.told[1]):
                for item in [i for i in olds.values() if not i.names.isdisjoint(earlier)]:
                    add(self._followed(succession, [olds.pop(item.key)], []), item)
            if not earlier or not earlier.isdisjoint(self.told[0]):
                for item in [i for i in news.values() if not i.names.isdisjoint(later)]:
                    add(self._followed(succession, [], [news.pop(item.key)]), item)
        if self.headers.get("match") == "wording":
            for old, new in _same_words(olds.values(), news.values()):
                # Several texts of a version may pair them more than once.
                if old.key in olds and new.key in news:
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
            sides = (change.before, change.after)
            what = [
                tuple(compared((*side.values, *side.notes)).items()) if side else None
                for side in sides
            ]
            named = next((side.via for side in reversed(sides) if side and side.via), None)
            # A body's duty is told with another's only where one passage gives it to both.
            said = _claims_of(change) if fold == "subject" and not named else None
            alike = (about, change.kind, *what, named, said)
            groups.setdefault(alike, []).append(change)
        return [_joined(group, fold) for group in groups.values()]

    def _both(self, old: Item, new: Item) -> Change:
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
        self, succession: Succession, left: Sequence[Item], right: Sequence[Item]
    ) -> Change:
        kind = succession.kind
        if kind == CONTINUED and len(left) == len(right) == 1:
            kind = self._kind(left[0].side, right[0].side)
        return self._by(self._change(kind, _merged(left), _merged(right)), succession)

    def _by(self, change: Change, succession: Succession) -> Change:
        return replace(
            change,
            kind_label=self.names.kind(change.kind),
            inferred=succession.inferred or change.inferred,
            reasons=tuple(dict.fromkeys(filter(None, (succession.reason, *change.reasons)))),
            succession=succession.iri,
        )

    def _kind(self, old: Side, new: Side) -> str:
        after = compared(new.values)
        known = frozenset().union(*after.values())
        onward = {one: other for one, other in self.onward.items() if one not in known}
        before = compared(old.values, onward)
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

    def _change(self, kind: str, old: Item | None, new: Item | None) -> Change:
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


def _claims_of(change: Change) -> frozenset[str]:
    sides = (change.before, change.after)
    return frozenset(claim.iri for side in sides if side for claim in side.claims)


def _subjects(old: Item | None, new: Item | None) -> tuple[str, ...]:
    """Tell what a change is about: the thing as it is now, where the two have one identity."""
    item = new or old
    assert item is not None
    if item.keys:
        return (item.subject,)
    return tuple(thing.iri for thing in item.side.things)


def _told(item: Item, claims: frozenset[str]) -> bool:
    return any(claim.iri in claims for claim in item.side.claims)


def _share(old: Side, new: Side) -> bool:
    before, after = compared(old.values), compared(new.values)
    return any(not before[name].isdisjoint(after.get(name, frozenset())) for name in before)


def _all_things(change: Change) -> Iterator[Thing]:
    for side in (change.before, change.after):
        yield from side.things if side else ()


def _merged(items: Sequence[Item]) -> Item | None:
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


def _same_words(olds: Iterable[Item], news: Iterable[Item]) -> list[tuple[Item, Item]]:
    """Pair what the two sources say in the same words, where it is clear what goes with what."""
    left, right = _by_words(olds), _by_words(news)
    return [
        (left[digests][0], right[digests][0])
        for digests in left
        if digests in right and len(left[digests]) == len(right[digests]) == 1
    ]


def _by_words(items: Iterable[Item]) -> dict[object, list[Item]]:
    found: dict[object, list[Item]] = {}
    for item in items:
        documents: dict[str, set[str]] = {}
        for place in item.side.places:
            documents.setdefault(place.document.iri, set()).add(place.digest)
        for digests in set(map(frozenset, documents.values())):
            found.setdefault(digests, []).append(item)
    return found


def _ask(engine: Engine, query: Query, lang: str, version: str = "") -> Table:
    given = {"lang": Term("literal", lang)} if "lang" in query.parameters else {}
    if version and "version" in query.parameters:
        given["version"] = Term("uri", version)
    return engine.select(query.bind(given).text, f"diff/{query.name}")


def _text(term: Term | None) -> str:
    return term.value if term else ""
