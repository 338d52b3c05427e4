"""The calendar of an agreement: what is owed in each window, what was held, and what is coming.

The queries in `queries/calendar/` find the duties, their windows and their verdicts; here they
are put together. A verdict is about its window, which stands beside it: what is met in a calendar
year may not be met in the twelve months before a day. A planned meeting never counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kytkos import differences
from kytkos.cadence import Cadence
from kytkos.engines import Engine
from kytkos.queries import Query
from kytkos.tables import Table
from kytkos.terms import SCHEME, XSD, Term
from kytkos.things import Cited, Thing, cited

VERDICTS = ("met", "in-progress", "partial-period", "not-shown", "not-met")

_INFERRED = SCHEME + "basis/inferred"
_HELD = SCHEME + "event-status/held"
_CONVENER = SCHEME + "role/convener"
_JOINTLY, _MEET = SCHEME + "act/meet-jointly", SCHEME + "act/meet"

Record = Mapping[str, Term | None]


@dataclass(frozen=True, slots=True)
class Event:
    """Something held or planned; `on` and `end` are ISO days, or a month where no day is known."""

    iri: str
    label: str
    on: str
    end: str
    is_held: bool
    places: tuple[Cited, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The days, first and last, within which a duty is to be done; `label` names the period.

    A rolling one is the twelve months that end on the day asked about, and is never due again.
    """

    start: date
    end: date
    label: str = ""
    period: str = ""
    is_rolling: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of one body or party in one window.

    `holder` is who must do it, `group` the group it is bound as a member of, if any. `required`
    is the least number of times, `held` what counts towards it, `planned` what is dated but not
    known to have been held. `verdict` is one of `VERDICTS`, or empty where the window has not
    opened, or where the version is not in force. `reason` says why the duty is inferred, if it is.
    """

    obligation: str
    version: Thing
    holder: Thing
    group: Thing | None
    act: Thing
    cadence: Cadence
    required: int
    window: Window
    verdict: str
    held: tuple[Event, ...]
    planned: tuple[Event, ...]
    conveners: tuple[Thing, ...]
    places: tuple[Cited, ...]
    inferred: bool = False
    reason: str = ""

    @property
    def missing(self) -> int:
        """How many times it is still to be done in the window, at least."""
        return max(self.required - len(self.held), 0)

    @property
    def to_agree(self) -> int:
        """How many times no day is known for, of those still to be done."""
        return max(self.missing - len(self.planned), 0)

    def is_due(self, day: date, until: date) -> bool:
        """Tell whether it is still to be done in a window that is open between two days."""
        is_open = self.window.end >= day and self.window.start <= until
        return bool(self.missing) and is_open and not self.window.is_rolling


@dataclass(frozen=True, slots=True)
class Version(differences.Version):
    """A version; `entry` is the day it came into force, None where it has not."""

    entry: date | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The duties of some versions as of a day, in one language.

    `duties` are in the order of their holders' names and their windows; `events` are all that is
    planned, whether or not a duty asks for it. `until` ends the coming year. `seats` tells which
    bodies each agent sits in, `labels` what each verdict is called.
    """

    day: date
    until: date
    lang: str
    versions: tuple[Version, ...]
    duties: tuple[Duty, ...]
    events: tuple[tuple[Event, tuple[Thing, ...]], ...]
    seats: Mapping[str, frozenset[str]]
    labels: Mapping[str, str]

    @property
    def verdicts(self) -> tuple[Duty, ...]:
        """The duties whose windows have opened under a version in force."""
        return tuple(duty for duty in self.duties if duty.verdict)

    @property
    def due(self) -> tuple[Duty, ...]:
        """What is still to be done in the coming year, what ends first first."""
        due = [duty for duty in self.duties if duty.is_due(self.day, self.until)]
        return tuple(sorted(due, key=lambda duty: (duty.window.end, duty.window.start)))

    @property
    def holders(self) -> tuple[Thing, ...]:
        """Who has duties."""
        return tuple(dict.fromkeys(duty.holder for duty in self.duties))

    def of(self, iri: str) -> "Calendar":
        """Give the calendar of a body or party: its duties, and those of bodies it sits in."""
        mine = {iri} | self.seats.get(iri, frozenset())
        return replace(
            self,
            duties=tuple(duty for duty in self.duties if duty.holder.iri in mine),
            events=tuple(
                (event, holders)
                for event, holders in self.events
                if not mine.isdisjoint(holder.iri for holder in holders)
            ),
        )


def versions(engine: Engine, queries: Mapping[str, Query], lang: str) -> tuple[Version, ...]:
    """Give the agreement versions there are, the oldest first."""
    table = _ask(engine, queries["versions"], {"lang": Term("literal", lang)})
    return tuple(
        Version(
            iri=_text(row["version"]),
            label=_text(row["versionLabel"]),
            agreement=_text(row["agreement"]),
            issued=_text(row["issued"]),
            status=_text(row["status"]),
            entry=date.fromisoformat(_text(row["entry"])) if row["entry"] else None,
        )
        for row in table.records()
    )


def in_force(known: Iterable[Version], day: date) -> tuple[Version, ...]:
    """Give the versions in force on a day: of each agreement the one that came last."""
    latest: dict[str, Version] = {}
    for version in known:
        if version.entry and version.entry <= day:
            other = latest.get(version.agreement)
            if not other or not other.entry or other.entry <= version.entry:
                latest[version.agreement] = version
    return tuple(latest.values())


def calendar(
    engine: Engine,
    queries: Mapping[str, Query],
    day: date,
    lang: str,
    chosen: Sequence[Version] | None = None,
    rolling: bool = False,
) -> Calendar:
    """Make the calendar as of a day.

    Args:
        engine: whom to ask.
        queries: those in `queries/calendar/`, by name.
        day: the last day that counts; what was held after it does not.
        lang: the language of the labels.
        chosen: the versions to ask about; those in force on the day where None. One that is not
            in force has no verdicts: its windows are those it would have from the day on.
        rolling: measure yearly duties over the twelve months that end on the day, which may give
            another verdict than the calendar year.
    """
    if chosen is None:
        chosen = in_force(versions(engine, queries, lang), day)
    until = _year_later(day)
    speaking = {"lang": Term("literal", lang)}
    events = _events(_ask(engine, queries["events"], speaking))
    duties: list[Duty] = []
    seats: dict[str, set[str]] = {}
    for version in chosen:
        given = {**speaking, "version": Term("uri", version.iri)}
        sitting = _ask(engine, queries["seats"], given)
        for row in sitting.records():
            if _text(row["role"]) != _CONVENER:
                seats.setdefault(_text(row["agent"]), set()).add(_text(row["body"]))
        written = _ask(engine, queries["claims"], given).grouped("obligation")
        applies = version.entry is not None and version.entry <= day
        entry = version.entry if applies and version.entry else day
        dates = {"entry": entry, "date": day, "until": until}
        if rolling and applies:
            given["since"] = Term("literal", _year_before(day).isoformat())
        given |= {
            n: Term("literal", d.isoformat(), datatype=XSD + "date") for n, d in dates.items()
        }
        table = _ask(engine, queries["duties"], given)
        found = _duties(table, version, events, _conveners(sitting), written, (entry, day))
        duties += found if applies else [replace(d, verdict="", held=()) for d in found]
    planned: dict[Event, list[Thing]] = {}
    for event, holder, _ in events:
        if not event.is_held and holder not in planned.setdefault(event, []):
            planned[event].append(holder)
    return Calendar(
        day=day,
        until=until,
        lang=lang,
        versions=tuple(chosen),
        duties=tuple(duties),
        events=tuple((event, tuple(holders)) for event, holders in planned.items()),
        seats={agent: frozenset(bodies) for agent, bodies in seats.items()},
        labels={
            _text(row["verdict"]).rpartition("/")[2]: _text(row["label"])
            for row in _ask(engine, queries["verdicts"], speaking).records()
        },
    )


def _duties(
    table: Table,
    version: Version,
    events: Sequence[tuple[Event, Thing, str]],
    conveners: Mapping[str, tuple[Thing, ...]],
    written: Mapping[str, Sequence[Record]],
    within: tuple[date, date],
) -> list[Duty]:
    duties = []
    for row in table.records():
        holder = Thing(_text(row["holder"]), _text(row["holderLabel"]))
        via = _text(row["via"])
        start, end = (date.fromisoformat(_text(row[v])) for v in ("windowStart", "windowEnd"))
        counting = _text(row["act"])
        mine = [(e, act) for e, who, act in events if who.iri == holder.iri]
        first, last = max(start, within[0]).isoformat(), min(end, within[1]).isoformat()
        counted = {e for e, act in mine if e.is_held and act == counting and first <= e.on <= last}
        if len(counted) < int(_text(row["held"])):  # joint meetings count too
            counted |= {
                e for e, act in mine if e.is_held and act == _JOINTLY and first <= e.on <= last
            }
        claims = written.get(_text(row["obligation"]), ())
        inferred = any(_text(claim["basis"]) == _INFERRED for claim in claims)
        duties.append(
            Duty(
                obligation=_text(row["obligation"]),
                version=Thing(version.iri, version.label),
                holder=holder,
                group=Thing(via, _text(row["viaLabel"])) if via != holder.iri else None,
                act=Thing(counting, _text(row["actLabel"])),
                cadence=Cadence.read(row),
                required=int(_text(row["atLeast"])),
                window=Window(
                    start,
                    end,
                    _text(row["periodLabel"]),
                    _text(row["period"]),
                    _text(row["isRolling"]) == "true",
                ),
                verdict=_text(row["verdict"]),
                held=_in_order(counted),
                planned=_in_order(
                    e
                    for e, act in mine
                    if not e.is_held
                    and act == counting
                    and start.isoformat() <= e.on <= end.isoformat()
                ),
                conveners=conveners.get(holder.iri, ()),
                places=cited(claims),
                inferred=inferred,
                reason=_text(claims[0]["reason"]) if inferred else "",
            )
        )
    return duties


def _events(table: Table) -> list[tuple[Event, Thing, str]]:
    """Give each event with each of its holders and each act it counts as."""
    places = {iri: cited(rows) for iri, rows in table.grouped("event").items()}
    found: dict[tuple[Event, Thing, str], None] = {}
    for row in table.records():
        event = Event(
            _text(row["event"]),
            _text(row["eventLabel"]),
            _text(row["on"]),
            _text(row["end"]),
            _text(row["status"]) == _HELD,
            places[_text(row["event"])],
        )
        holder = Thing(_text(row["holder"]), _text(row["holderLabel"]))
        found[event, holder, _text(row["act"])] = None
    return list(found)


def _conveners(table: Table) -> dict[str, tuple[Thing, ...]]:
    found: dict[str, tuple[Thing, ...]] = {}
    for row in table.records():
        if _text(row["role"]) == _CONVENER:
            agent = Thing(_text(row["agent"]), _text(row["agentLabel"]))
            found[_text(row["body"])] = (*found.get(_text(row["body"]), ()), agent)
    return found


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(set(events), key=lambda event: (event.on, event.iri)))


def _year_later(day: date) -> date:
    """Give the last day of the year that begins on a day."""
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year + 1, day=28 if leap else day.day) - timedelta(
        days=0 if leap else 1
    )


def _year_before(day: date) -> date:
    """Give the first day of the year that ends on a day."""
    following = day + timedelta(days=1)
    leap = following.month == 2 and following.day == 29
    return following.replace(year=following.year - 1, day=28 if leap else following.day)


def _ask(engine: Engine, query: Query, given: Mapping[str, Term]) -> Table:
    known = {name: value for name, value in given.items() if name in query.parameters}
    return engine.select(query.bind(known).text, f"calendar/{query.name}")


def _text(term: Term | None) -> str:
    return term.value if term else ""
