"""What the pages tell of time: what is owed as of a day, and two versions side by side.

Everything here is asked once for each language, when a page first needs it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from kytkos.calendar import Calendar, calendar, versions
from kytkos.compare import Comparison, compare
from kytkos.engines import Engine
from kytkos.project import Project
from kytkos.terms import Term
from kytkos.things import Cited, Thing


@dataclass(frozen=True)
class Dated:
    """The calendars and the comparisons of one language as of a day, if one is known."""

    project: Project
    engine: Engine
    day: date | None
    lang: str

    @property
    def vocabulary(self) -> dict[str, Any]:
        """What templates call it by."""
        valid = self.in_force.versions if self.in_force else ()
        return {
            "dated": self,
            "in_force": {version.iri for version in valid},
            "of_thing": of_thing,
            "placed": placed,
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

    def compared(self, old: Term, new: Term) -> Comparison:
        """Compare two versions."""
        queries = self.project.queries_in("diff")
        return compare(self.engine, queries, old.value, new.value, self.lang)


def of_thing(thing: Thing) -> Term:
    """Give a thing as a term, to be named and linked as all others are."""
    return Term("uri", thing.iri)


def placed(
    places: Iterable[Cited], version: Thing | None = None
) -> list[Mapping[str, Term | None]]:
    """Give the places of what a version says as rows, to be cited as all others are."""
    of = of_thing(version) if version else None
    return [{"place": Term("uri", place.iri), "version": of} for place in places]
