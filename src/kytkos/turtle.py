"""Where each statement stands in a Turtle or TriG file, whatever its layout.

The file is known to be well-formed, since the store has parsed it. Whatever else this scanner
meets (quoted triples and annotations) it passes over, up to the end of the statement.

Source: RDF 1.1 Turtle, section 6.5 (grammar); RDF 1.1 TriG, section 4.5; RFC 3986, section 5.2.
"""

import re
from bisect import bisect_right
from collections.abc import Container, Generator, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from kytkos.terms import XSD, Term

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_BLANK = r"(?:\s|\#[^\n\r]*+)"
# All beyond ASCII belongs to names. So it is said what of ASCII does not: a pattern with ranges up
# to the end of Unicode takes ten times as long to compile.
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\."
_NAME = r"[^\x00-,./:-@\[-^`{-\x7f]"
_LETTER = r"[^\x00-@\[-`{-\x7f]"
_LOCAL_START = r"[^\x00-/;-@\[-^`{-\x7f]"
_LOCAL_NAME = r"[^\x00-,./;-@\[-^`{-\x7f]"
_LOCAL_NEXT = r"[^\x00-$&-,./;-@\[\]-^`{-\x7f]"
_PREFIX = rf"(?:{_LETTER}(?:{_NAME}++|\.++(?={_NAME}))*+)?+:"
_LOCAL = (
    rf"(?:(?:{_LOCAL_START}|{_ESCAPED})"
    rf"(?:{_LOCAL_NAME}++|\.++(?={_LOCAL_NEXT})|{_ESCAPED})*+)?+"
)
_IRI = r'<[^<>"{}|^`\s]*+>'
_QUOTED = (
    r'"{3}(?:[^"\\]++|\\.|"(?!""))*+"{3}|\'{3}(?:[^\'\\]++|\\.|\'(?!\'\'))*+\'{3}'
    r'|"(?:[^"\\\n\r]++|\\.)*+"|\'(?:[^\'\\\n\r]++|\\.)*+\''
)
_TOKEN = re.compile(
    rf"""{_BLANK}*+(?:
      (?P<mark>[;,\[\])]|\((?!{_BLANK}*+\)))
    | (?P<prefix>(?:@prefix{_BLANK}*+|(?i:prefix){_BLANK}++)
        (?P<name>{_PREFIX}){_BLANK}*+(?P<namespace>{_IRI}))
    | (?P<base>@?(?i:base){_BLANK}*+(?P<base_iri>{_IRI}))
    | (?P<iri>{_IRI})
    | (?P<literal>(?P<quoted>{_QUOTED})
        (?:{_BLANK}*+(?:@(?P<lang>[A-Za-z]+(?:-[A-Za-z0-9]+)*+)(?:--[a-z]+)?
          | \^\^{_BLANK}*+(?P<datatype>{_IRI}|{_PREFIX}{_LOCAL})))?)
    | (?P<curie>{_PREFIX}{_LOCAL})
    | (?P<bnode>_:{_NAME}(?:{_NAME}++|\.++(?={_NAME}))*+)
    | (?P<number>[+-]?(?:\d++(?:\.\d*+)?[eE][+-]?\d+|\.\d++[eE][+-]?\d+|\d*+\.\d+|\d++))
    | (?P<nil>\({_BLANK}*+\))
    | (?P<word>[A-Za-z]+)
    | (?P<lost><<|>>|\{{\||\|\}}|~)
    | (?P<end>[.{{}}])
    | .
    )""",
    re.VERBOSE | re.DOTALL,
)
# To the end of a statement, in one go.
_LONE = r"[\x00-!$&(-,/;=-@\[\]^`|~\x7f]"  # of ASCII, what is no part of anything longer
_WRITTEN = r"[^\x00-$&-,./;-@\[-^`{-\x7f]"
_PASS = re.compile(
    rf"(?:{_LONE}++|{_IRI}|{_QUOTED}|\#[^\n\r]*+"
    rf"|{_WRITTEN}(?:{_WRITTEN}++|\.++(?=[\w\-:%\\])|\\.)*+|\.(?=\d)|[^.{{}}])*+.?",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_LINE_END = re.compile(r"\r\n|\n|\r")
_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_FIRST, _REST, _NIL = RDF + "first", RDF + "rest", Term("uri", RDF + "nil")
_NOTHING = Term("uri", "")


class Written(NamedTuple):
    """A triple, and the offsets where its subject, predicate and object are written.

    A blank node has its label, or a name no label can have. Of a list, a cell stands where
    its bracket or its member is, and so do `rdf:first` and `rdf:rest`.
    """

    subject: Term
    predicate: str
    object: Term
    subject_at: int
    predicate_at: int
    object_at: int


def positions(
    text: str, base: str = "", subjects: Container[str] | None = None
) -> Iterator[Written]:
    """Read the triples of a file in the order in which they are written.

    Args:
        text: what stands in the file, its line ends as they are.
        base: the base IRI, until the file itself declares one.
        subjects: the IRIs whose triples are wanted, where not all are.
    """
    return _Scanner(text, base).scan(subjects)


def width(text: str, offset: int) -> int:
    """Count the characters of the term at an offset, up to the end of its line.

    >>> width('ex:a ex:b "c d"@en .', 10)
    8
    """
    token = _TOKEN.match(text, offset)
    end = token.end() if token else offset + 1
    line_end = _LINE_END.search(text, offset, end)
    return max(1, (line_end.start() if line_end else end) - offset)


@dataclass(frozen=True)
class Lines:
    """The lines of a text, which end as editors have it."""

    text: str

    @cached_property
    def _starts(self) -> list[int]:
        if "\r" in self.text:
            return [0, *(end.end() for end in _LINE_END.finditer(self.text))]
        lines = self.text.split("\n")
        return list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))

    def at(self, offset: int) -> tuple[int, int]:
        """Give the line and the column of an offset, from 1, in characters."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Give the offset of a line and a column."""
        start = self._starts[line - 1] if line <= len(self._starts) else len(self.text)
        return min(start + column - 1, len(self.text))

    def line(self, number: int) -> str:
        """Give the text of a line, without its end."""
        if not 1 <= number <= len(self._starts):
            return ""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")


_WORDS = {
    "a": Term("uri", RDF + "type"),
    "true": Term("literal", "true", datatype=XSD + "boolean"),
    "false": Term("literal", "false", datatype=XSD + "boolean"),
}


class _Frame:
    """A statement, a blank node in brackets, or a list that is being read."""

    __slots__ = ("in_list", "predicate", "predicate_at", "subject", "subject_at")

    def __init__(self, subject: Term | None = None, at: int = 0, *, in_list: bool = False) -> None:
        self.subject = subject or _NOTHING
        self.subject_at = at
        self.predicate: str | None = None
        self.predicate_at = 0
        self.in_list = in_list

    def triple(self, predicate: str, predicate_at: int, value: Term, at: int) -> Written:
        return Written(self.subject, predicate, value, self.subject_at, predicate_at, at)


class _Scanner:
    def __init__(self, text: str, base: str) -> None:
        self.text = text
        self.base = base
        self.namespaces: dict[str, str] = {}
        self.known: dict[str, Term] = {}

    def scan(self, subjects: Container[str] | None) -> Iterator[Written]:
        start = 0
        while token := _TOKEN.match(self.text, start):
            kind = token.lastgroup or ""
            if kind in ("prefix", "base"):
                self._declare(token, kind)
                start = token.end()
                continue
            if subjects is not None and kind in ("iri", "curie", "bnode"):
                subject = self._term(token, kind, token[kind])
                if subject is None or subject.value not in subjects:
                    passed = _PASS.match(self.text, token.end())
                    start = passed.end() if passed else len(self.text)
                    continue
            start = yield from self._statement(start)

    def _statement(self, start: int) -> Generator[Written, None, int]:
        """Read from an offset to the end of a statement; return where that is."""
        frame = _Frame()
        above: list[_Frame] = []  # what the frame stands in
        lost = False
        for token in _TOKEN.finditer(self.text, start):
            kind = token.lastgroup or ""
            if kind == "end":
                return token.end()
            if kind == "lost":
                lost = True
            if lost or not kind:
                continue
            at, written = token.start(kind), token[kind]
            if kind != "mark":
                term = self._term(token, kind, written)
            elif written in "[(":
                term = Term("bnode", f"@{at}")
            else:
                term = None
                if written == ";":
                    frame.predicate = None
                elif written != "," and above:
                    if frame.in_list:
                        yield frame.triple(_REST, at, _NIL, at)
                    frame = above.pop()
            if term is None:
                continue
            if frame.in_list:
                if frame.predicate:
                    cell = Term("bnode", f"(@{at}")
                    yield frame.triple(_REST, at, cell, at)
                    frame.subject, frame.subject_at = cell, at
                frame.predicate = _FIRST
                yield frame.triple(_FIRST, at, term, at)
            elif frame.predicate is not None:
                yield frame.triple(frame.predicate, frame.predicate_at, term, at)
            elif frame.subject is not _NOTHING:
                frame.predicate, frame.predicate_at = term.value, at
            else:
                frame.subject, frame.subject_at = term, at
            if kind == "mark":
                above.append(frame)
                frame = _Frame(term, at, in_list=written == "(")
        return len(self.text)

    def _declare(self, token: re.Match[str], kind: str) -> None:
        if kind == "prefix":
            self.namespaces[token["name"]] = self._iri(token["namespace"])
        else:
            self.base = self._iri(token["base_iri"])
        self.known = {}

    def _term(self, token: re.Match[str], kind: str, written: str) -> Term | None:
        known = self.known.get(written)
        if known is not None:
            return known
        term: Term | None = None
        if kind == "literal":
            quoted, lang, datatype = token["quoted"], token["lang"], token["datatype"]
            edge = 3 if quoted[:3] in ('"""', "'''") else 1
            value = _unescaped(quoted[edge:-edge])
            if lang:
                return Term("literal", value, lang.lower())
            return _literal(value, self._resolved(datatype) if datatype else "")
        if kind == "number":
            local = "decimal" if "." in written else "integer"
            return _literal(written, XSD + ("double" if "e" in written.lower() else local))
        if kind == "word":
            return _WORDS.get(written)
        if kind == "bnode":
            term = Term("bnode", written[2:])
        else:
            term = _NIL if kind == "nil" else Term("uri", self._resolved(written))
        self.known[written] = term
        return term

    def _resolved(self, written: str) -> str:
        if written.startswith("<"):
            return self._iri(written)
        prefix, _, local = written.partition(":")
        return self.namespaces.get(f"{prefix}:", f"{prefix}:") + _unescaped(local)

    def _iri(self, written: str) -> str:
        return _resolve(_unescaped(written[1:-1]), self.base)


def _literal(value: str, datatype: str) -> Term:
    return Term("literal", value, datatype="" if datatype == XSD + "string" else datatype)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    if escape[3]:
        return _CONTROLS.get(escape[3], escape[3])
    code = int(escape[1] or escape[2], 16)
    return chr(code) if code < 0x110000 else escape[0]


def _resolve(reference: str, base: str) -> str:
    """Resolve an IRI reference against a base IRI (RFC 3986, section 5.2.2)."""
    whole, of_base = _PARTS.fullmatch(reference), _PARTS.fullmatch(base)
    assert whole is not None
    assert of_base is not None
    scheme, authority, path, query, fragment = whole.groups()
    if scheme is not None or of_base[1] is None:
        return reference
    if authority is None:
        authority = of_base[2]
        if not path:
            path, query = of_base[3], of_base[4] if query is None else query
        elif not path.startswith("/"):
            folder = of_base[3].rpartition("/")
            path = f"{folder[0]}{folder[1]}{path}" if of_base[3] else f"/{path}"
    resolved = f"{of_base[1]}:" + ("" if authority is None else f"//{authority}")
    resolved += _without_dots(path) + ("" if query is None else f"?{query}")
    return resolved + ("" if fragment is None else f"#{fragment}")


def _without_dots(path: str) -> str:
    kept: list[str] = []
    steps = path.split("/")
    for step in steps:
        if step == ".." and (len(kept) > 1 or (kept and kept[0])):
            kept.pop()
        elif step not in (".", ".."):
            kept.append(step)
    return "/".join(kept) + ("/" if steps[-1] in (".", "..") and kept and kept[-1] else "")
