"""What a server answers, as a table, or as an error that says what came and what to do."""

import html
import json
import re
import zlib
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

import pyoxigraph as ox

from kytkos.errors import EndpointError
from kytkos.graph import to_term
from kytkos.tables import Table
from kytkos.terms import XSD, Term

BUSY = frozenset((429, 502, 503, 504))
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

_SHOWN = 300  # characters of a server's own message
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_NOT_SHOWN = re.compile(
    r"<(script|style|head)\b.*?</\1\s*>|<(?!(?:https?|urn|file):)[^<>]*>", re.IGNORECASE | re.DOTALL
)
_UTF8 = ("", "utf-8", "utf8")
_DURATIONS = (XSD + "duration", XSD + "yearMonthDuration")

_IS_IT = (
    "Is this the address of a SPARQL endpoint? Oxigraph's is …/query, Fuseki's …/DATASET/query, "
    "GraphDB's …/repositories/NAME, Virtuoso's and Neptune's …/sparql."
)
_LATER = "It may be busy: ask again later."
_MOVED = "Use that address."
_NARROW = "Narrow the query, or let the server take more time."

# What a status means, and what to do.
_REFUSALS = {
    400: ("the server does not take the request (400)", "Its message says what it stumbles on."),
    401: (
        "the server wants to know who asks (401)",
        "Set KYTKOS_USER and KYTKOS_PASSWORD, or KYTKOS_TOKEN.",
    ),
    403: ("not allowed (403)", "Ask its keeper for the right to do this."),
    404: ("nothing is there (404)", _IS_IT),
    405: ("what is there does not take such requests (405)", _IS_IT),
    406: ("the server has no SPARQL results in JSON (406)", _IS_IT),
    407: ("a proxy on the way wants to know who asks (407)", "Name it in HTTPS_PROXY."),
    408: ("the server waited too long for the request (408)", _LATER),
    410: ("nothing is there any more (410)", _IS_IT),
    413: ("the request is too large for the server (413)", "Its keeper can raise the limit."),
    414: ("the address is too long for the server (414)", "Leave parameters out of the address."),
    415: ("the server does not take this form (415)", _IS_IT),
    429: ("the server can't answer now, too many ask (429)", _LATER),
    500: (
        "the server failed (500)",
        "The query may be too heavy for it, or it may not know something in it; its log says more.",
    ),
    501: ("the server can't do this (501)", _IS_IT),
    502: ("the server can't answer now (502)", "What stands before it found it down. " + _LATER),
    503: ("the server can't answer now (503)", _LATER),
    504: ("the server can't answer now (504)", "It may need longer than what stands before it "
          "waits: narrow the query."),
    507: ("the server has no room left (507)", "Its keeper must make room."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: the body is whole; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The character encoding that the media type names; empty where it names none."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        return str(message.get_content_charset() or "")

    def wait_s(self, now: float) -> float:
        """Give the seconds that the server asks to wait, or 0.

        Args:
            now: the time, in seconds since 1970.

        Source: RFC 9110, section 10.2.3: a number of seconds, or a date.
        """
        asked = self.headers.get("retry-after", "").strip()
        if asked.isdecimal():
            return float(asked)
        try:
            return max(parsedate_to_datetime(asked).timestamp() - now, 0.0)
        except (ValueError, OverflowError):
            return 0.0


def unpacked(body: bytes, coding: str, most: int, shown: str) -> bytes:
    """Undo what a server does unasked: gzip or deflate.

    Args:
        most: the number of bytes that it may unpack to.

    Raises:
        EndpointError: it is packed otherwise, breaks off, or is larger.
    """
    if coding not in ("gzip", "x-gzip", "deflate"):
        hint = "Turn that off in the server, or in the proxy before it."
        raise EndpointError(f"{shown}: the answer is packed as {plain(coding)}, unasked", hint=hint)
    unpacking = zlib.decompressobj(wbits=47)
    try:
        whole = unpacking.decompress(body, most + 1)
    except zlib.error as error:
        raise EndpointError(f"{shown}: the answer is not packed as it says") from error
    if len(whole) > most:
        raise too_large(shown, most)
    if not unpacking.eof:
        raise _broken_off(shown)
    return whole


def table(answer: Answer, shown: str) -> Table:
    """Read SPARQL results in JSON, or in XML where a server gives that unasked.

    Raises:
        EndpointError: it is something else, or not whole.
    """
    if answer.status == 206 or "x-sql-state" in answer.headers:
        raise EndpointError(f"{shown}: only a part of the answer came", hint=_NARROW)
    if not answer.body.strip():
        raise EndpointError(f"{shown}: the answer is empty", hint=_IS_IT)
    kind = answer.content_type
    if kind.endswith("html"):
        title = _TITLE.search(answer.body[:4096].decode(errors="replace"))
        named = f" («{plain(title.group(1))}»)" if title else ""
        raise EndpointError(f"{shown}: a web page came{named}, no answer", hint=_IS_IT)
    if kind == "application/sparql-results+xml":
        read = _from_xml(answer.body, shown)
    elif not kind or kind.endswith("json"):
        read = _checked(_json(answer, shown), shown)
    else:
        said = f"{shown}: the answer says it is {plain(kind)}, not SPARQL results"
        raise EndpointError(said, hint=_IS_IT)
    most = answer.headers.get("x-sparql-maxrows", "")
    if most.isdecimal() and len(read) >= int(most):
        hint = "Narrow the query, or let the server give more (Virtuoso: ResultSetMaxRows)."
        raise EndpointError(f"{shown}: the server cut the answer at {most} rows", hint=hint)
    return read


def refused(answer: Answer, shown: str, who: str = "") -> EndpointError:
    """Make the error of an answer that says no.

    Args:
        who: what was sent to say who asks, in words; empty where nothing was.
    """
    status = answer.status
    said = plain(answer.body.decode(errors="replace"))
    if 300 <= status < 400:
        there = shown_address(answer.headers.get("location", "elsewhere"))
        return EndpointError(f"{shown}: moved to {there}", hint=_MOVED)
    meant, hint = _REFUSALS.get(status, (f"the server answered {status}", ""))
    if status == 401 and who:
        meant, hint = f"the server refuses the {who} (401)", "Is it right, and still valid?"
    return EndpointError(f"{shown}: {meant}{said and f': {said}'}", hint=hint)


def too_large(shown: str, most: int) -> EndpointError:
    """Make the error of an answer that has more bytes than one wants to hold."""
    hint = "Narrow the query, or take more with --max-bytes."
    return EndpointError(f"{shown}: the answer has over {most} bytes", hint=hint)


def shown_address(address: str) -> str:
    """Give an address without a name, a password and a query."""
    without = re.sub(r"^(\w+://)[^/?#]*@", r"\1", address)
    return CONTROL.sub(" ", re.split(r"[?#]", without, maxsplit=1)[0])


def plain(text: str) -> str:
    """Make one line of a server's message, or of its page, that a terminal can show."""
    stripped = html.unescape(_NOT_SHOWN.sub(" ", text))
    line = " ".join(CONTROL.sub(" ", stripped).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _json(answer: Answer, shown: str) -> Any:
    charset = answer.charset
    try:
        # Of bytes, JSON itself tells which UTF they are in.
        return json.loads(answer.body.decode(charset) if charset not in _UTF8 else answer.body)
    except LookupError as error:
        message = f"{shown}: the answer is in «{plain(charset)}», an encoding not known here"
        raise EndpointError(message, hint="Is it spelt right in its Content-Type?") from error
    except UnicodeDecodeError as error:
        named = charset.upper() or "UTF-8"
        raise EndpointError(f"{shown}: the answer is not in {named}, as it should be") from error
    except (json.JSONDecodeError, RecursionError) as error:
        broken = isinstance(error, json.JSONDecodeError) and (
            error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        )
        if broken:
            raise _broken_off(shown) from error
        said = f"{shown}: the answer says it is JSON, and is not"
        raise EndpointError(said, hint=_IS_IT) from error


def _from_xml(body: bytes, shown: str) -> Table:
    from xml.etree import ElementTree

    try:
        ElementTree.fromstring(body)  # the reader of results does not miss what is cut off
        solutions = ox.parse_query_results(body, format=ox.QueryResultsFormat.XML)
        if not isinstance(solutions, ox.QuerySolutions):
            raise EndpointError(f"{shown}: the answer is yes or no, not a table", hint=_IS_IT)
        variables = tuple(v.value for v in solutions.variables)
        rows = tuple(
            tuple(None if t is None else _mended(to_term(t)) for t in s) for s in solutions
        )
    except (SyntaxError, ValueError) as error:
        message = f"{shown}: the answer breaks off, or is not the XML that it says"
        raise EndpointError(message, hint="Ask again; if it stays, narrow the query.") from error
    return Table(variables, rows)


def _checked(parsed: Any, shown: str) -> Table:
    """Read SPARQL results in JSON; whatever else JSON can hold is an error."""
    try:
        for binding in parsed["results"]["bindings"]:
            for term in binding.values():
                if term["type"] not in ("uri", "literal", "typed-literal", "bnode"):
                    raise EndpointError(f"{shown}: a term of an unknown type: {term['type']}")
                if not all(isinstance(part, str) for part in term.values()):
                    raise TypeError
        read = Table.from_json(parsed)
        if not all(isinstance(variable, str) for variable in read.variables):
            raise TypeError
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        told = (parsed.get("error") or parsed.get("message")) if isinstance(parsed, dict) else ""
        said = plain(str(told or ""))
        message = f"{shown}: the answer is JSON, not SPARQL results{said and f': {said}'}"
        raise EndpointError(message, hint=_IS_IT) from error
    rows = tuple(tuple(None if t is None else _mended(t) for t in row) for row in read.rows)
    return Table(read.variables, rows)


def _mended(term: Term) -> Term:
    """Mend what Virtuoso writes otherwise: a truth value as 1, a year as 12 (months)."""
    value = term.value
    if term.datatype == XSD + "boolean":
        value = {"1": "true", "0": "false"}.get(value, value)
    elif term.datatype in _DURATIONS and value.isdecimal() and value != "0":
        years, months = divmod(int(value), 12)
        value = "P" + (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return term if value == term.value else Term(term.type, value, term.lang, term.datatype)


def _broken_off(shown: str) -> EndpointError:
    hint = "Ask again; if it stays, narrow the query."
    return EndpointError(f"{shown}: the answer breaks off", hint=hint)
