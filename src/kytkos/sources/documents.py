"""Source documents and the places that claims have in them, read from a table."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kytkos.errors import SourceError, did_you_mean
from kytkos.readers import read_text
from kytkos.sources.normal import Text, normalise
from kytkos.tables import Table
from kytkos.terms import Prefixes, Term

Verdict = Literal["ok", "moved", "lost", "ambiguous"]


VERDICTS: tuple[Verdict, ...] = ("ok", "moved", "lost", "ambiguous")


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A place of a document as the graph has it.

    `furniture` is the IRI of the kind of furniture, or empty where the place is there
    for claims to point to; `claims` are those that do. A number or digest that the
    graph lacks is -1 or empty.
    """

    iri: str
    document: str
    start: int
    end: int
    digest: str
    section: str = ""
    furniture: str = ""
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A source document as the graph has it, with its places in reading order."""

    iri: str
    label: str
    file_name: str
    places: tuple[SourcePlace, ...] = ()

    @property
    def key(self) -> str:
        """The last part of its IRI."""
        return self.iri.rpartition("/")[2]

    @property
    def claims(self) -> frozenset[str]:
        """Each claim that rests on the document."""
        return frozenset(claim for place in self.places for claim in place.claims)


def documents(table: Table) -> tuple[SourceDocument, ...]:
    """Read the answer to the query `places`: a row for each document, place and claim."""
    places: dict[str, dict[str, SourcePlace]] = defaultdict(dict)
    claims: dict[str, list[str]] = defaultdict(list)
    named: dict[str, tuple[str, str]] = {}
    for row in table.records():
        iri = _text(row["source"])
        named.setdefault(iri, (_text(row["sourceLabel"]) or iri, _text(row["fileName"])))
        place = _text(row["place"])
        if not place:
            continue
        claim = _text(row["claim"])
        if claim and claim not in claims[place]:
            claims[place].append(claim)
        places[iri].setdefault(
            place,
            SourcePlace(
                iri=place,
                document=iri,
                start=_number(row["start"]),
                end=_number(row["end"]),
                digest=_text(row["digest"]),
                section=_text(row["sectionPath"]),
                furniture=_text(row.get("furnitureKind")),
            ),
        )
    return tuple(
        SourceDocument(
            iri,
            label,
            file_name,
            tuple(
                _claimed(place, claims[place.iri])
                for place in sorted(places[iri].values(), key=reading_order)
            ),
        )
        for iri, (label, file_name) in sorted(named.items(), key=lambda item: (item[1][1], item))
    )


def find_document(name: str, known: Sequence[SourceDocument], prefixes: Prefixes) -> SourceDocument:
    """Find the document that a person means by file name, CURIE, key or label.

    Raises:
        SourceError: no document, or more than one, has that name.
    """
    wanted = name.strip().casefold()
    ways: tuple[Callable[[SourceDocument], bool], ...] = (
        lambda d: wanted in {n.casefold() for n in _names_of(d, prefixes)},
        lambda d: any(wanted in n.casefold() for n in _names_of(d, prefixes)),
    )
    for fits in ways:
        fitting = [document for document in known if wanted and fits(document)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            curies = ", ".join(prefixes.curie(document.iri) for document in fitting)
            message = f"`{name}` names {len(fitting)} documents"
            raise SourceError(message, hint=f"Name one: {curies}.")
    hint = did_you_mean(name, (d.file_name or d.key for d in known))
    raise SourceError(f"there is no document `{name}`", hint=hint)


def read_document(folder: Path, document: SourceDocument) -> Text:
    """Read the text of a document from the folder of the sources.

    Raises:
        SourceError: it can't be read; or the graph gives it no file, or one elsewhere.
    """
    if not document.file_name:
        raise SourceError(f"<{document.iri}> has no kyt:fileName")
    path = folder / document.file_name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise SourceError(f"`{document.file_name}` is outside the folder of the sources")
    return normalise(read_text(path))


def _names_of(document: SourceDocument, prefixes: Prefixes) -> tuple[str, ...]:
    names = (
        document.file_name,
        document.file_name.rpartition(".")[0],
        document.iri,
        prefixes.curie(document.iri),
        document.key,
        document.label,
    )
    return tuple(filter(None, names))


def _claimed(place: SourcePlace, claims: Sequence[str]) -> SourcePlace:
    return SourcePlace(
        place.iri,
        place.document,
        place.start,
        place.end,
        place.digest,
        place.section,
        place.furniture,
        tuple(claims),
    )


def stands(place: SourcePlace, shift: int, text: Text) -> bool:
    """Tell whether a passage stands at its place, or that many signs later."""
    start, end = place.start + shift, place.end + shift
    if place.start < 0 or not 0 <= start < end <= len(text.normalised):
        return False
    return text.digest(start, end) == place.digest and not text.cuts_number(start, end)


def reading_order(place: SourcePlace) -> tuple[int, int, str]:
    """Give the key that sorts places as they are read, the outer before the inner."""
    return (place.start, -place.end, place.iri)


def _text(term: Term | None) -> str:
    return term.value if term else ""


def _number(term: Term | None) -> int:
    return int(term.value) if term and term.value.isdecimal() else -1
