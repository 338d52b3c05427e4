"""The differences between two versions of an agreement, as values in one language."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from kytkos.terms import Term
from kytkos.things import Cited, Thing

# Kinds of change beside those of the code list `succession-kind`; the queries name others.
NEW, DROPPED, CHANGED, CONTINUED = "new", "dropped", "changed", "continued"


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


def words() -> dict[str, Any]:
    """Read the words of comparisons, in three languages."""
    return tomllib.loads(files("kytkos").joinpath("compare.toml").read_text(encoding="utf-8"))
