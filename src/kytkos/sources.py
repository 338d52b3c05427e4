"""Source texts: normalise them, find a passage and hash it, and re-check every place.

A claim points at a span of the *normalised* text of its document, so that a new
extraction of the same document (other line breaks, bullets, emphasis or
hyphenation) keeps every pointer. The normalised text is made in these steps:

1. each character is put in Unicode form NFKC and case-folded, until that changes
   nothing more, and letters are joined with the accents that follow them;
2. HTML tags, Markdown emphasis and link targets are dropped like white space, and so
   is a `<` that could begin a tag;
3. letters, digits and other visible signs are kept, except list marks and brackets of
   links, which are dropped like white space, and dashes; soft hyphens and other
   invisible characters leave no trace;
4. white space is dropped;
5. but where white space or a dash parts two digits, one sign is kept (a space or
   `-`), so that «2–3» is never «23»; a raised digit is parted likewise from the
   digit before it.

Places and documents come as tables; no RDF library is used here.
"""

import hashlib
import json
import re
import unicodedata
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from kytkos.errors import SourceError, did_you_mean
from kytkos.readers import read_text
from kytkos.tables import Table
from kytkos.terms import XSD, Prefixes, Term

Span = tuple[int, int]
Verdict = Literal["ok", "moved", "lost", "ambiguous"]
VERDICTS: tuple[Verdict, ...] = ("ok", "moved", "lost", "ambiguous")

# A passage of so many signs is known again wherever it stands, and so are shorter ones that
# have that many together and have moved equally far. Any other may well be the same words of
# another passage, unless a neighbour has moved as far.
UNMISTAKABLE = 40

# The length of the runs of signs by which a passage is looked for that has changed.
_RUN = 5

# How many of the longest passages are looked for first.
_SCOUTS = 8

_MARKUP = re.compile(r"</?[A-Za-z!][^<>]*>|\]\([^()]*\)|\*+")
_LIST_MARKS = frozenset("•▪■□●○◦‣·→–—[]#*\uf0b7")
_TAG_START = re.compile(r"[A-Za-z/!]")
_KEY_SIGNS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Text:
    """The normalised text of a document, and where each of its characters stood.

    `offsets[i]` is the index in `raw` of the character that `normalised[i]` is made from.
    """

    raw: str
    normalised: str
    offsets: tuple[int, ...]

    def passage(self, start: int, end: int) -> str:
        """Give the passage of the raw text for a span of the normalised text."""
        if not 0 <= start < end <= len(self.normalised):
            return ""
        last = self.offsets[end - 1] + 1
        while last < len(self.raw) and unicodedata.combining(self.raw[last]):
            last += 1
        return self.raw[self.offsets[start] : last]

    def digest(self, start: int, end: int) -> str:
        """Give the SHA-256 of a normalised span, as 64 hexadecimal digits."""
        return hashlib.sha256(self.normalised[start:end].encode()).hexdigest()

    def find(self, words: str) -> list[Span]:
        """Find each span (start, end) where the words stand, however they are set."""
        needle = normalise(words).normalised
        spans: list[Span] = []
        start = self.normalised.find(needle) if needle else -1
        while start >= 0:
            spans.append((start, start + len(needle)))
            start = self.normalised.find(needle, start + 1)
        return spans

    def line(self, start: int) -> int:
        """Give the line of the raw text, from 1, where a span begins."""
        return bisect_right(self._newlines, self.offsets[start] - 1) + 1

    def is_edge(self, index: int) -> bool:
        """Tell whether a word can begin or end before a normalised character."""
        if not 0 < index < len(self.offsets):
            return True
        here = self.offsets[index]
        return not (self.raw[here].isalnum() and self.raw[here - 1].isalnum())

    def cuts_number(self, start: int, end: int) -> bool:
        """Tell whether a span begins or ends inside a number: «3 krt» is not in «13 krt»."""
        return any(
            self.normalised[index - 1 : index].isdigit() and self.normalised[index].isdigit()
            for index in (start, end)
            if 0 < index < len(self.normalised)
        )

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The indexes in the normalised text where a word can begin or end."""
        return tuple(i for i in range(len(self.normalised) + 1) if self.is_edge(i))

    @cached_property
    def runs(self) -> Mapping[str, Sequence[int]]:
        """Where each run of a few signs begins in the normalised text."""
        found: dict[str, list[int]] = defaultdict(list)
        for start in range(len(self.normalised) - _RUN + 1):
            found[self.normalised[start : start + _RUN]].append(start)
        return found

    @cached_property
    def _newlines(self) -> list[int]:
        return [index for index, sign in enumerate(self.raw) if sign == "\n"]


def normalise(raw: str) -> Text:
    """Normalise a text as the module describes, keeping the way back to it.

    >>> normalise("**Kanta-\\nHämeen** 2–3 krt").normalised
    'kantahämeen2-3krt'
    """
    markup = {
        index for match in _MARKUP.finditer(raw) for index in range(match.start(), match.end())
    }
    signs: list[str] = []
    offsets: list[int] = []
    gap, gap_at = "", 0
    for index, character in enumerate(raw):
        for weight, sign in (("space", ""),) if index in markup else _folded(character):
            if weight != "sign":
                if not gap and weight != "nothing":
                    gap_at = index
                gap = "-" if weight == "dash" else gap or (" " if weight == "space" else "")
                continue
            while signs and signs[-1] == "<" and _TAG_START.match(sign):
                signs.pop()
                offsets.pop()
            if gap and signs and signs[-1].isdigit() and sign.isdigit():
                signs.append(gap)
                offsets.append(gap_at)
            signs.append(sign)
            offsets.append(index)
            gap = ""
    return _composed(raw, signs, offsets)


@cache
def _folded(character: str) -> tuple[tuple[str, str], ...]:
    """Give the signs that a character becomes, each with its weight in the text."""
    folded, before = character, ""
    while folded != before:
        before = folded
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    parts = tuple((_weight(sign), sign) for sign in folded)
    # «10²» is not «102».
    raised = unicodedata.category(character) == "No" and folded[:1].isdigit()
    return (("space", ""), *parts) if raised else parts


def _weight(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Pd":
        return "dash"
    if category == "Cf":
        return "nothing"
    if category[0] in "CZ" or sign in _LIST_MARKS:
        return "space"
    return "sign"


def _composed(raw: str, signs: list[str], offsets: list[int]) -> Text:
    """Join letters with the accents that follow them, as some PDF files part them."""
    text = "".join(signs)
    if unicodedata.is_normalized("NFC", text):
        return Text(raw, text, tuple(offsets))
    joined: list[str] = []
    places: list[int] = []
    start = 0
    for here in range(1, len(text) + 1):
        # A cluster ends where what follows neither joins it nor is an accent.
        if here < len(text):
            cluster = unicodedata.normalize("NFC", text[start:here])
            whole = unicodedata.normalize("NFC", text[start : here + 1])
            if unicodedata.combining(text[here]) or whole != cluster + text[here]:
                continue
        cluster = unicodedata.normalize("NFC", text[start:here])
        joined.append(cluster)
        places.extend([offsets[start]] * len(cluster))
        start = here
    return Text(raw, "".join(joined), tuple(places))


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
                for place in sorted(places[iri].values(), key=_reading_order)
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
        if _stands(place, 0, text):
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
    solid = [i for i, sign in enumerate(text.normalised) if not _is_parting(text.normalised, i)]
    gaps: list[Span] = []
    for index in solid:
        if not marks[index]:
            joins = (
                gaps
                and not any(marks[gaps[-1][1] : index])
                and _only_parting(text.normalised, gaps[-1][1], index)
            )
            if joins:
                gaps[-1] = (gaps[-1][0], index + 1)
            else:
                gaps.append((index, index + 1))
    counts = Counter(marks[index] for index in solid)
    return Coverage(document, len(solid), counts[2], counts[1], tuple(gaps))


def locate(text: Text, words: str) -> list[Span]:
    """Find each span where the words stand; `A … B` is a span from A to the next B.

    Where the words stand somewhere as whole words, other places are left out.
    """
    first, dots, last = (part.strip() for part in words.replace(" ... ", "…").partition("…"))
    spans = _whole_words(text, text.find(first))
    if dots and last:
        ends = _whole_words(text, text.find(last))
        following = [(s, next((e for e in ends if e[0] >= end), None)) for s, end in spans]
        spans = [(start, end[1]) for start, end in following if end]
    return spans


def choose(text: Text, spans: Sequence[Span], words: str, name: str, nth: int | None) -> Span:
    """Choose one of the spans where some words stand.

    Args:
        text: the text of the document.
        spans: what `locate` found.
        words: what was looked for.
        name: what messages call the document.
        nth: which one, from 1; None where there should be but one.

    Raises:
        SourceError: the words stand nowhere, or more than once, or not so many times.
    """
    if not spans:
        near = nearest(text, words)
        hint = ""
        if near:
            where = f"{name}:{text.line(near[0])}"
            hint = f"The nearest is at {where}: {one_line(text.passage(*near), 200)}"
        raise SourceError(f"{name} does not say `{words}`", hint=hint)
    if nth is None and len(spans) > 1:
        matches = "".join(
            f"\n  --nth {number}  line {text.line(span[0])}: {context_of(text, span)}"
            for number, span in enumerate(spans, start=1)
        )
        message = f"{name} says `{words}` {len(spans)} times"
        raise SourceError(message, hint=f"Choose one, or give more words:{matches}")
    if nth is not None and nth > len(spans):
        raise SourceError(f"{name} says `{words}` {len(spans)} times, not {nth}")
    return spans[(nth or 1) - 1]


def nearest(text: Text, words: str) -> Span | None:
    """Find the span of a text that is most like some words, or None where none is near.

    Each run of a few signs that both have speaks for one alignment of the two, the rarer
    the louder; the alignment with the most voices, and those close to it, wins.
    """
    needle = normalise(words.replace("…", " ")).normalised
    width = max(8, len(needle) // 4)
    voices: dict[int, float] = defaultdict(float)
    aligned: dict[int, Counter[int]] = defaultdict(Counter)
    for index in range(len(needle) - _RUN + 1):
        starts = text.runs.get(needle[index : index + _RUN], ())
        for start in starts:
            # Alignments near each other share one of the two drawers each is put in.
            for drawer in {(start - index) // width, (start - index) // width + 1}:
                voices[drawer] += 1 / len(starts)
                aligned[drawer][start - index] += 1
    if not voices:
        return None
    best = min(voices, key=lambda drawer: (-voices[drawer], drawer))
    if aligned[best].total() < max(2, (len(needle) - _RUN + 1) // 5):
        return None
    start = max(0, min(aligned[best], key=lambda shift: (-aligned[best][shift], shift)))
    end = min(len(text.normalised), start + len(needle))
    while not text.is_edge(start):
        start -= 1
    while not text.is_edge(end):
        end += 1
    while start < end - 1 and not text.normalised[start].isalnum():
        start += 1
    return (start, end)


def place_turtle(
    document: SourceDocument,
    span: Span,
    text: Text,
    prefixes: Prefixes,
    key: str = "",
    section: str = "",
) -> str:
    """Write the Turtle of a place, to paste into the data.

    Args:
        document: where the passage stands.
        span: its start and end in the normalised text.
        text: the text of the document.
        prefixes: how the project writes the IRI of the document.
        key: the key of the place; made from its words if not given.
        section: the section; that of the place before it if not given.
    """
    start, end = span
    path = section or section_at(document, start)
    lines = [
        f"place:{key or place_key(document, text.passage(start, end), path)} a kyt:SourcePlace ;",
        f"    oa:hasSource {prefixes.curie(document.iri)} ;",
        *([f"    kyt:sectionPath {json.dumps(path, ensure_ascii=False)} ;"] if path else []),
        f"    kyt:start {start} ;",
        f"    kyt:end {end} ;",
        f'    kyt:digest "{text.digest(start, end)}" .',
    ]
    return "".join(f"{line}\n" for line in lines)


def section_at(document: SourceDocument, start: int) -> str:
    """Give the section of the last place that begins at or before a point, or nothing."""
    before = [place for place in document.places if 0 <= place.start <= start and place.section]
    return before[-1].section if before else ""


def place_key(document: SourceDocument, passage: str, section: str) -> str:
    """Make a key that no place of the document has: the document, the section, some words."""
    keys = [place.iri.rpartition("/")[2] for place in document.places]
    shared = Counter(key.split("-")[0] for key in keys).most_common(1)
    words = re.findall(r"\w+", passage)[:4]
    key = "-".join(
        filter(
            None, map(_ascii, (shared[0][0] if shared else document.key, section, " ".join(words)))
        )
    )
    free, number = key, 2
    while free in keys:
        free, number = f"{key}-{number}", number + 1
    return free


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
            if place.iri not in near and old_text and _stands(place, 0, old_text):
                near[place.iri] = nearest(new, old_text.passage(place.start, place.end))
            standings.append(Standing(claim, "review", tuple(of_claim), near.get(place.iri)))
        else:
            same = all(check.verdict == "ok" for check in of_claim)
            standings.append(Standing(claim, "unchanged" if same else "moved", tuple(of_claim)))
    return standings


def passage_of(place: SourcePlace, texts: Mapping[str, Text]) -> str:
    """Give the passage of a place, shortened to one line; nothing where it is not there."""
    text = texts.get(place.document)
    return (
        one_line(text.passage(place.start, place.end)) if text and _stands(place, 0, text) else ""
    )


def one_line(passage: str, longest: int = 0) -> str:
    """Put a passage on one line without markup, and cut its middle where it is too long."""
    plain = " ".join(_MARKUP.sub(" ", passage).split())
    if not longest or len(plain) <= longest:
        return plain
    half = (longest - 3) // 2
    return f"{plain[:half].rstrip()} … {plain[-half:].lstrip()}"


def context_of(text: Text, span: Span, around: int = 30) -> str:
    """Give a passage between «», with what stands around it, on one line."""
    start = text.offsets[span[0]]
    passage = text.passage(*span)
    before = one_line(text.raw[max(0, start - around) : start])
    after = one_line(text.raw[start + len(passage) : start + len(passage) + around])
    return f"{before} «{one_line(passage, 80)}» {after}".strip()


def verification_table(checks: Iterable[Check], known: Iterable[SourceDocument]) -> Table:
    """Draw up checks as a table, with a row for each place."""
    files = {document.iri: document.file_name for document in known}
    names = ("place", "document", "section", "verdict", "start", "end", "where", "claims")
    return Table(
        names,
        tuple(
            (
                Term("uri", check.place.iri),
                _literal(files.get(check.place.document, "")),
                _literal(check.place.section),
                _literal(check.verdict),
                _integer(check.place.start),
                _integer(check.place.end),
                _literal(_where(check)),
                _integer(len(check.place.claims)),
            )
            for check in checks
        ),
    )


def summary(verification: Verification, quiet: bool = False) -> list[str]:
    """Tell of each document how its places fare, and why it can't be read; and of all.

    Args:
        verification: what became of the places.
        quiet: leave out the documents that all is well with, and the sum.
    """
    lines: list[str] = []
    for document in verification.documents:
        checks = verification.of(document)
        open_claims = {c for check in checks if check.at is None for c in check.place.claims}
        places, claims = len(document.places), len(document.claims)
        if document.iri in verification.errors:
            lines.append(str(verification.errors[document.iri]))
            lines.append(f"{document.label}: {places} places, {claims} claims not re-checked")
        elif not quiet or open_claims:
            needing = f"; claims that need a person: {len(open_claims)}" if open_claims else ""
            lines.append(f"{document.file_name}: {_counted(checks)}{needing}")
    if not quiet:
        lines.append(f"{len(verification.documents)} documents: {_counted(verification.checks)}")
    return lines


def coverage_lines(coverage: Coverage, text: Text) -> list[str]:
    """Tell how much of a document is covered, and give each passage that is not, shortened."""
    name, length = coverage.document.file_name, coverage.length or 1
    claimed, furniture = (100 * part / length for part in (coverage.claimed, coverage.furniture))
    # Not rounded up: 100.0 % is all of it.
    share = int(1000 * coverage.share) / 10
    head = f"{share:5.1f} %  {name}  (claims {claimed:.1f} %, furniture {furniture:.1f} %)"
    return [head] + [
        f"         {name}:{text.line(start)}: {one_line(text.passage(start, end), 100)}"
        for start, end in coverage.gaps
    ]


def verification_json(verification: Verification) -> str:
    """Write a verification as JSON: its documents, its places, and how many of each verdict."""
    counts = Counter(check.verdict for check in verification.checks)
    whole = {
        "ok": verification.ok and not verification.errors,
        "documents": [
            {
                "document": document.iri,
                "file": document.file_name,
                "places": len(document.places),
                "claims": len(document.claims),
                "error": str(verification.errors[document.iri].message)
                if document.iri in verification.errors
                else None,
            }
            for document in verification.documents
        ],
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "places": [
            {
                "place": check.place.iri,
                "document": check.place.document,
                "section": check.place.section or None,
                "verdict": check.verdict,
                "start": check.place.start,
                "end": check.place.end,
                "at": list(check.at) if check.at else None,
                "elsewhere": [list(span) for span in check.elsewhere],
                "claims": list(check.place.claims),
            }
            for check in verification.checks
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def coverage_json(coverages: Iterable[Coverage], texts: Mapping[str, Text]) -> str:
    """Write coverages as JSON: shares from 0 to 1, and each gap with its line and passage."""
    listed = [
        {
            "document": one.document.iri,
            "file": one.document.file_name,
            "characters": one.length,
            "claimed": one.claimed,
            "furniture": one.furniture,
            "share": round(one.share, 6),
            "gaps": [
                {
                    "start": start,
                    "end": end,
                    "line": texts[one.document.iri].line(start),
                    "passage": one_line(texts[one.document.iri].passage(start, end)),
                }
                for start, end in one.gaps
            ],
        }
        for one in coverages
    ]
    return json.dumps({"documents": listed}, ensure_ascii=False, indent=1) + "\n"


def standing_table(
    standings: Iterable[Standing], old_texts: Mapping[str, Text], new: Text
) -> Table:
    """Draw up how claims stand as a table: a row for each claim, `was` and `now` where known."""
    names = ("claim", "verdict", "section", "was", "now")
    rows = []
    for standing in standings:
        unsettled = [check for check in standing.checks if check.at is None]
        place = (unsettled or standing.checks)[0].place
        was = passage_of(place, old_texts) if unsettled else ""
        now = one_line(new.passage(*standing.nearest)) if standing.nearest else ""
        rows.append(
            (
                Term("uri", standing.claim),
                _literal(standing.verdict),
                _literal(place.section),
                _literal(was),
                _literal(now),
            )
        )
    return Table(names, tuple(rows))


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
                if new and _stands(place, shift, text):
                    settle(place, shift)
                    break

    # A few long passages show how far most have moved: a search for each would take long.
    longest = sorted(astray, key=lambda place: place.start - place.end)[:_SCOUTS]
    # Where nothing stands still and all passages are short, one found once is witness enough.
    witnesses = bool(anchors) or longest[0].end - longest[0].start >= UNMISTAKABLE
    starts: dict[str, list[int]] = {}
    for some in (longest, astray):
        rest = [place for place in some if place.iri not in found]
        starts = _search(rest, taken, text)
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
    for place in sorted(places, key=_reading_order):
        length += max(0, place.end - max(place.start, end))
        end = max(place.end, end)
    return length


def _search(
    astray: Sequence[SourcePlace], taken: set[tuple[str, int]], text: Text
) -> dict[str, list[int]]:
    """Find where the passages of places begin, of those that begin and end as words do."""
    wanted: dict[int, dict[str, list[SourcePlace]]] = defaultdict(lambda: defaultdict(list))
    for place in astray:
        if 0 <= place.start < place.end:
            wanted[place.end - place.start][place.digest].append(place)
    edges = set(text.edges)
    found: dict[str, list[int]] = {place.iri: [] for place in astray}
    for length, by_digest in wanted.items():
        for start in text.edges:
            if start + length in edges:
                digest = text.digest(start, start + length)
                if digest in by_digest and (digest, start) not in taken:
                    for place in by_digest[digest]:
                        found[place.iri].append(start)
    return found


def _stands(place: SourcePlace, shift: int, text: Text) -> bool:
    start, end = place.start + shift, place.end + shift
    if place.start < 0 or not 0 <= start < end <= len(text.normalised):
        return False
    return text.digest(start, end) == place.digest and not text.cuts_number(start, end)


def _whole_words(text: Text, spans: list[Span]) -> list[Span]:
    whole = [span for span in spans if text.is_edge(span[0]) and text.is_edge(span[1])]
    return whole or spans


def _is_parting(normalised: str, index: int) -> bool:
    return (
        normalised[index] in " -"
        and 0 < index < len(normalised) - 1
        and normalised[index - 1].isdigit()
        and normalised[index + 1].isdigit()
    )


def _only_parting(normalised: str, start: int, end: int) -> bool:
    return all(_is_parting(normalised, index) for index in range(start, end))


def _where(check: Check) -> str:
    if check.verdict == "moved" and check.at:
        return f"{check.at[0]}–{check.at[1]}"
    return ", ".join(f"{start}–{end}?" for start, end in check.elsewhere)


def _counted(checks: Iterable[Check]) -> str:
    counts = Counter(check.verdict for check in checks)
    others = [f"{counts[v]} {v}" for v in VERDICTS if counts[v]]
    return f"{counts.total()} places: {', '.join(others) or 'none'}"


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


def _reading_order(place: SourcePlace) -> tuple[int, int, str]:
    return (place.start, -place.end, place.iri)


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold()).encode("ascii", "ignore").decode()
    return _KEY_SIGNS.sub("-", plain).strip("-")


def _text(term: Term | None) -> str:
    return term.value if term else ""


def _number(term: Term | None) -> int:
    return int(term.value) if term and term.value.isdecimal() else -1


def _literal(value: str) -> Term | None:
    return Term("literal", value) if value else None


def _integer(value: int) -> Term:
    return Term("literal", str(value), datatype=XSD + "integer")
