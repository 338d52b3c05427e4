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
import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

Span = tuple[int, int]


# The length of the runs of signs by which a passage is looked for that has changed.
RUN = 5

MARKUP = re.compile(r"</?[A-Za-z!][^<>]*>|\]\([^()]*\)|\*+")


_LIST_MARKS = frozenset("•▪■□●○◦‣·→–—[]#*\uf0b7")


_TAG_START = re.compile(r"[A-Za-z/!]")


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
        for start in range(len(self.normalised) - RUN + 1):
            found[self.normalised[start : start + RUN]].append(start)
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
        index for match in MARKUP.finditer(raw) for index in range(match.start(), match.end())
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


def is_parting(normalised: str, index: int) -> bool:
    """Tell whether a sign only parts two digits."""
    return (
        normalised[index] in " -"
        and 0 < index < len(normalised) - 1
        and normalised[index - 1].isdigit()
        and normalised[index + 1].isdigit()
    )


def only_parting(normalised: str, start: int, end: int) -> bool:
    """Tell whether a span holds nothing but signs that part digits."""
    return all(is_parting(normalised, index) for index in range(start, end))
