"""What a page writes of a term: names, links, citations, dates and numbers, in one language."""

import re
from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import sha256
from itertools import chain, pairwise
from typing import Any

from markupsafe import Markup, escape

from kytkos.terms import LANGUAGES, Term

Record = Mapping[str, Term | None]

LONGEST_WORD = 14
SHORTEST_PART = 4
LONGEST_UNBROKEN = 30
LONGEST_FILE_NAME = 80

_UNSAFE = re.compile(r"[^a-z0-9]+")
# Names that Windows keeps for devices, whatever their ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])$")
# Letters written from right to left, and marks that turn the direction.
_BIDIRECTIONAL = re.compile(
    "[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# A Finnish syllable begins with a consonant that a vowel follows, a Swedish one may begin with
# several; English words are not that long.
_SEAMS = {
    "fi": re.compile(r"(?<=[a-zåäö]{3})(?=[b-df-hj-np-tvwxz][aeiouyåäö]\w{2})", re.IGNORECASE),
    "sv": re.compile(
        r"(?<=[a-zåäö]{3})(?=(?:s[kpt]r|[bdfgkptv]r|[bfgkps]l|s[kptnmv]|[gk]n|[tk]v|[st]j"
        r"|(?<![bdfgkptvs])[b-df-hj-np-tvwxz])[aeiouyåäö]\w{2})",
        re.IGNORECASE,
    ),
}
# A language tag, as far as one is needed. Source: RFC 5646, section 2.1.
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ALL_FOREIGN = re.compile(r'<(\w+)([^<>]*)><span( lang="[^"]*")>([^<>]*)</span></\1>')
# What else an element says of itself is in the language of the page.
_SAYS_MORE = re.compile(r"\b(?:lang|title|aria-label)=")
_UNBROKEN = re.compile(r"(.{24})(?=.{4})")
_ALPHABETS = {
    "fi": str.maketrans({"å": "z1", "ä": "z2", "ö": "z3"}),
    "sv": str.maketrans({"å": "z1", "ä": "z2", "ö": "z3"}),
    "en": str.maketrans({"å": "a", "ä": "a", "ö": "o"}),
}


class Names:
    """What things are called, and what is said of them, in a language or the nearest there is."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._texts: dict[tuple[str, str], dict[str, str]] = {}
        for record in records:
            thing, kind, text = record["this"], record["kind"], record["text"]
            if thing and kind and text:
                in_languages = self._texts.setdefault((thing.value, kind.value), {})
                in_languages.setdefault(text.lang, text.value)
        self.parts = frozenset(
            word
            for (_, kind), in_languages in self._texts.items()
            if kind == "label"
            for word in re.findall(r"[a-zåäö]+", in_languages.get(LANGUAGES[0], "").lower())
            if SHORTEST_PART <= len(word) <= LONGEST_WORD
        )

    def find(self, term: Term, lang: str, kind: str = "label") -> tuple[str, str]:
        """Give a text and its language; both empty where there is none."""
        if not term.is_iri:
            return (term.value, term.lang) if kind == "label" else ("", "")
        found = self._texts.get((term.value, kind))
        if found:
            for nearest in (lang, *LANGUAGES, *found):
                if nearest in found:
                    return found[nearest], nearest
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

    def find(self, rows: Iterable[Record]) -> list[tuple[Record, str, bool]]:
        """Give each place of some claims, its anchor, and whether its document goes unnamed.

        Places in one section are one. A document goes unnamed where the claims are of its
        version, and it is the latest text of it; an older text goes uncited where the latest
        has it in the same section.
        """
        found: dict[tuple[str, str, str], tuple[bool, int, bool, Record]] = {}
        for row in rows:
            place = row["place"]
            if place is None or place.value not in self._places:
                continue
            number, record = self._places[place.value]
            version = record["version"]
            is_older = version is not None and _value(record["isLatest"]) != "true"
            named = version is None or row.get("version") != version or is_older
            of = _value(version) or _value(record["source"])
            key = (of, _value(record["sectionPath"]), "older" if is_older else "")
            if key not in found or (named, number) < found[key][:2]:
                found[key] = (named, number, is_older, record)
        return [
            (record, self._anchor(place), not named)
            for named, _, is_older, record in sorted(found.values(), key=lambda one: one[:2])
            if not (is_older and (*_section(record), "") in found)
            if (place := record["place"])
        ]


def anchors(
    *terms: Iterable[Term], many: Iterable[Term] = (), keys: Mapping[str, str] | None = None
) -> Callable[[Term], str]:
    """Give each term an anchor of its own, made of its key, else of the end of its IRI.

    Args:
        terms: what may be linked to from elsewhere.
        many: what is linked to from everywhere in the site, and has no key: its anchors are
            short, made of a digest of its IRI.
        keys: by IRI.
    """
    known = keys or {}
    given: dict[str, str] = {}
    taken = {"main"}
    digested = ((term, digest(term.value)) for term in many)
    named = (
        (term, slug(known.get(term.value) or re.split(r"[/#]", term.value)[-1]))
        for term in chain(*terms)
    )
    for term, name in chain(named, digested):
        if term.value in given:
            continue
        free = name
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
        passages: Mapping[str, str] | None = None,
    ) -> None:
        """Take what there is to write.

        Args:
            texts: of the pages, in this language.
            lang: the language. What is written in another is kept in `untranslated`.
            names: of things.
            citations: of places.
            pages: the path of the page that tells of a thing, by its IRI.
            root: from the pages to the folder of the language, as `../` or empty.
            passages: of places, where the texts of the sources are at hand.
        """
        self._texts = texts
        self._lang = lang
        self._names = names
        self._citations = citations
        self._pages = pages
        self._root = root
        self._passages = passages or {}
        self.untranslated: set[str] = set()
        self._labels: dict[str, Markup] = {}
        self._links: dict[str, Markup] = {}
        self._cited: dict[tuple[tuple[str, str], ...], Markup] = {}

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
            "labels": self.labels,
            "links": self.links,
            "cites": self.cites,
            "quotes": self.quotes,
            "has_passages": bool(self._passages),
            "alphabetical": self.alphabetical,
            "initials": self.initials,
            "count": self.count,
            "date": self.date,
            "months": self.months,
            "month_names": self._texts["months_short"],
            "short_date": self.short_date,
            "decimal": self.decimal,
        }

    def label(self, term: Term) -> Markup:
        """Write the name of a thing, or a literal, marked where it is in another language."""
        if not term.is_iri:
            return self._marked(soft_hyphens(term.value, term.lang, self._names.parts), term.lang)
        if term.value not in self._labels:
            text, lang = self._names.find(term, self._lang)
            self._labels[term.value] = self._marked(
                soft_hyphens(text, lang, self._names.parts), lang
            )
        return self._labels[term.value]

    def plain(self, term: Term) -> str:
        """Write a name where there can be no markup: in a title or an attribute."""
        text, _ = self._names.find(term, self._lang)
        return f"\u2068{text}\u2069" if _BIDIRECTIONAL.search(text) else text

    def text(self, term: Term, kind: str) -> Markup:
        """Write what is said of a thing: its reason, description, explanation or resolution."""
        return self._marked(*self._names.find(term, self._lang, kind))

    def href(self, term: Term | None) -> str:
        """Give the way to the page that tells of a thing, or nothing."""
        path = self._pages.get(term.value) if term else None
        return self._root + path if path else ""

    def link(self, term: Term) -> Markup:
        """Write the name of a thing, and lead to its page where it has one."""
        if not term.is_iri:
            return self.label(term)
        if term.value not in self._links:
            href, label = self.href(term), self.label(term)
            self._links[term.value] = Markup(f'<a href="{href}">{label}</a>') if href else label
        return self._links[term.value]

    def labels(self, rows: Iterable[Record], variable: str) -> Markup:
        """Write the names of the things in a variable, each once."""
        return Markup(", ".join(map(self.label, _terms(rows, variable))))

    def links(self, rows: Iterable[Record], *variables: str) -> Markup:
        """Write the names of the things in each variable, each once, and lead to their pages."""
        parts = (", ".join(map(self.link, _terms(rows, variable))) for variable in variables)
        return Markup(" – ".join(filter(None, parts)))

    def cites(self, rows: Sequence[Record]) -> Markup:
        """Write the places where claims stand, each as a link to the page of its source.

        What stands there follows, where the texts of the sources are at hand.
        """
        key = tuple((_value(row["place"]), _value(row.get("version"))) for row in rows)
        if key not in self._cited:
            self._cited[key] = self._cite(rows) + self.quotes(rows)
        return self._cited[key]

    def quotes(self, rows: Iterable[Record]) -> Markup:
        """Write the passages of some claims, each once; nothing without the texts."""
        places = [term.value for term in _terms(rows, "place")] if self._passages else []
        passages = dict.fromkeys(filter(None, (self._passages.get(place) for place in places)))
        lang = "" if self._lang == LANGUAGES[0] else f' lang="{LANGUAGES[0]}"'
        return Markup("").join(
            Markup(f' <q class="passage"{lang}>{escape(passage)}</q>') for passage in passages
        )

    def alphabetical(self, rows: Iterable[Record], variable: str) -> list[Record]:
        """Put rows in the alphabetical order of the names in a variable; unbound ones last."""
        return sorted(rows, key=lambda row: self._collated(row[variable]))

    def initials(self, rows: Iterable[Record]) -> list[tuple[str, list[tuple[Term, Term, bool]]]]:
        """Group the names of what has a page by their first letter, for an index.

        Each entry is a name, the thing, and whether the thing is called otherwise now. A
        thing is listed by its label in this language, and by other names in this language or
        in Finnish, as documents use them.
        """
        entries: dict[tuple[str, str], tuple[Term, Term, bool]] = {}
        for row in rows:
            thing, name = row["thing"], row["name"]
            if not thing or not name or not self.href(thing):
                continue
            label, lang = self._names.find(thing, self._lang)
            own = Term("literal", label, lang)
            entries.setdefault((thing.value, label.casefold()), (own, thing, False))
            if _value(row["isOther"]) == "true" and name.lang in ("", self._lang, LANGUAGES[0]):
                entries.setdefault((thing.value, name.value.casefold()), (name, thing, True))
        letters: dict[str, list[tuple[Term, Term, bool]]] = {}
        for entry in sorted(entries.values(), key=lambda e: (self._collated(e[0]), e[1].value)):
            first = next((sign for sign in entry[0].value if sign.isalnum()), "#").upper()
            letters.setdefault("0–9" if first.isdigit() else first, []).append(entry)
        return list(letters.items())

    def count(self, number: int, noun: str) -> Markup:
        """Write a number and its noun, from the texts `n_{noun}`: one, and another number."""
        one, other = self._texts[f"n_{noun}"]
        written = f"{number:,}".replace(",", self._texts["thousands_sign"])
        return Markup(escape(one if number == 1 else other)).format(written)

    def date(self, value: object) -> str:
        """Write a date, or a month of a year, as readers of the language do."""
        parts = str(value).split("-")
        if not all(part.isdigit() for part in parts) or len(parts) not in (2, 3):
            return str(value)
        *days, month, year = (int(part) for part in reversed(parts))
        if self._texts["date_names_month"]:
            return " ".join([*map(str, days), self._month("months", month), str(year)])
        return ("." if days else "/").join(map(str, [*days, month, year]))

    def short_date(self, value: object) -> str:
        """Write a date where there is little room: a short month, or a year in two digits."""
        written = self.date(value)
        for name, short in zip(self._texts["months"], self._texts["months_short"], strict=False):
            written = written.replace(name, short)
        return re.sub(r"\b\d\d(\d\d)$", r"\1", written) if len(written) < 11 else written

    def decimal(self, number: object) -> str:
        """Write a number with the decimal sign of the language."""
        return str(number).replace(".", self._texts["decimal_sign"])

    def months(self, first: object, last: object) -> Markup:
        """Write in which months."""
        start, end = (self._month("months_of_window", month) for month in (first, last))
        one, other = self._texts["month_window"]
        return Markup(escape(one if start == end else other)).format(start, end)

    def _month(self, names: str, number: object) -> str:
        listed: Sequence[str] = self._texts[names]
        written = str(number)
        is_month = written.isdecimal() and 1 <= int(written) <= len(listed)
        return listed[int(written) - 1] if is_month else written

    def _cite(self, rows: Iterable[Record]) -> Markup:
        cited: list[str] = []
        last: Term | None = None
        for record, anchor, unnamed in self._citations.find(rows):
            source, section = record["source"], self._section(record)
            named = self.label(source) if source and not unnamed else ""
            # A document with several places is named once.
            before = f"{named}: " if named and section and source != last else ""
            href, words = self.href(source), section or named
            link = f'<a href="{href}#{anchor}">{words}</a>' if href else words
            cited.append(f"{before}{link}")
            last = source
        return Markup("; ".join(cited))

    def _section(self, place: Record) -> Markup:
        path = place["sectionPath"]
        if path is None:
            return Markup("")
        if path.value.isdigit():
            return Markup(escape(self._texts["chapter"])).format(path.value)
        return self._marked(
            soft_hyphens(path.value, parts=self._names.parts), path.lang or LANGUAGES[0]
        )

    def _marked(self, text: str, lang: str) -> Markup:
        other = f' lang="{lang}"' if lang and lang != self._lang and _TAG.fullmatch(lang) else ""
        if other and text:
            self.untranslated.add(text)
        tag = "bdi" if _BIDIRECTIONAL.search(text) else "span" if other else ""
        return Markup(f"<{tag}{other}>{escape(text)}</{tag}>") if tag else escape(text)

    def _collated(self, term: Term | None) -> tuple[bool, str, str]:
        name = self._names.find(term, self._lang)[0].casefold() if term else ""
        return term is None, name.translate(_ALPHABETS[self._lang]), term.value if term else ""


def slug(text: str) -> str:
    """Make a file name of a key: ASCII letters, digits and hyphens.

    >>> slug("612/2021 7 §")
    '612-2021-7'
    """
    plain = text.lower().replace("ä", "a").replace("ö", "o").replace("å", "a")
    name = _UNSAFE.sub("-", plain).strip("-")[:LONGEST_FILE_NAME].strip("-")
    return f"x-{name}".strip("-") if not name or _RESERVED.match(name) else name


def digest(text: str) -> str:
    """Give four letters and digits that are of a text, and hardly ever of another.

    >>> digest("urn:x")
    'd7zq'
    """
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:4]


def compared(old: str, new: str) -> tuple[Markup, Markup]:
    """Mark the words that only one of two texts has.

    >>> compared("3–4 kertaa", "2 kertaa")[1]
    Markup('<ins>2</ins> kertaa')
    """
    left, right = _breakable(old).split(" "), _breakable(new).split(" ")
    sides: tuple[list[str], list[str]] = ([], [])
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for side, tag, part in ((0, "del", left[a:b]), (1, "ins", right[c:d])):
            words = escape(" ".join(part))
            if part:
                sides[side].append(words if kind == "equal" else f"<{tag}>{words}</{tag}>")
    return Markup(" ".join(sides[0])), Markup(" ".join(sides[1]))


def told(text: str) -> Markup:
    """Write what a source says: no word breaks the page, nor turns the text beside it around."""
    words = escape(text if isinstance(text, Markup) else _breakable(text))
    return Markup(f"<bdi>{words}</bdi>") if _BIDIRECTIONAL.search(words) else words


def without_spans(html: str) -> str:
    """Let an element that is all in another language say so itself.

    >>> without_spans('<a href="a"><span lang="fi">Liite 2</span></a>')
    '<a href="a" lang="fi">Liite 2</a>'
    """

    def joined(found: re.Match[str]) -> str:
        name, attributes, lang, text = found.groups()
        if _SAYS_MORE.search(attributes):
            return found[0]
        return f"<{name}{attributes}{lang}>{text}</{name}>"

    return _ALL_FOREIGN.sub(joined, html)


def _breakable(text: str) -> str:
    return " ".join(
        _UNBROKEN.sub("\\1\u200b", word) if len(word) > 2 * LONGEST_UNBROKEN else word
        for word in text.split()
    )


def soft_hyphens(text: str, lang: str = LANGUAGES[0], parts: frozenset[str] = frozenset()) -> str:
    """Let long words break where the line is too narrow for them.

    Args:
        text: what is written.
        lang: its language; words of another than Finnish and Swedish break only if they must.
        parts: words that compounds are made of, in lower case: a word breaks between two of
            them rather than at any syllable.
    """
    seam = _SEAMS.get(lang)
    return " ".join(
        _softened(word, seam, parts) if len(word) > LONGEST_WORD else word
        for word in text.split(" ")
    )


def _softened(word: str, seam: re.Pattern[str] | None, parts: frozenset[str]) -> str:
    # No word of any language is so long: it may break anywhere.
    if len(word) > LONGEST_UNBROKEN:
        word = _UNBROKEN.sub("\\1\u200b", word)
    if not seam:
        return word
    return "\u00ad".join(
        seam.sub("\u00ad", part) if len(part) > LONGEST_WORD else part
        for part in _compounded(word, parts)
    )


@lru_cache(maxsize=10_000)  # the words of a language come again and again
def _compounded(word: str, parts: frozenset[str]) -> list[str]:
    """Part a word where one known word ends and another begins."""
    lower, shortest = word.lower(), SHORTEST_PART
    seams = [
        at
        for at in range(shortest, len(word) - shortest + 1)
        if any(lower[at:end] in parts for end in range(at + shortest, len(word) + 1))
        and any(lower[start:at] in parts for start in range(at - shortest + 1))
    ]
    return [word[a:b] for a, b in pairwise([0, *seams, len(word)])]


def _terms(rows: Iterable[Record], variable: str) -> list[Term]:
    return [term for term in dict.fromkeys(row[variable] for row in rows) if term]


def _section(place: Record) -> tuple[str, str]:
    return _value(place["version"]), _value(place["sectionPath"])


def _value(term: Term | None) -> str:
    return term.value if term else ""
