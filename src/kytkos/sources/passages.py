"""Find a passage in a document, and write its place down."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from kytkos.errors import SourceError
from kytkos.sources.documents import SourceDocument, SourcePlace, stands
from kytkos.sources.normal import MARKUP, RUN, Span, Text, normalise
from kytkos.terms import Prefixes

_KEY_SIGNS = re.compile(r"[^a-z0-9]+")


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
    for index in range(len(needle) - RUN + 1):
        starts = text.runs.get(needle[index : index + RUN], ())
        for start in starts:
            # Alignments near each other share one of the two drawers each is put in.
            for drawer in {(start - index) // width, (start - index) // width + 1}:
                voices[drawer] += 1 / len(starts)
                aligned[drawer][start - index] += 1
    if not voices:
        return None
    best = min(voices, key=lambda drawer: (-voices[drawer], drawer))
    if aligned[best].total() < max(2, (len(needle) - RUN + 1) // 5):
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


def passage_of(place: SourcePlace, texts: Mapping[str, Text]) -> str:
    """Give the passage of a place, shortened to one line; nothing where it is not there."""
    text = texts.get(place.document)
    return one_line(text.passage(place.start, place.end)) if text and stands(place, 0, text) else ""


def one_line(passage: str, longest: int = 0) -> str:
    """Put a passage on one line without markup, and cut its middle where it is too long."""
    plain = " ".join(MARKUP.sub(" ", passage).split())
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


def search(
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


def _whole_words(text: Text, spans: list[Span]) -> list[Span]:
    whole = [span for span in spans if text.is_edge(span[0]) and text.is_edge(span[1])]
    return whole or spans


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold()).encode("ascii", "ignore").decode()
    return _KEY_SIGNS.sub("-", plain).strip("-")
