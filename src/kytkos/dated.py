"""What the pages tell of time: what is owed as of a day, and two versions side by side.

Everything here is asked once for each language, when a page first needs it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from kytkos.agenda import folded
from kytkos.calendar import Calendar, Duty, calendar, versions
from kytkos.compare import compare
from kytkos.differences import Change, Comparison, Side, words
from kytkos.engines import Engine
from kytkos.project import Project
from kytkos.terms import SCHEME, Term
from kytkos.things import Cited, Thing


@dataclass(frozen=True)
class Dated:
    """The calendars and the comparisons of one language as of a day, if one is known."""

    project: Project
    engine: Engine
    day: date | None
    lang: str
    _comparisons: dict[tuple[str, str], Comparison] = field(default_factory=dict)
    _changes: dict[tuple[str, str], dict[str, list[Change]]] = field(default_factory=dict)

    @property
    def vocabulary(self) -> dict[str, Any]:
        """What templates call it by."""
        valid = self.in_force.versions if self.in_force else ()
        return {
            "dated": self,
            "in_force": {version.iri for version in valid},
            "of_thing": of_thing,
            "placed": placed,
            "language_of": language_of,
            "yearly": yearly,
        }

    @cached_property
    def in_force(self) -> Calendar | None:
        """The duties of the versions in force on the day, with their verdicts."""
        if self.day is None:
            return None
        return calendar(self.engine, self.project.queries_in("calendar"), self.day, self.lang)

    @cached_property
    def proposed(self) -> Calendar | None:
        """The duties that the versions not in force on the day would bring from then on."""
        if self.day is None:
            return None
        queries = self.project.queries_in("calendar")
        chosen = [
            version
            for version in versions(self.engine, queries, self.lang)
            if version.entry is None or version.entry > self.day
        ]
        return calendar(self.engine, queries, self.day, self.lang, chosen)

    def in_year(self, calendar: Calendar | None, thing: Term, year: int) -> tuple[Duty, ...]:
        """Give what a body or party, or the bodies it sits in, must do in a calendar year."""
        if calendar is None:
            return ()
        due = calendar.of(thing.value).due
        return folded(
            duty for duty in due if duty.window.start.year == duty.window.end.year == year
        )

    def compared(self, old: Term, new: Term) -> Comparison:
        """Compare two versions."""
        pair = (old.value, new.value)
        if pair not in self._comparisons:
            queries = self.project.queries_in("diff")
            self._comparisons[pair] = compare(self.engine, queries, *pair, self.lang)
        return self._comparisons[pair]

    def changes_of(self, thing: Term, old: Term, new: Term) -> Sequence[Change]:
        """Give what changed about a thing between two versions."""
        pair = (old.value, new.value)
        if pair not in self._changes:
            about = self._changes[pair] = {}
            for change in self.compared(old, new).changes:
                for subject in change.subjects:
                    about.setdefault(subject.iri, []).append(change)
        return self._changes[pair].get(thing.value, ())

    def lead(self, comparison: Comparison) -> str:
        """Say in a sentence how much two versions differ."""
        said = words()["words"]["lead" if comparison.changes else "lead_same"][self.lang]
        return str(
            said.format(
                old=comparison.old.label,
                new=comparison.new.label,
                changes=len(comparison.changes),
                unchanged=len(comparison.unchanged),
            )
        )


def of_thing(thing: Thing) -> Term:
    """Give a thing as a term, to be named and linked as all others are."""
    return Term("uri", thing.iri)


def placed(
    places: Iterable[Cited], version: Thing | Term | None = None
) -> list[Mapping[str, Term | None]]:
    """Give the places of what a version says as rows, to be cited as all others are."""
    of = version if isinstance(version, Term) or version is None else Term("uri", version.iri)
    return [{"place": Term("uri", place.iri), "version": of} for place in places]


def language_of(side: Side) -> str:
    """Give the language of what a source calls a thing or a place; empty where all is ours."""
    literals = (term for value in side.values for term in value.terms if not term.is_iri)
    return next((term.lang for term in literals if term.lang), "")


def yearly(side: Side | None) -> tuple[int, int] | None:
    """Give how often in a year at least and at most; None where it is not told by the year."""
    values = {value.name: value.terms[0] for value in side.values} if side else {}
    period, least = values.get("perPeriod"), values.get("atLeast")
    if not (period and least and period.value == SCHEME + "period-kind/calendar-year"):
        return None
    low = int(least.value)
    return low, int(values.get("atMost", least).value)
