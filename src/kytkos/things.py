"""Things and the places that tell of them, as values that need no graph to be shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kytkos.terms import Term


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing and what it is called."""

    iri: str
    label: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A place in a source: its IRI, its document, and the path of its section there.

    `start` counts characters of the normalised text, `digest` is of the passage; both are empty
    where they were not asked for.
    """

    iri: str
    document: Thing
    section: str = ""
    start: int = 0
    digest: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.document.label, self.section)))


def cited(rows: Iterable[Mapping[str, Term | None]]) -> tuple[Cited, ...]:
    """Give the places of some rows, each once: ?place, ?source, ?sourceLabel, ?sectionPath."""
    found = {}
    for row in rows:
        if place := row["place"]:
            found[place.value] = Cited(
                place.value,
                Thing(_text(row["source"]), _text(row["sourceLabel"])),
                _text(row["sectionPath"]),
                int(_text(row.get("start")) or 0),
                _text(row.get("digest")),
            )
    return tuple(found.values())


def _text(term: Term | None) -> str:
    return term.value if term else ""
