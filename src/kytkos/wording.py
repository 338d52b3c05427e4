"""What a page writes of a term: names, links, citations, dates and numbers, in one language."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from kytkos.terms import LANGUAGES, Term

Record = Mapping[str, Term | None]

LONGEST_WORD = 14
LONGEST_FILE_NAME = 80

_UNSAFE = re.compile(r"[^a-z0-9]+")
# Names that Windows keeps for devices, whatever their ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])$")
_BIDI = {"R", "AL", "AN", "RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}
# A Finnish syllable begins with a consonant that a vowel follows.
_SEAM = re.compile(r"(?<=[a-zåäö]{3})(?=[bcdfghjklmnpqrstvwxz][aeiouyåäö]\w{2})", re.IGNORECASE)
_UNBROKEN = re.compile(r"([^\s\u00ad-]{24})(?=[^\s\u00ad-]{4})")
_ALPHABETS = {
    "fi": str.maketrans({"å": "z1", "ä": "z2", "ö": "z3"}),
    "sv": str.maketrans({"å": "z1", "ä": "z2", "ö": "z3"}),
    "en": str.maketrans({"å": "a", "ä": "a", "ö": "o"}),
}


class Names:
    """What things are called, and what is said of them, in a language or the nearest there is."""

    def __init__(self, records: Iterable[Record], lang: str) -> None:
        self._texts: dict[tuple[str, str], dict[str, str]] = {}
        self._order = (lang, *LANGUAGES, "")
        for record in records:
            thing, kind, text = record["this"], record["kind"], record["text"]
            if thing and kind and text:
                in_languages = self._texts.setdefault((thing.value, kind.value), {})
                in_languages.setdefault(text.lang, text.value)

    def find(self, term: Term, kind: str = "label") -> tuple[str, str]:
        """Give a text and its language; both empty where there is none."""
        if not term.is_iri:
            return (term.value, term.lang) if kind == "label" else ("", "")
        found = self._texts.get((term.value, kind))
        if found:
            for lang in (*self._order, *found):
                if lang in found:
                    return found[lang], lang
        if kind == "label":
            return re.split(r"[/#:]", term.value.rstrip("/#:"))[-1] or term.value, ""
        return "", ""


class Citations:
    """Where in the sources a claim stands: each place once, the latest text of a version first."""

    def __init__(self, records: Iterable[Record], anchor: Callable[[Term], str]) -> None:
        self._anchor = anchor
        self._places: dict[str, tuple[int, Record]] = {}
        for number, record in enumerate(records):
            if place := record["place"]:
                self._places.setdefault(place.value, (number, record))

    def find(self, rows: Iterable[Record]) -> Iterable[tuple[Record, str, bool]]:
        """Give each place of some claims, its anchor, and whether its document goes unnamed.

        A document goes unnamed where the claims are of its version, and it is the latest
        text of it. Places in one section are one.
        """
        found: dict[tuple[str, str], tuple[bool, int, Record]] = {}
        for row in rows:
            place = row["place"]
            if place is None or place.value not in self._places:
                continue
            number, record = self._places[place.value]
            version = row.get("version")
            is_latest = record["isLatest"] is not None and record["isLatest"].value == "true"
            other = version is None or record["version"] != version or not is_latest
            key = (_value(record["source"]), _value(record["sectionPath"]))
            if key not in found or (other, number) < found[key][:2]:
                found[key] = (other, number, record)
        for other, _, record in sorted(found.values(), key=lambda one: one[:2]):
            place = record["place"]
            if place:
                yield record, self._anchor(place), not other


def anchors(terms: Iterable[Term]) -> Callable[[Term], str]:
    """Give each term an anchor of its own, made of the end of its IRI."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for term in terms:
        if term.value in given:
            continue
        name = free = slug(re.split(r"[/#]", term.value)[-1])
        number = 2
        while free in taken:
            free, number = f"{name}-{number}", number + 1
        taken.add(free)
        given[term.value] = free
    return lambda term: given.get(term.value, "")


class Pen:
    """Writes in one language, for pages that are as deep below the folder of that language."""

    def __init__(
        self,
        texts: Mapping[str, Any],
        lang: str,
        names: Names,
        citations: Citations,
        pages: Mapping[str, str],
        root: str,
    ) -> None:
        """Take what there is to write.

        Args:
            texts: of the pages, in this language.
            lang: the language.
            names: of things.
            citations: of places.
            pages: the path of the page that tells of a thing, by its IRI.
            root: from the pages to the folder of the language, as `../` or empty.
        """
        self._texts = texts
        self._lang = lang
        self._names = names
        self._citations = citations
        self._pages = pages
        self._root = root
        self._labels: dict[Term, Markup] = {}
        self._links: dict[Term, Markup] = {}

    @property
    def vocabulary(self) -> dict[str, Any]:
        """What templates call it by."""
        return {
            "lang": self._lang,
            "t": {k: Markup(escape(v)) for k, v in self._texts.items() if isinstance(v, str)},
            "label": self.label,
            "plain": self.plain,
            "text": self.text,
            "href": self.href,
            "link": self.link,
            "cites": self.cites,
            "alphabetical": self.alphabetical,
            "count": self.count,
            "date": self.date,
            "months": self.months,
        }

    def label(self, term: Term) -> Markup:
        """Write the name of a thing, or a literal, marked where it is in another language."""
        if term not in self._labels:
            text, lang = self._names.find(term)
            self._labels[term] = self._marked(soft_hyphens(text), lang)
        return self._labels[term]

    def plain(self, term: Term) -> str:
        """Write a name where there can be no markup: in a title or an attribute."""
        text, _ = self._names.find(term)
        return f"\u2068{text}\u2069" if _is_bidirectional(text) else text

    def text(self, term: Term, kind: str) -> Markup:
        """Write what is said of a thing: its reason, description, explanation or resolution."""
        return self._marked(*self._names.find(term, kind))

    def href(self, term: Term | None) -> str:
        """Give the way to the page that tells of a thing, or nothing."""
        path = self._pages.get(term.value) if term else None
        return self._root + path if path else ""

    def link(self, term: Term) -> Markup:
        """Write the name of a thing, and lead to its page where it has one."""
        if term not in self._links:
            href, label = self.href(term), self.label(term)
            self._links[term] = Markup('<a href="{}">{}</a>').format(href, label) if href else label
        return self._links[term]

    def cites(self, rows: Iterable[Record]) -> Markup:
        """Write the places where claims stand, each as a link to the page of its source."""
        return Markup("; ").join(
            Markup('<a class="cite" href="{}#{}">{}</a>').format(
                self.href(record["source"]), anchor, self._place(record, unnamed)
            )
            for record, anchor, unnamed in self._citations.find(rows)
        )

    def alphabetical(self, rows: Iterable[Record], variable: str) -> list[Record]:
        """Put rows in the alphabetical order of the names in a variable; unbound ones last."""
        return sorted(rows, key=lambda row: self._collated(row[variable]))

    def count(self, number: int, noun: str) -> Markup:
        """Write a number and its noun, from the texts `n_{noun}`: one, and another number."""
        one, other = self._texts[f"n_{noun}"]
        return Markup(escape(one if number == 1 else other)).format(number)

    def date(self, value: object) -> str:
        """Write a date, or a month of a year, as readers of the language do."""
        parts = str(value).split("-")
        if not all(part.isdigit() for part in parts) or len(parts) not in (2, 3):
            return str(value)
        names: Sequence[str] = self._texts["months"]
        numbers = [int(part) for part in reversed(parts)]
        if not self._texts["date_names_month"]:
            return ("." if len(parts) == 3 else "/").join(map(str, numbers))
        month = names[numbers[-2] - 1] if 0 < numbers[-2] < 13 else str(numbers[-2])
        return " ".join([*map(str, numbers[:-2]), month, str(numbers[-1])])

    def months(self, first: object, last: object) -> Markup:
        """Write in which months."""
        names: Sequence[str] = self._texts["months_of_window"]
        start, end = (names[int(str(m)) - 1] for m in (first, last))
        one, other = self._texts["month_window"]
        return Markup(escape(one if start == end else other)).format(start, end)

    def _place(self, record: Record, unnamed: bool) -> Markup:
        source, path = record["source"], record["sectionPath"]
        section = Markup("")
        if path and path.value.isdigit():
            section = Markup(escape(self._texts["chapter"])).format(path.value)
        elif path:
            section = self._marked(soft_hyphens(path.value), path.lang or LANGUAGES[0])
        if section and unnamed:
            return section
        named = self.label(source) if source else Markup("")
        return Markup("{}, {}").format(named, section) if section else named

    def _marked(self, text: str, lang: str) -> Markup:
        other = f' lang="{lang}"' if lang and lang != self._lang and lang in LANGUAGES else ""
        if _is_bidirectional(text):
            return Markup(f"<bdi{other}>{{}}</bdi>").format(text)
        return Markup(f"<span{other}>{{}}</span>").format(text) if other else escape(text)

    def _collated(self, term: Term | None) -> tuple[bool, str, str]:
        name = self._names.find(term)[0].casefold() if term else ""
        return term is None, name.translate(_ALPHABETS[self._lang]), term.value if term else ""


def slug(text: str) -> str:
    """Make a file name of a key: ASCII letters, digits and hyphens.

    >>> slug("612/2021 7 §")
    '612-2021-7'
    """
    plain = text.lower().replace("ä", "a").replace("ö", "o").replace("å", "a")
    name = _UNSAFE.sub("-", plain).strip("-")[:LONGEST_FILE_NAME].strip("-")
    return f"x-{name}".strip("-") if not name or _RESERVED.match(name) else name


def soft_hyphens(text: str) -> str:
    """Let long words break, at a likely seam, where the line is too narrow for them."""
    return " ".join(
        _softened(word) if len(word) > LONGEST_WORD else word for word in text.split(" ")
    )


def _softened(word: str) -> str:
    return _UNBROKEN.sub("\\1\u00ad", _SEAM.sub("\u00ad", word))


def _is_bidirectional(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(c) in _BIDI for c in text)


def _value(term: Term | None) -> str:
    return term.value if term else ""
