"""What is wrong with a file that can't be read, in plain words, and what it says all the same.

The parser's own words are those of a grammar. `syntax.toml` has what a person most likely did:
the first of its faults that fits is told. A file is read on after a fault, so that one missing
quotation mark hides neither the other faults nor the rest of what the file says.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kytkos.errors import DataError, QueryError
from kytkos.report import BROKEN, Finding, Rule
from kytkos.terms import LANGUAGES, XSD, Place, Prefixes, file_iri
from kytkos.turtle import Lines

_MOST_BYTES = 16_000_000  # a larger file is not read on: that would take long, and much memory
_MOST_FAULTS = 20  # of a file; nobody reads more
_MOST_STARTS = 100
_TOO_LONG = 16_000_000  # bytes of one term, which the parser keeps in a buffer
_WINDOW = 1000  # how many characters on each side of a place a pattern sees

_POSITION = re.compile(r"^Parser error (?:at|between) [^:]*: ")
_COMMENT = re.compile(r"^[ \t]*#.*\n?", re.MULTILINE)
_IRI = r"<[^<>\s]*>"
_CURIE = r"[\w.-]*+:(?:[\w%/-]|\\.|\.(?=\w))*"
_DECLARED = re.compile(
    rf"^[ \t]*@?prefix[ \t]+(?P<prefix>[\w.-]*):[ \t]*(?P<iri>{_IRI})",
    re.IGNORECASE | re.MULTILINE,
)
# How people begin a statement: a subject at the beginning of a line, then a predicate.
_BEGINNING = re.compile(rf"^(?P<subject>{_IRI}|{_CURIE})[ \t]+(?:a|{_IRI}|{_CURIE})[ \t]", re.M)
_QUERY_POSITION = re.compile(r"error at (\d+):(\d+): (?:expected (?:one of )?)?(.*)", re.DOTALL)
_EXPECTED = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|\b[A-Za-z_]{2,}\b')
_KEYWORD = re.compile(r"[A-Z_0-9]{2,}|(?:is|has|same)[A-Z]\w+")
_PADDING = " " * 40
_WORD = re.compile(r"#[^\n]*|<[^<>\s]*>|\"(?:[^\"\\\n]|\\.)*\"|[?$]?[\w@]+(?:[.:-]+\w+)*:?|\S")
_SPARQL = (
    "SELECT CONSTRUCT DESCRIBE ASK WHERE FILTER OPTIONAL UNION MINUS BIND VALUES PREFIX BASE LIMIT"
    " DISTINCT REDUCED GRAPH EXISTS GROUP ORDER HAVING OFFSET COUNT SAMPLE GROUP_CONCAT REGEX"
    " STRLEN STRSTARTS STRENDS CONTAINS STRBEFORE STRAFTER SUBSTR REPLACE LANGMATCHES DATATYPE"
    " BOUND COALESCE CONCAT ISIRI ISLITERAL ISBLANK UNDEF"
)
_MENTIONED = re.compile(rf"{_IRI}|(?<![\w.-]){_CURIE}")
_NOT_BRACKETS = re.compile(rf"\"(?:[^\"\\\n]|\\.)*+\"|{_IRI}|#.*|\\.")


Entry = tuple[Mapping[str, Any], Mapping[str, re.Pattern[str]]]


@dataclass(frozen=True, slots=True)
class Salvage:
    """What could be read of a file, and its faults.

    `doubtful` are the IRIs that stand in what could not be read, so that what a check finds
    about them may be wrong; None where nothing was read, and any of it may be.
    """

    quads: tuple[ox.Quad, ...]
    faults: tuple[Finding, ...]
    doubtful: frozenset[str] | None
    namespaces: Mapping[str, str] = field(default_factory=dict)


class BrokenFileError(DataError):
    """A file that can't be read, or not all of it: its first fault, and what was read."""

    def __init__(self, salvage: Salvage) -> None:
        fault = salvage.faults[0]
        texts = {lang: (fault.message(lang), fault.hint(lang)) for lang in LANGUAGES}
        message, hint = texts["en"]
        super().__init__(message, hint=hint, place=fault.place, translations=texts)
        self.salvage = salvage


def broken(
    content: bytes, shown: str, form: ox.RdfFormat, known: Mapping[str, str]
) -> BrokenFileError:
    """Tell what is wrong with a file that the parser refuses, and read what can be read.

    Args:
        content: of the file, without a byte order mark.
        shown: what to call it.
        form: Turtle or TriG.
        known: namespaces by prefix, as other files declare them.
    """
    if len(content) > _MOST_BYTES:
        return BrokenFileError(Salvage((), _first_fault(content, shown, form, known), None))
    reader = _Reader(content, shown, form, known)
    quads = tuple(reader.read())
    doubtful, namespaces = frozenset(reader.doubtful), reader.prefixes.namespaces
    return BrokenFileError(Salvage(quads, tuple(reader.faults), doubtful, namespaces))


def unreadable(shown: str, reason: str) -> BrokenFileError:
    """Tell why a file can't be opened."""
    reader = _Reader(b"", shown, ox.RdfFormat.TURTLE, {})
    reader.explain(0, f"can't read: {reason}")
    faults = (fault._replace(place=Place(shown)) for fault in reader.faults)
    return BrokenFileError(Salvage((), tuple(faults), frozenset()))


def in_query(text: str, name: str, said: str) -> QueryError:
    """Tell where a query can't be parsed, what stands there and what was expected.

    Args:
        text: the query.
        name: what to call it.
        said: what the parser of the store says of it.
    """
    at, said, expected = _astray(text, said)
    values = {"parser": said}
    curie = re.search(r"([\w.-]*):[\w.-]*\Z", text[max(0, at - 100) : at])
    if curie and "Prefix not found" in said:
        values["prefix"], at = curie[1], at - len(curie[0])
    elif not text[at:].strip():
        closing = [mark for mark in expected.split() if mark in tuple("})]>")]
        expected = " ".join(closing) or expected
    lines = Lines(text)
    here = text[at : at + _WINDOW]
    token = re.match(r"[?$]?[\w@-]{1,40}|\S", here)
    values["token"] = token[0] if token else ""
    if token:
        import difflib

        near = difflib.get_close_matches(token[0].upper(), _SPARQL.split(), n=1, cutoff=0.75)
        if near and near[0] != token[0].upper():
            values["near"] = near[0]
    seen = {"parser": said, "before": text[max(0, at - _WINDOW) : at], "at": here}
    fit = _first_fit(_table("query"), seen, values)
    assert fit is not None  # the last one in the table always fits
    fault, named, _ = fit
    place = Place(name, *lines.at(at))
    texts = {}
    for lang, (cannot, awaited) in _texts()["in_query"].items():
        message, hint = (text.format_map(values | named) for text in fault[lang])
        listed = f" {awaited}: {expected}" if expected else ""
        texts[lang] = (f"{cannot}: {message}{listed}", hint)
    message, hint = texts["en"]
    return QueryError(message, hint=hint, place=place, translations=texts)


def _astray(text: str, said: str) -> tuple[int, str, str]:
    """Give the offset where a query goes wrong, what the parser says, and what it expected.

    The parser tells only how far it has looked, which may be some letters ahead. So the words
    before that place are given to it one after another, until no query begins so.
    """
    furthest, said, expected = _parsed(text, said)
    words = [w for w in _WORD.finditer(text, 0, furthest + 1) if w.group()[0] != "#"]
    for word in words[-12:]:
        far, _, _ = _parsed(text[: word.end()], "")
        if far < word.end() + len(_PADDING):
            expected = _parsed(text[: word.start()], "")[2] or expected
            if "Prefix not found" not in said:
                furthest = word.start()
            break
    if "Prefix not found" in said or "unbound" in said:
        expected = ""  # it is not the grammar that is at fault
    return min(furthest, len(text)), said, expected


def _parsed(text: str, said: str) -> tuple[int, str, str]:
    """Parse a query, or its beginning: how far the parser came, what it says and expected."""
    try:  # Behind the end, keywords are as long as elsewhere.
        ox.Store().query(text + _PADDING)
    except (SyntaxError, ValueError) as error:
        said = getattr(error, "msg", None) or said
    else:
        return len(text) + len(_PADDING), said, ""
    found = _QUERY_POSITION.match(said)
    if not found:
        return 0, said, ""
    lines = Lines(text + _PADDING)
    tokens = _EXPECTED.findall(found[3])
    marks = [token[1:-1].replace('\\"', '"') for token in tokens if token[0] == '"']
    keywords = [token for token in tokens if _KEYWORD.fullmatch(token)]
    listed = " ".join([*marks, *keywords][:12])
    return lines.offset(int(found[1]), 1) + int(found[2]) - 1, found[3], listed


def rule() -> Rule:
    """Give the rule that a file can be read."""
    return Rule(BROKEN, "violation", _texts()["rule"])


def _first_fault(
    content: bytes, shown: str, form: ox.RdfFormat, known: Mapping[str, str]
) -> tuple[Finding, ...]:
    try:
        content.decode("utf-8")
        error = _first_error(ox.parse(content, form, base_iri="file:"))
        start = 0
        for _ in range((error.lineno or 1) - 1):
            start = content.find(b"\n", start) + 1
        # A character takes four bytes at most.
        said, at = error.msg, content[start : start + 4 * (error.offset or 1)]
        start += len(at.decode("utf-8", "ignore")[: (error.offset or 1) - 1].encode())
    except UnicodeDecodeError as wrong:
        said, start = _not_utf_8(wrong), wrong.start
    except MemoryError:
        long = re.search(rb"[^\"]{%d}" % _TOO_LONG, content)
        said, start = "buffer", max(0, long.start() - 1) if long else 0
    # Only what surrounds the place.
    top = content.rfind(b"\n", 0, max(0, start - _WINDOW)) + 1
    reader = _Reader(
        content[top : start + _WINDOW], shown, form, known, content.count(b"\n", 0, top)
    )
    if not reader.is_of_another_kind():
        reader.explain(len(_text(content[top:start])), said)
    return tuple(reader.faults)


def _first_error(parser: ox.QuadParser) -> SyntaxError:
    """Give the first error, or the second where both are at one place: it tells more."""
    quad, error = _next(parser)
    while quad:
        quad, error = _next(parser)
    assert error is not None  # the store has found one
    _, second = _next(parser)
    return second if second and _place(second) == _place(error) else error


def _not_utf_8(error: UnicodeDecodeError) -> str:
    byte = error.object[error.start : error.start + 1]
    return f"not UTF-8: byte 0x{byte.hex().upper()}, in Latin-1 {byte.decode('cp1252', 'replace')}"


def _next(parser: ox.QuadParser) -> tuple[ox.Quad | None, SyntaxError | None]:
    try:
        return next(parser, None), None
    except SyntaxError as error:
        return None, error


def _place(error: SyntaxError) -> tuple[int | None, int | None]:
    return error.lineno, error.offset


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


@dataclass
class _Reader:
    """Reads a file, or a piece of one: `skipped` is the number of lines before it."""

    content: bytes
    shown: str
    form: ox.RdfFormat
    known: Mapping[str, str]
    skipped: int = 0
    faults: list[Finding] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    told: set[object] = field(default_factory=set)

    @cached_property
    def text(self) -> str:
        """What stands in the file, whatever its encoding and its line ends."""
        return _text(self.content)

    @cached_property
    def lines(self) -> Lines:
        """Its lines."""
        return Lines(self.text)

    @cached_property
    def beginnings(self) -> list[int]:
        """The offsets where statements begin."""
        return [0, *(found.start() for found in _BEGINNING.finditer(self.text))]

    @cached_property
    def prefixes(self) -> Prefixes:
        """The prefixes that it declares."""
        return Prefixes({d["prefix"]: d["iri"][1:-1] for d in _DECLARED.finditer(self.text)})

    def offset(self, line: int | None, column: int | None, more_lines: int = 0) -> int:
        """Give the offset of a place that the parser names."""
        return self.lines.offset((line or 1) + more_lines, column or 1)

    def read(self) -> Iterator[ox.Quad]:
        """Read the file, on from each fault."""
        if self.is_of_another_kind():
            self._doubt(0, len(self.text))
            return
        try:
            self.content.decode("utf-8")
        except UnicodeDecodeError as error:
            self.explain(len(_text(self.content[: error.start])), _not_utf_8(error))
        start: int | None = 0
        for _ in range(_MOST_STARTS):
            if start is None:
                return
            start = yield from self._read_from(start)
        self._doubt(start or 0, len(self.text))

    def is_of_another_kind(self) -> bool:
        """Tell of a fault of the file as a whole, where it has one."""
        found = self._find(0, "", ("bytes", "text"))
        if found:
            self._tell(*found, statement=0)
        return found is not None

    def _read_from(self, start: int) -> Generator[ox.Quad, None, int | None]:
        """Read on from an offset; return where to begin anew, or None at the end."""
        declared = _DECLARED.finditer(self.text, 0, start)
        header = "".join(f"PREFIX {d['prefix']}: {d['iri']} " for d in declared)
        skipped = self.lines.at(start)[0] - 2
        text = f"{header}\n{self.text[start:]}"
        parser = ox.parse(text, self.form, base_iri=file_iri(self.shown))
        pending: SyntaxError | None = None
        while True:
            quad, error = _next(parser)
            # Of two at one place the second tells more: the first is of what begins a statement.
            if pending and not (error and _place(error) == _place(pending)):
                again = self._fault(pending, skipped)
                if again is not None:
                    return again
            pending = error
            if quad:
                yield quad
            elif not error:
                return None

    def _fault(self, error: SyntaxError, skipped: int) -> int | None:
        """Tell of a fault; give where to begin anew, where lines were swallowed."""
        at = self.offset(error.lineno, error.offset, skipped)
        end = self.offset(error.end_lineno, error.end_offset, skipped)
        self.explain(at, error.msg)
        following = self._following(at)
        self._doubt(self._statement(at), following)
        swallowed = "\n" in self.text[at:end] and self.form == ox.RdfFormat.TURTLE
        return following if swallowed and following < len(self.text) else None

    def explain(self, at: int, said: str) -> None:
        """Tell of a fault at an offset, of which the parser said something."""
        if len(self.faults) >= _MOST_FAULTS:
            return
        found = self._find(at, _POSITION.sub("", said), ("parser", "before", "at", ""))
        assert found is not None  # the last one in the table always fits
        self._tell(*found, self._statement(at - ("dot is expected" in said)))

    def _find(
        self, at: int, said: str, kinds: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], int, dict[str, str]] | None:
        """Find the first fault in the table that fits, where it is, and what its texts name."""
        before = _COMMENT.sub("", self.text[max(0, at - _WINDOW) : at])
        here = self.text[at : at + _WINDOW]
        seen = {"parser": said, "before": before, "at": here, "text": self.text}
        seen["bytes"] = self.content[:64].decode("latin-1")
        values = {"line": str(self._last_line(at) + self.skipped), "parser": said}
        values["code"] = f"{ord(here[0]):04X}" if here else ""
        if self.form == ox.RdfFormat.TURTLE:
            values["turtle"] = ""
        written = _NOT_BRACKETS.sub("", self.text[self._statement(at) : at])
        for kind, opening, closing in (("list", "(", ")"), ("bracket", "[", "]")):
            if written.count(opening) > written.count(closing):
                values[kind] = ""
        if undeclared := re.search(r"prefix (\S*): has not", said):
            values |= self._prefix_meant(undeclared[1])
        table = [entry for entry in _table("fault") if next(iter(entry[1]), "") in kinds]
        found = _first_fit(table, seen, values)
        if found is None:
            return None
        fault, named, place = found
        return fault, at if place is None else place, values | named

    def _prefix_meant(self, prefix: str) -> dict[str, str]:
        import difflib

        usual = {"xsd": XSD, "owl": "http://www.w3.org/2002/07/owl#"} | dict(self.known)
        if prefix in usual:
            return {"declared": f"@prefix {prefix}: <{usual[prefix]}> ."}
        declared = [name for name, _ in self.prefixes]
        near = difflib.get_close_matches(prefix.lower(), declared, n=1, cutoff=0.6)
        return {"near": near[0]} if near else {}

    def _tell(
        self, fault: Mapping[str, Any], at: int, values: Mapping[str, str], statement: int
    ) -> None:
        texts = {lang: [text.format_map(values) for text in fault[lang]] for lang in LANGUAGES}
        message, _ = texts["en"]
        if not self.told.isdisjoint((message, statement)):
            return  # the same again, or what follows from it
        self.told |= {message, statement}
        line, column = self.lines.at(at)
        begins = _BEGINNING.match(self.text, statement)
        self.faults.append(
            Finding(
                severity="violation",
                shape=BROKEN,
                focus_node=self._iri(begins["subject"]) if begins else file_iri(self.shown),
                messages={lang: pair[0] for lang, pair in texts.items()},
                hints={lang: pair[1] for lang, pair in texts.items()},
                place=Place(self.shown, line + self.skipped, column),
                is_cause=True,
            )
        )

    def _doubt(self, start: int, end: int) -> None:
        written = {found.group() for found in _MENTIONED.finditer(self.text, start, end)}
        self.doubtful.update(map(self._iri, written))

    def _iri(self, written: str) -> str:
        return written[1:-1] if written[0] == "<" else self.prefixes.expand(written) or written

    def _last_line(self, at: int) -> int:
        """Give the number of the last line before an offset that holds more than a comment."""
        line = self.lines.at(at)[0]
        while line > 1 and (not (text := self.lines.line(line - 1).strip()) or text[0] == "#"):
            line -= 1
        return max(1, line - 1)

    def _statement(self, at: int) -> int:
        return self.beginnings[bisect_right(self.beginnings, at) - 1]

    def _following(self, at: int) -> int:
        index = bisect_right(self.beginnings, self.text.find("\n", at) % (len(self.text) + 1))
        return self.beginnings[index] if index < len(self.beginnings) else len(self.text)


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _first_fit(
    table: Iterable[Entry], seen: Mapping[str, str], values: Mapping[str, str]
) -> tuple[Mapping[str, Any], dict[str, str], int | None] | None:
    """Find the first fault that fits, its named groups, and where `text` has it."""
    for fault, patterns in table:
        if fault.get("needs", "parser") not in values:
            continue
        named: dict[str, str] = {}
        place = None
        for where, pattern in patterns.items():
            find = pattern.match if where == "at" else pattern.search
            match = find(seen[where])
            if match is None:
                break
            named |= match.groupdict()
            place = match.start() if where == "text" else place
        else:
            return fault, named, place
    return None


@cache
def _table(name: str) -> tuple[Entry, ...]:
    """Read the faults of files, or of queries, each with its patterns."""
    kinds = ("bytes", "text", "parser", "before", "at")
    return tuple(
        (fault, {kind: re.compile(fault[kind]) for kind in kinds if kind in fault})
        for fault in _texts()[name]
    )
