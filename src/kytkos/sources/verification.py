"""Re-check every place against its document, and compare two editions."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kytkos.errors import SourceError
from kytkos.sources.documents import (
    SourceDocument,
    SourcePlace,
    Verdict,
    read_document,
    reading_order,
    stands,
)
from kytkos.sources.normal import Span, Text, is_parting, only_parting
from kytkos.sources.passages import nearest, search

# A passage of so many signs is known again wherever it stands, and so are shorter ones that
# have that many together and have moved equally far. Any other may well be the same words of
# another passage, unless a neighbour has moved as far.
UNMISTAKABLE = 40


# How many of the longest passages are looked for first.
_SCOUTS = 8


@dataclass(frozen=True, slots=True)
class Check:
    """What became of a place: its verdict, and where its passage stands now.

    `at` is None where it is lost or ambiguous; `elsewhere` has the spans of an ambiguous
    one: several, or one that its neighbours do not bear out.
    """

    place: SourcePlace
    verdict: Verdict
    at: Span | None = None
    elsewhere: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of each place, document by document.

    `texts` and `errors` have, by the IRI of the document, its text, or why it can't be read.
    """

    documents: tuple[SourceDocument, ...]
    checks: tuple[Check, ...]
    texts: Mapping[str, Text] = field(default_factory=dict)
    errors: Mapping[str, SourceError] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether no place needs a person; one that has moved needs none."""
        return not any(check.verdict in ("lost", "ambiguous") for check in self.checks)

    def of(self, document: SourceDocument) -> tuple[Check, ...]:
        """Give the checks of one document."""
        return tuple(check for check in self.checks if check.place.document == document.iri)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a document its places cover, in characters of the normalised text.

    `gaps` are the spans that neither a claim nor furniture covers.
    """

    document: SourceDocument
    length: int
    claimed: int
    furniture: int
    gaps: tuple[Span, ...]

    @property
    def share(self) -> float:
        """The share that is claimed or declared as furniture, from 0 to 1."""
        return (self.claimed + self.furniture) / self.length if self.length else 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a claim stands in another edition: `unchanged`, `moved`, or `review`.

    `checks` are those of its places; `nearest` is the span of the other edition that is
    most like the first one that needs a person, where the old text is known.
    """

    claim: str
    verdict: Literal["unchanged", "moved", "review"]
    checks: tuple[Check, ...]
    nearest: Span | None = None


def verify(folder: Path, known: Sequence[SourceDocument]) -> Verification:
    """Re-check every place of some documents against the texts in a folder.

    Raises:
        SourceError: there is no such folder.
    """
    if not folder.is_dir():
        hint = "Name the folder of the source documents with --sources DIR."
        raise SourceError(f"no folder `{folder}`", hint=hint)
    checks: list[Check] = []
    texts: dict[str, Text] = {}
    errors: dict[str, SourceError] = {}
    for document in known:
        try:
            texts[document.iri] = read_document(folder, document)
        except SourceError as error:
            errors[document.iri] = error
        else:
            checks += check_places(document.places, texts[document.iri])
    return Verification(tuple(known), tuple(checks), texts, errors)


def check_places(places: Sequence[SourcePlace], text: Text) -> list[Check]:
    """Check the places of one document against its text, in their order.

    A place is `ok` where its own span has its digest, and no digit before or after it makes
    its number another. Else its passage is looked for: as far away as its neighbours have
    moved, and wherever words begin and end. It has `moved` where it has moved with others,
    or is found once, is unmistakable, and nothing else has taken its place; it is
    `ambiguous` where it is found otherwise, and `lost` where it is not found.
    """
    found: dict[str, Check] = {}
    astray: list[SourcePlace] = []
    for place in places:
        if stands(place, 0, text):
            found[place.iri] = Check(place, "ok", (place.start, place.end))
        else:
            astray.append(place)
    if astray:
        taken = {(c.place.digest, c.place.start) for c in found.values()}
        found |= _found_again(astray, _Anchors(found.values()), taken, text)
    return [found[place.iri] for place in places]


def coverage(document: SourceDocument, checks: Iterable[Check], text: Text) -> Coverage:
    """Tell how much of a document is claimed, or declared to be furniture.

    A place counts where its passage stands now, and if a claim points to it or it is
    furniture. What is both claimed and furniture counts as claimed.
    """
    marks = bytearray(len(text.normalised))
    rank = {"claimed": 2, "furniture": 1}
    for name, value in sorted(rank.items(), key=lambda item: item[1]):
        for check in checks:
            kind = "claimed" if check.place.claims else "furniture"
            if check.at and kind == name and (check.place.claims or check.place.furniture):
                start, end = check.at
                marks[start:end] = bytes([value]) * (end - start)
    # The sign that parts two numbers stands for white space, which needs no claim.
    solid = [i for i, sign in enumerate(text.normalised) if not is_parting(text.normalised, i)]
    gaps: list[Span] = []
    for index in solid:
        if not marks[index]:
            joins = (
                gaps
                and not any(marks[gaps[-1][1] : index])
                and only_parting(text.normalised, gaps[-1][1], index)
            )
            if joins:
                gaps[-1] = (gaps[-1][0], index + 1)
            else:
                gaps.append((index, index + 1))
    counts = Counter(marks[index] for index in solid)
    return Coverage(document, len(solid), counts[2], counts[1], tuple(gaps))


def compare(old: SourceDocument, new: Text, old_text: Text | None = None) -> list[Standing]:
    """Tell how each claim that rests on a document stands in another edition of it.

    Args:
        old: the document that the claims point to.
        new: the text of the other edition.
        old_text: the text of the document, to find what took the place of a passage.
    """
    checks: dict[str, list[Check]] = defaultdict(list)
    for check in check_places(old.places, new):
        for claim in check.place.claims:
            checks[claim].append(check)
    standings: list[Standing] = []
    near: dict[str, Span | None] = {}
    for claim, of_claim in checks.items():
        open_checks = [c for c in of_claim if c.at is None]
        if open_checks:
            place = open_checks[0].place
            if place.iri not in near and old_text and stands(place, 0, old_text):
                near[place.iri] = nearest(new, old_text.passage(place.start, place.end))
            standings.append(Standing(claim, "review", tuple(of_claim), near.get(place.iri)))
        else:
            same = all(check.verdict == "ok" for check in of_claim)
            standings.append(Standing(claim, "unchanged" if same else "moved", tuple(of_claim)))
    return standings


class _Anchors:
    """The places that are found: they tell of their neighbours how far those have moved."""

    def __init__(self, checks: Iterable[Check]) -> None:
        # Start and end where the place was, and how far it has moved.
        self._spans = sorted(
            (c.place.start, c.place.end, c.at[0] - c.place.start) for c in checks if c.at
        )

    def __bool__(self) -> bool:
        return bool(self._spans)

    def add(self, place: SourcePlace, shift: int) -> None:
        insort(self._spans, (place.start, place.end, shift))

    def shifts_near(self, start: int) -> set[int]:
        """Give how far the places next before and next after a point have moved."""
        index = bisect_left(self._spans, (start, 0, 0))
        return {shift for _, _, shift in self._spans[max(0, index - 1) : index + 1]}

    def replaced(self, place: SourcePlace) -> bool:
        """Tell whether something else stands between the places that a place stood between.

        Then its passage was changed there, and what is like it elsewhere is another.
        """
        before = [(end, shift) for _, end, shift in self._spans if end <= place.start]
        after = [(start, shift) for start, _, shift in self._spans if start >= place.end]
        if not before or not after:
            return False
        grown = min(after)[1] - max(before)[1]
        # Had the passage gone away, the gap would be smaller by its length.
        return grown > -(place.end - place.start) / 2


def _found_again(
    astray: Sequence[SourcePlace], anchors: _Anchors, taken: set[tuple[str, int]], text: Text
) -> dict[str, Check]:
    found: dict[str, Check] = {}

    def settle(place: SourcePlace, shift: int) -> None:
        at = (place.start + shift, place.end + shift)
        found[place.iri] = Check(place, "moved", at)
        anchors.add(place, shift)

    def follow_neighbours() -> None:
        for place in (p for p in astray if p.iri not in found):
            for shift in sorted(anchors.shifts_near(place.start), key=abs):
                new = (place.digest, place.start + shift) not in taken
                if new and stands(place, shift, text):
                    settle(place, shift)
                    break

    # A few long passages show how far most have moved: a search for each would take long.
    longest = sorted(astray, key=lambda place: place.start - place.end)[:_SCOUTS]
    # Where nothing stands still and all passages are short, one found once is witness enough.
    witnesses = bool(anchors) or longest[0].end - longest[0].start >= UNMISTAKABLE
    starts: dict[str, list[int]] = {}
    for some in (longest, astray):
        rest = [place for place in some if place.iri not in found]
        starts = search(rest, taken, text)
        groups: dict[int, list[SourcePlace]] = defaultdict(list)
        for place in rest:
            for start in starts[place.iri]:
                groups[start - place.start].append(place)
        # Those who are most, first: they bear witness of the others.
        for length, shift in sorted(((_length(g), s) for s, g in groups.items()), reverse=True):
            for place in groups[shift]:
                lone = len(starts[place.iri]) == 1
                others = length - (0 if lone else place.end - place.start)
                sure = others >= UNMISTAKABLE or (lone and not witnesses)
                if sure and place.iri not in found and not anchors.replaced(place):
                    settle(place, shift)
            follow_neighbours()
    follow_neighbours()
    for place in (p for p in astray if p.iri not in found):
        elsewhere = tuple((s, s + place.end - place.start) for s in starts[place.iri])
        found[place.iri] = Check(place, "ambiguous" if elsewhere else "lost", None, elsewhere)
    return found


def _length(places: Iterable[SourcePlace]) -> int:
    """Count the signs of some passages, each sign once."""
    length = end = 0
    for place in sorted(places, key=reading_order):
        length += max(0, place.end - max(place.start, end))
        end = max(place.end, end)
    return length
