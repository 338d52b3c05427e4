"""A store behind a SPARQL 1.1 endpoint: asked by SPARQLWrapper, filled by the Graph Store Protocol.

What endpoints really return (web pages, empty bodies, half an answer, nothing at all) becomes
an `EndpointError` that says what came and what to do.
"""

import html
import json
import os
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import warnings
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, TypeVar

from kytkos.engines import check_select
from kytkos.errors import EndpointError
from kytkos.tables import Table
from kytkos.terms import XSD

TIMEOUT_S = 60.0

_RETRIED = frozenset((429, 502, 503, 504))
_ATTEMPTS = 4
_BACK_OFF_S = 0.5
_LONGEST_WAIT_S = 10.0
_PATIENCE_S = 1.0  # how long one waits without being told what for
_LONGEST_GET = 2_000  # characters of a URL that every server and proxy takes
_CHUNK = 1 << 16
_SHOWN = 300  # characters of a server's own message

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_NOT_SHOWN = re.compile(
    r"<(script|style|head)\b.*?</\1\s*>|<(?!(?:https?|urn|file):)[^<>]*>", re.IGNORECASE | re.DOTALL
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_IS_IT = (
    "Is this the address of a SPARQL endpoint? Oxigraph's is …/query, Fuseki's …/DATASET/query, "
    "GraphDB's …/repositories/NAME, Virtuoso's and Neptune's …/sparql."
)

_DURATIONS = (XSD + "duration", XSD + "yearMonthDuration")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, or a token; empty where there are none."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Credentials":
        """Read KYTKOS_USER and KYTKOS_PASSWORD, or KYTKOS_TOKEN."""
        names = ("KYTKOS_USER", "KYTKOS_PASSWORD", "KYTKOS_TOKEN")
        return cls(*(environment.get(name, "") for name in names))

    def __bool__(self) -> bool:
        return bool(self.user or self.token)

    def basic(self) -> str:
        """Give the header of HTTP Basic."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {b64encode(pair).decode()}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: the body is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Client:
    """Sends requests, again where a server is busy, and within one time for each in all.

    Args:
        timeout_s: how long one request may take, its retries included.
        progress: is told what is waited for, once that takes over a second.
    """

    credentials: Credentials = Credentials()
    timeout_s: float = TIMEOUT_S
    progress: Callable[[str], None] = lambda message: None
    _asked: set[str] = field(default_factory=set, repr=False)  # who wants HTTP Basic

    def send(self, request: urllib.request.Request, *, again: bool = True) -> Answer:
        """Send a request and read the answer to its end.

        Args:
            again: the request may be repeated where it is not known whether it was done.

        Raises:
            EndpointError: no answer, an answer that says no, or half an answer.
        """
        shown = shown_address(request.full_url)
        deadline = time.monotonic() + self.timeout_s
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                left = deadline - time.monotonic()
                return self._waited(partial(self._once, request, left), shown, deadline)
            except _BusyError as busy:
                wait = min(busy.wait_s or _BACK_OFF_S * 2 ** (attempt - 1), _LONGEST_WAIT_S)
                surely_not_done = busy.status in (429, 503)
                late = time.monotonic() + wait >= deadline
                if attempt == _ATTEMPTS or late or not (again or surely_not_done):
                    raise _refused(busy.answer, shown, self.credentials, busy.reason) from busy
                self.progress(
                    f"{shown}: {busy.reason}; trying again in {wait:g} s "
                    f"({attempt + 1} of {_ATTEMPTS})"
                )
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _waited(self, work: Callable[[], T], shown: str, deadline: float) -> T:
        """Do the work in a thread, which is left behind where it hangs beyond the time."""
        done: list[T] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                done.append(work())
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(min(_PATIENCE_S, max(deadline - time.monotonic(), 0.0)))
        if thread.is_alive():
            self.progress(f"waiting for {shown} …")
            thread.join(max(deadline - time.monotonic(), 0.0))
        if failed:
            raise failed[0]
        if not done:
            raise _too_slow(shown, self.timeout_s)
        return done[0]

    def _once(self, request: urllib.request.Request, left_s: float) -> Answer:
        """Send it once, and with name and password where the server asks for them."""
        header = self._header(request, left_s)
        try:
            return self._opened(request, header, left_s)
        except _AskedError as asked:
            answer = asked.answer
        if not header and self.credentials.user:
            challenge = answer.headers.get("www-authenticate", "")
            header = self._answer_to(challenge, request)
            try:
                return self._opened(request, header, left_s)
            except _AskedError as asked:
                answer = asked.answer
        raise _refused(answer, shown_address(request.full_url), self.credentials)

    def _opened(self, request: urllib.request.Request, header: str, left_s: float) -> Answer:
        shown = shown_address(request.full_url)
        if header:
            # Not sent on to where the server redirects to.
            request.add_unredirected_header("Authorization", header)
        try:
            response = _opener().open(request, timeout=max(left_s, 0.1))
        except urllib.error.HTTPError as error:
            with error:
                answer = Answer(error.code, _lower(error.headers), _read_what_comes(error))
            if error.code == 401:
                raise _AskedError(answer) from error
            if error.code in _RETRIED:
                raise _BusyError(f"{error.code} {error.reason}", answer) from error
            raise _refused(answer, shown, self.credentials) from error
        except urllib.error.URLError as error:
            raise self._unreached(error.reason, shown) from error
        except (OSError, HTTPException) as error:
            raise self._unreached(error, shown) from error
        except ValueError as error:
            raise EndpointError(f"{shown}: not an address: {error}") from error
        with response:
            try:
                return Answer(response.status, _lower(response.headers), _read_all(response))
            except TimeoutError as error:
                raise _too_slow(shown, self.timeout_s) from error
            except (OSError, HTTPException) as error:
                raise _BusyError("half an answer came") from error

    def _header(self, request: urllib.request.Request, left_s: float) -> str:
        """Give what is sent unasked: a token, or a password to who has asked for one before.

        A body is not sent in vain: a server that does not want it unasked closes the
        connection before it has come. It is asked by HEAD first what it wants.
        """
        if self.credentials.token or not self.credentials.user:
            return f"Bearer {self.credentials.token}" if self.credentials.token else ""
        if _origin(request) in self._asked:
            return self.credentials.basic()
        if request.data is None:
            return ""
        probe = urllib.request.Request(request.full_url, method="HEAD")
        try:
            _opener().open(probe, timeout=max(left_s, 0.1)).close()
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 401:
                    return self._answer_to(error.headers.get("www-authenticate", ""), request)
        except (OSError, HTTPException, ValueError):
            pass  # the request itself will tell
        return ""

    def _answer_to(self, challenge: str, request: urllib.request.Request) -> str:
        """Answer a challenge by HTTP Digest where it wants that, else by Basic.

        Source: RFC 9110, section 11; RFC 7616, section 3.4.
        """
        scheme, _, said = challenge.partition(" ")
        if scheme.lower() != "digest":
            self._asked.add(_origin(request))
            return self.credentials.basic()
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        pair = self.credentials.user, self.credentials.password
        passwords.add_password(None, request.full_url, *pair)
        listed = filter(None, urllib.request.parse_http_list(said))
        parameters = urllib.request.parse_keqv_list(list(listed))
        handler = urllib.request.HTTPDigestAuthHandler(passwords)
        return f"Digest {handler.get_authorization(request, parameters)}"

    def _unreached(self, reason: object, shown: str) -> Exception:
        if isinstance(reason, TimeoutError):
            return _too_slow(shown, self.timeout_s)
        if isinstance(reason, (ConnectionResetError, BrokenPipeError, HTTPException)):
            return _BusyError("the connection broke off")
        said = getattr(reason, "strerror", None) or str(reason)
        hint = "Is the address right, and the server running?"
        return EndpointError(f"{shown}: no connection: {said}", hint=hint)


@dataclass(frozen=True)
class Remote:
    """An engine that asks a SPARQL 1.1 endpoint."""

    endpoint: str
    client: Client = Client()

    def __post_init__(self) -> None:
        check_address(self.endpoint)

    def select(self, query: str, name: str = "query") -> Table:
        """Answer a SELECT query.

        Nothing else than a SELECT is sent.

        Raises:
            QueryError: the query can't be parsed, or is not a SELECT.
            EndpointError: the endpoint does not answer it, or not whole.
        """
        check_select(query, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a query form that its pattern does not see
            wrapper = _wrapper(self.endpoint)
            wrapper.setQuery(query)
            wrapper.queryType = "SELECT"
            get = len(self.endpoint) + len(urllib.parse.quote_plus(query)) < _LONGEST_GET
            wrapper.setMethod("GET" if get else "POST")
            request = wrapper.request()
        return _table(self.client.send(request), shown_address(self.endpoint))


def check_address(address: str) -> None:
    """Refuse what is no web address, and one that holds a password.

    Raises:
        EndpointError: it is neither http nor https, has no host, or holds a user's name.
    """
    try:
        parts = urllib.parse.urlsplit(address)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong or not address.isascii() or _CONTROL.search(address) or " " in address:
        hint = "Write it whole: http://localhost:7878/query"
        raise EndpointError(f"{shown_address(address)}: not a web address", hint=hint)
    if "@" in parts.netloc:
        hint = "Give them in KYTKOS_USER and KYTKOS_PASSWORD."
        raise EndpointError(
            f"{shown_address(address)}: a name and password don't belong in an address", hint=hint
        )


def shown_address(address: str) -> str:
    """Give an address without a name, a password and a query."""
    without = re.sub(r"^(\w+://)[^/?#]*@", r"\1", address)
    return _CONTROL.sub(" ", re.split(r"[?#]", without, maxsplit=1)[0])


class _AskedError(Exception):
    """The server asks who asks."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("401")
        self.answer = answer


class _BusyError(Exception):
    """A failure that may pass; `answer` is None where there was none."""

    def __init__(self, reason: str, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer

    @property
    def status(self) -> int:
        return self.answer.status if self.answer else 0

    @property
    def wait_s(self) -> float:
        """The seconds that the server asks to wait, or 0."""
        asked = self.answer.headers.get("retry-after", "") if self.answer else ""
        return float(asked) if asked.isdecimal() else 0.0


class _SameMethod(urllib.request.HTTPRedirectHandler):
    """Follows a redirect of a GET only: a POST or PUT must not become one."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: Any,
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.get_method() == "GET" and newurl.startswith(("http://", "https://")):
            return super().redirect_request(req, fp, code, msg, headers, newurl)
        raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)


def _wrapper(endpoint: str) -> Any:
    """Make a SPARQLWrapper that gives its request: it would wait, and read, without an end."""
    from SPARQLWrapper import JSON, SPARQLWrapper

    class Wrapper(SPARQLWrapper):
        def request(self) -> urllib.request.Request:
            made: urllib.request.Request = self._createRequest()
            return made

    address, _, given = endpoint.partition("?")
    wrapper = Wrapper(address, returnFormat=JSON, agent="kytkos")
    for key, value in urllib.parse.parse_qsl(given):
        wrapper.addParameter(key, value)
    wrapper.setOnlyConneg(True)
    return wrapper


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_SameMethod())


def _origin(request: urllib.request.Request) -> str:
    return f"{request.type}://{request.host}"


def _table(answer: Answer, shown: str) -> Table:
    if answer.status == 206 or "x-sql-state" in answer.headers:
        hint = "Narrow the query, or let the server take more time."
        raise EndpointError(f"{shown}: only a part of the answer came", hint=hint)
    if not answer.body.strip():
        raise EndpointError(f"{shown}: the answer is empty", hint=_IS_IT)
    if answer.content_type.endswith("html"):
        title = _TITLE.search(answer.body[:4096].decode(errors="replace"))
        named = f" («{_plain(title.group(1))}»)" if title else ""
        raise EndpointError(f"{shown}: a web page came{named}, no answer", hint=_IS_IT)
    if answer.content_type and not answer.content_type.endswith("json"):
        message = (
            f"{shown}: the answer is {_plain(answer.content_type)}, not SPARQL results in JSON"
        )
        raise EndpointError(message, hint=_IS_IT)
    try:
        parsed = json.loads(answer.body)
    except UnicodeDecodeError as error:
        raise EndpointError(f"{shown}: the answer is not in UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        broken = isinstance(error, json.JSONDecodeError) and error.pos >= len(error.doc.rstrip())
        if broken or (isinstance(error, json.JSONDecodeError) and "Unterminated" in error.msg):
            hint = "Ask again; if it stays, narrow the query."
            raise EndpointError(f"{shown}: the answer breaks off", hint=hint) from error
        raise EndpointError(
            f"{shown}: the answer says it is JSON, and is not", hint=_IS_IT
        ) from error
    table = _checked(parsed, shown)
    most = answer.headers.get("x-sparql-maxrows", "")
    if most.isdecimal() and len(table) >= int(most):
        hint = "Narrow the query, or let the server give more (Virtuoso: ResultSetMaxRows)."
        raise EndpointError(f"{shown}: the server cut the answer at {most} rows", hint=hint)
    return table


def _checked(parsed: Any, shown: str) -> Table:
    """Read SPARQL results; whatever else JSON can hold is an error."""
    try:
        for binding in parsed["results"]["bindings"]:
            for term in binding.values():
                if term["type"] not in ("uri", "literal", "typed-literal", "bnode"):
                    raise EndpointError(f"{shown}: a term of an unknown type: {term['type']}")
                if not all(isinstance(part, str) for part in term.values()):
                    raise TypeError
                term["value"] = _as_xml_schema_says(term["value"], term.get("datatype", ""))
        table = Table.from_json(parsed)
        if not all(isinstance(variable, str) for variable in table.variables):
            raise TypeError
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        said = (
            _plain(str(parsed.get("error") or parsed.get("message") or ""))
            if (isinstance(parsed, dict))
            else ""
        )
        message = f"{shown}: the answer is JSON, not SPARQL results{said and f': {said}'}"
        raise EndpointError(message, hint=_IS_IT) from error
    return table


def _as_xml_schema_says(value: str, datatype: str) -> str:
    """Mend what Virtuoso writes otherwise: a truth value as 1, a year as 12 (months)."""
    if datatype == XSD + "boolean":
        return {"1": "true", "0": "false"}.get(value, value)
    if datatype in _DURATIONS and value.isdecimal() and value != "0":
        years, months = divmod(int(value), 12)
        return "P" + (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return value


def _read_all(response: HTTPResponse) -> bytes:
    parts = []
    while part := response.read1(_CHUNK):
        parts.append(part)
    missing = response.length or 0
    if missing:
        raise IncompleteRead(b"", missing)
    return b"".join(parts)


def _read_what_comes(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(_CHUNK)
    except (OSError, HTTPException, AttributeError):
        return b""


def _refused(
    answer: Answer | None, shown: str, credentials: Credentials, reason: str = ""
) -> EndpointError:
    if answer is None:
        hint = "Ask again later."
        return EndpointError(f"{shown}: {reason}, {_ATTEMPTS} times", hint=hint)
    said = _plain(answer.body.decode(errors="replace"))
    told = f": {said}" if said else ""
    status = answer.status
    if status in (301, 302, 303, 307, 308):
        there = shown_address(answer.headers.get("location", "elsewhere"))
        return EndpointError(f"{shown}: moved to {there}", hint="Use that address.")
    if status == 400:
        return EndpointError(f"{shown}: the server does not take the request{told}")
    if status == 401 and credentials:
        kind = "token" if credentials.token else "name or password"
        return EndpointError(f"{shown}: the server refuses the {kind} (401){told}")
    if status == 401:
        hint = "Set KYTKOS_USER and KYTKOS_PASSWORD, or KYTKOS_TOKEN."
        return EndpointError(f"{shown}: the server wants to know who asks (401)", hint=hint)
    if status == 403:
        hint = "Ask its keeper for the right to do this."
        return EndpointError(f"{shown}: not allowed (403){told}", hint=hint)
    if status == 404:
        return EndpointError(f"{shown}: nothing is there (404)", hint=_IS_IT)
    if status in _RETRIED:
        hint = "It may be busy: ask again later."
        return EndpointError(f"{shown}: the server can't answer now ({status}){told}", hint=hint)
    return EndpointError(f"{shown}: the server answered {status}{told}")


def _too_slow(shown: str, timeout_s: float) -> EndpointError:
    hint = "Give it more time with --timeout SECONDS, or narrow the query."
    return EndpointError(f"{shown}: no whole answer within {timeout_s:g} s", hint=hint)


def _plain(text: str) -> str:
    """Make one line of a server's message, or of its page, that a terminal can show."""
    plain = html.unescape(_NOT_SHOWN.sub(" ", text))
    line = " ".join(_CONTROL.sub(" ", plain).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _lower(headers: Any) -> dict[str, str]:
    return {str(k).lower(): str(v) for k, v in (headers.items() if headers else ())}
