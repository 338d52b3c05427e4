"""A calendar as tables, CSV, JSON and iCalendar."""

import json
import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kytkos.cadence import day as written_day
from kytkos.calendar import VERDICTS, Calendar, Duty, Event, Window
from kytkos.tables import Row, Table
from kytkos.terms import XSD, Term
from kytkos.things import Cited, Thing

if TYPE_CHECKING:
    import icalendar

_PRODUCT = "-//Kytkos//Calendar of cooperation//{}"


def to_text(calendar: Calendar, width: int = 0, name: str = "") -> str:
    """Write a calendar for a terminal: what has been held, what is planned, what is coming.

    Duties of the members of a group that stand alike are one line.

    Args:
        calendar: what is owed.
        width: columns of the terminal; 0 keeps each row on one line.
        name: whose it is, for the first line.
    """
    words, columns = _words("words", calendar.lang), _words("columns", calendar.lang)
    parts = [*([name] if name else []), *headlines(calendar), ""]
    coming = [(e, h) for e, h in calendar.events if _last(e) >= calendar.day]
    days = {
        "day": written_day(calendar.day.isoformat(), calendar.lang),
        "until": written_day(calendar.until.isoformat(), calendar.lang),
    }
    tables = (
        ("verdicts", words["verdicts"], _verdict_table(calendar)),
        ("due", words["due"].format(**days), _due_table(calendar)),
        ("dated", words["dated"], _event_table(coming, calendar.lang)),
    )
    if not (calendar.versions or coming):
        return "\n".join(parts).rstrip("\n") + "\n"
    rolling = any(duty.window.is_rolling for duty in calendar.duties)
    for name, heading, table in tables:
        # A draft has no verdicts, and what rolls is never due.
        if not table and ((name == "verdicts" and calendar.due) or (name == "due" and rolling)):
            continue
        parts.append(heading)
        if table:
            parts.append(_without_sole_holder(table, name).to_text({}, width, columns))
        else:
            parts += [words["none"], ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def headlines(calendar: Calendar) -> list[str]:
    """Say which versions it is of, and how many verdicts there are of each kind."""
    words = _words("words", calendar.lang)
    day = written_day(calendar.day.isoformat(), calendar.lang)
    if not calendar.versions:
        return [words["nothing_in_force"].format(day=day)]
    lines = []
    for version in calendar.versions:
        applies = version.entry is not None and version.entry <= calendar.day
        key = "state" if applies else "not_in_force"
        line = words[key].format(version=version.label, day=day)
        mine = folded([d for d in calendar.verdicts if d.version.iri == version.iri])
        counts = {code: sum(d.verdict == code for d in mine) for code in VERDICTS}
        said = [f"{calendar.labels[code].lower()} {n}" for code, n in counts.items() if n]
        lines.append(f"{line}: {', '.join(said)}." if said else line)
    return lines


def folded(duties: Iterable[Duty]) -> tuple[Duty, ...]:
    """Put the duties of a group's members that stand alike together, as the group's."""
    groups: dict[object, list[Duty]] = {}
    for duty in duties:
        alike = (
            duty.obligation,
            duty.window,
            duty.verdict,
            duty.held,
            duty.planned,
            duty.group.iri if duty.group else duty.holder.iri,
        )
        groups.setdefault(alike, []).append(duty)
    return tuple(
        replace(some[0], holder=Thing(g.iri, f"{g.label} ({len(some)})"), group=None)
        if (g := some[0].group) and len(some) > 1
        else some[0]
        for some in groups.values()
    )


def to_table(calendar: Calendar) -> Table:
    """Give every duty in every window as a row: names, codes and ISO days, for a spreadsheet."""
    variables = (
        "version holder holderLabel act actLabel cadence required periodLabel windowStart "
        "windowEnd held heldOn plannedOn missing verdict verdictLabel convener basis place "
        "obligation"
    )
    rows = [
        (
            _text(duty.version.label),
            _iri(duty.holder.iri),
            _text(duty.holder.label),
            _iri(duty.act.iri),
            _text(duty.act.label),
            _text(duty.cadence.text(calendar.lang)),
            _number(duty.required),
            _text(duty.window.label),
            _date(duty.window.start),
            _date(duty.window.end),
            _number(len(duty.held)),
            _text(", ".join(event.on for event in duty.held)),
            _text(", ".join(event.on for event in duty.planned)),
            _number(duty.missing),
            _text(duty.verdict),
            _text(calendar.labels.get(duty.verdict, "")),
            _text(", ".join(thing.label for thing in duty.conveners)),
            _text("inferred" if duty.inferred else "stated"),
            _text("; ".join(map(str, duty.places))),
            _iri(duty.obligation),
        )
        for duty in calendar.duties
    ]
    return Table(tuple(variables.split()), tuple(rows))


def to_json(calendar: Calendar) -> str:
    """Write a calendar as JSON.

    An object with `asOf`, `until`, `versions`, `duties` (each in each of its windows: `holder`,
    `act`, `cadence`, `required`, `window`, `held`, `planned`, `missing`, `verdict`, `conveners`,
    `places`, `inferred`, `reason`, `obligation`) and `events`, all that is planned.
    """
    whole = {
        "asOf": calendar.day.isoformat(),
        "until": calendar.until.isoformat(),
        "lang": calendar.lang,
        "versions": [
            {
                "iri": version.iri,
                "label": version.label,
                "inForceFrom": version.entry.isoformat() if version.entry else None,
            }
            for version in calendar.versions
        ],
        "duties": [_duty_json(duty, calendar) for duty in calendar.duties],
        "events": [
            _event_json(event) | {"heldBy": [_thing_json(holder) for holder in holders]}
            for event, holders in calendar.events
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def to_ics(calendar: Calendar, name: str = "", written: dict[object, bytes] | None = None) -> bytes:
    """Write an iCalendar: planned events on their days, undated duties as all-day windows.

    The same data and day give the same bytes. A window does not make anyone busy.

    Args:
        calendar: what is owed.
        name: whose it is, for the title.
        written: entries as they were written for others, by what they are of; where many
            have a share in the same duties, each is written once.

    Source: RFC 5545; RFC 7986 for the interval; docs/decisions/ says why no VTODO.
    """
    import icalendar

    lang, words = calendar.lang, _words("words", calendar.lang)
    title = f"{words['title']}: {name}" if name else words["title"]
    made = icalendar.Calendar()
    made.add("prodid", _PRODUCT.format(lang.upper()))
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", title)  # as NAME of RFC 7986, which few programs read
    # Whoever subscribes to it asks again once a day.
    made.add("refresh-interval", timedelta(days=1), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "P1D")
    issued = [version.issued for version in calendar.versions]
    stamp = datetime.combine(date.fromisoformat(max(issued, default="2000-01-01")), time(), UTC)
    known = {} if written is None else written
    entries = []
    for event, holders in calendar.events:
        if _last(event) >= calendar.day:
            if (event, holders) not in known:
                known[event, holders] = _planned(event, holders, stamp, lang).to_ical()
            entries.append(known[event, holders])
    for yearly in _yearly(duty for duty in folded(calendar.due) if duty.to_agree):
        if yearly not in known:
            known[yearly] = _window(*yearly, calendar, stamp).to_ical()
        entries.append(known[yearly])
    head, end = made.to_ical(), b"END:VCALENDAR\r\n"
    return bytes(head.removesuffix(end) + b"".join(entries) + end)


def _yearly(duties: Iterable[Duty]) -> list[tuple[Duty, int]]:
    """Give each duty once where its windows follow each other yearly, and how many there are."""
    rows: list[list[Duty]] = []
    latest: dict[Duty, list[Duty]] = {}
    for duty in duties:
        alike = replace(duty, window=Window(date.min, date.min), verdict="")
        row = latest.get(alike)
        if row and _comes_again(row[-1].window, duty.window):
            row.append(duty)
        else:
            latest[alike] = [duty]
            rows.append(latest[alike])
    return [(row[0], len(row)) for row in rows]


def _comes_again(window: Window, later: Window) -> bool:
    """Tell whether a window is another on the same days a year later, and as long."""
    start, end = window.start, later.start
    a_year_later = (start.year + 1, start.month, start.day) == (end.year, end.month, end.day)
    return a_year_later and window.end - window.start == later.end - later.start


def _planned(
    event: Event, holders: Sequence[Thing], stamp: datetime, lang: str
) -> "icalendar.Event":
    words = _words("words", lang)
    first, last = _first(event), _last(event)
    lines = [", ".join(holder.label for holder in holders), *_sources(event.places, words)]
    return _entry(
        {
            "uid": _uid(event.iri),
            "dtstamp": stamp,
            "dtstart": first,
            "dtend": last + timedelta(days=1),
            "summary": event.label,
            "description": "\n".join(filter(None, lines)),
            "categories": [holder.label for holder in holders],
            "status": "TENTATIVE",
        }
    )


def _window(duty: Duty, years: int, calendar: Calendar, stamp: datetime) -> "icalendar.Event":
    words = _words("words", calendar.lang)
    counted = "more" if duty.held else "times"
    left = words[f"{counted}_one" if duty.to_agree == 1 else counted].format(duty.to_agree)
    about = f"{duty.holder.label}: {duty.act.label.lower()}"
    return _entry(
        {
            "uid": _uid(duty.obligation, duty.holder.iri, duty.window.start.isoformat()),
            "dtstamp": stamp,
            "dtstart": duty.window.start,
            "dtend": duty.window.end + timedelta(days=1),
            "summary": f"{about} {left} ({words['to_agree']})",
            "description": "\n".join(_described(duty, calendar)),
            "transp": "TRANSPARENT",
        }
        | ({"rrule": {"freq": "yearly", "count": years}} if years > 1 else {})
    )


def _described(duty: Duty, calendar: Calendar) -> list[str]:
    """Tell what the title and the days of an entry do not."""
    lang, words = calendar.lang, _words("words", calendar.lang)
    sources = _sources(duty.places, words)
    told = {
        words["agreed"]: duty.cadence.text(lang),
        words["held"]: _days(duty.held, lang),
        words["planned"]: _days(duty.planned, lang),
        words["convener"]: ", ".join(thing.label for thing in duty.conveners),
        words["version"]: "" if sources else duty.version.label,
    }
    lines = [f"{label}: {value}" for label, value in told.items() if value]
    # Its page gives the reason, and so does the calendar as JSON.
    return [*lines, *([words["inferred"]] if duty.inferred else []), *sources]


def _entry(properties: Mapping[str, Any]) -> "icalendar.Event":
    import icalendar

    entry = icalendar.Event()
    for name, value in properties.items():
        entry.add(name, value)
    return entry


def _without_sole_holder(table: Table, name: str) -> Table:
    """Leave the first column out where it has nothing but what the title names."""
    if not name or table.variables[0] != "holder" or len({row[0] for row in table.rows}) > 1:
        return table
    return Table(table.variables[1:], tuple(row[1:] for row in table.rows))


def _verdict_table(calendar: Calendar) -> Table:
    rows = [
        (
            *_shown(duty, calendar.lang),
            _text(_held_or_planned(duty, calendar.lang)),
            _text(calendar.labels.get(duty.verdict, duty.verdict)),
        )
        for duty in _by_holder(folded(calendar.verdicts))
    ]
    return Table(("holder", "act", "cadence", "window", "held", "verdict"), tuple(rows))


def _due_table(calendar: Calendar) -> Table:
    rows = [
        (
            *_shown(duty, calendar.lang),
            _number(duty.missing),
            _text(", ".join(thing.label for thing in duty.conveners)),
        )
        for duty in folded(calendar.due)
    ]
    return Table(("holder", "act", "cadence", "window", "missing", "conveners"), tuple(rows))


def _event_table(events: Iterable[tuple[Event, Sequence[Thing]]], lang: str) -> Table:
    rows = [
        (
            _text(written_day(event.on, lang)),
            _text(event.label),
            _text(", ".join(holder.label for holder in holders)),
        )
        for event, holders in events
    ]
    return Table(("on", "event", "holder"), tuple(rows))


def _shown(duty: Duty, lang: str) -> Row:
    return (
        _text(duty.holder.label),
        _text(duty.act.label),
        _text(duty.cadence.text(lang)),
        _text(_shortly(duty.window.start, duty.window.end, lang)),
    )


def _shortly(first: date, last: date, lang: str) -> str:
    """Write a window; a calendar year by its number."""
    whole = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    return str(first.year) if whole and first.year == last.year else _span(first, last, lang)


def _span(first: date, last: date, lang: str) -> str:
    between = " – " if lang == "en" else "–"
    return between.join(written_day(one.isoformat(), lang) for one in (first, last))


def _held_or_planned(duty: Duty, lang: str) -> str:
    planned = _days(duty.planned, lang)
    planned = f"({_words('words', lang)['planned'].lower()} {planned})" if planned else ""
    return " ".join(filter(None, (_days(duty.held, lang), planned)))


def _by_holder(duties: Iterable[Duty]) -> list[Duty]:
    return sorted(duties, key=lambda d: (d.holder.label, d.act.label, d.window.start))


def _days(events: Iterable[Event], lang: str) -> str:
    return ", ".join(written_day(event.on, lang) for event in events)


def _first(event: Event) -> date:
    return date.fromisoformat(event.on if len(event.on) == 10 else f"{event.on}-01")


def _last(event: Event) -> date:
    """Give the last day of an event; where only its month is known, the last of the month."""
    text = event.end or event.on
    if len(text) == 10:
        return date.fromisoformat(text)
    year, month = map(int, text.split("-"))
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _sources(places: Iterable[Cited], words: Mapping[str, str]) -> list[str]:
    """Name the documents, each once, with its sections."""
    sections: dict[str, dict[str, None]] = {}
    for place in places:
        found = sections.setdefault(place.document.label, {})
        if place.section:
            found[place.section] = None
    return [
        f"{words['source']}: {', '.join(filter(None, (label, '; '.join(named))))}"
        for label, named in sections.items()
    ]


def _uid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(parts)))


def _duty_json(duty: Duty, calendar: Calendar) -> dict[str, Any]:
    return {
        "obligation": duty.obligation,
        "version": duty.version.iri,
        "holder": _thing_json(duty.holder),
        "group": _thing_json(duty.group) if duty.group else None,
        "act": _thing_json(duty.act),
        "cadence": duty.cadence.text(calendar.lang),
        "required": duty.required,
        "window": {
            "start": duty.window.start.isoformat(),
            "end": duty.window.end.isoformat(),
            "label": duty.window.label or None,
            "isRolling": duty.window.is_rolling,
        },
        "held": [_event_json(event) for event in duty.held],
        "planned": [_event_json(event) for event in duty.planned],
        "missing": duty.missing,
        "verdict": duty.verdict or None,
        "verdictLabel": calendar.labels.get(duty.verdict),
        "conveners": [_thing_json(thing) for thing in duty.conveners],
        "inferred": duty.inferred,
        "reason": duty.reason or None,
        "places": [_place_json(place) for place in duty.places],
    }


def _event_json(event: Event) -> dict[str, Any]:
    return {
        "iri": event.iri,
        "label": event.label,
        "on": event.on,
        "end": event.end or None,
        "status": "held" if event.is_held else "planned",
        "places": [_place_json(place) for place in event.places],
    }


def _thing_json(thing: Thing) -> dict[str, str]:
    return {"iri": thing.iri, "label": thing.label}


def _place_json(place: Cited) -> dict[str, str | None]:
    return {
        "iri": place.iri,
        "document": place.document.iri,
        "documentLabel": place.document.label,
        "section": place.section or None,
    }


def _text(value: str) -> Term | None:
    return Term("literal", value) if value else None


def _number(value: int) -> Term:
    return Term("literal", str(value), datatype=XSD + "integer")


def _date(value: date) -> Term:
    return Term("literal", value.isoformat(), datatype=XSD + "date")


def _iri(value: str) -> Term:
    return Term("uri", value)


@cache
def _words(table: str, lang: str) -> Mapping[str, str]:
    told = tomllib.loads(files("kytkos").joinpath("calendar.toml").read_text(encoding="utf-8"))
    return {key: choice[lang] for key, choice in told[table].items()}
