"""A store behind a SPARQL 1.1 endpoint: asked by SPARQLWrapper, filled by the Graph Store Protocol.

What endpoints really return (web pages, empty bodies, half an answer, nothing at all) becomes
an `EndpointError` that says what came and what to do.
"""

import os
import ssl
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
from http.client import (
    BadStatusLine,
    HTTPException,
    HTTPResponse,
    IncompleteRead,
    RemoteDisconnected,
)
from typing import Any, TypeVar

from kytkos.answers import (
    BUSY,
    CONTROL,
    Answer,
    plain,
    refused,
    shown_address,
    table,
    too_large,
    unpacked,
)
from kytkos.engines import check_select
from kytkos.errors import EndpointError
from kytkos.tables import Table

TIMEOUT_S = 60.0
MOST_BYTES = 200_000_000  # of one answer

_ATTEMPTS = 4
_BACK_OFF_S = 0.5
_LONGEST_WAIT_S = 10.0
_PATIENCE_S = 1.0  # how long one waits without being told what for
_LONGEST_GET = 2_000  # characters of a URL that every server and proxy takes
_CHUNK = 1 << 16
_TLS_ALERT = "\x15\x03"  # RFC 8446, section 5.1
_IS_ADDRESS_RIGHT = "Is the address right, and the server running?"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, or a token; empty where there are none."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Credentials":
        """Read KYTKOS_USER and KYTKOS_PASSWORD, or KYTKOS_TOKEN.

        Raises:
            EndpointError: the token holds what no header can.
        """
        names = ("KYTKOS_USER", "KYTKOS_PASSWORD", "KYTKOS_TOKEN")
        user, password, token = (environment.get(name, "").strip("\r\n") for name in names)
        if not token.isascii() or not token.isprintable() or " " in token:
            hint = "Give the token alone, as it was given to you."
            raise EndpointError("KYTKOS_TOKEN holds a character that no token has", hint=hint)
        return cls(user, password, token)

    def __bool__(self) -> bool:
        return bool(self.user or self.token)

    @property
    def named(self) -> str:
        """What is sent, in words."""
        return "token" if self.token else "name or password" if self.user else ""

    def hidden(self, text: str) -> str:
        """Take the secrets out of a text: a server may send back what it was sent."""
        for secret in (self.password, self.token, self.basic().partition(" ")[2]):
            text = text.replace(secret, "…") if secret else text
        return text

    def basic(self) -> str:
        """Give the header of HTTP Basic."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {b64encode(pair).decode()}"


@dataclass(frozen=True)
class Client:
    """Sends requests, again where a server is busy, and within one time for each in all.

    Args:
        timeout_s: how long one request may take, its retries included.
        most_bytes: how large an answer may be, unpacked.
        progress: is told what is waited for, once that takes over a second.
    """

    credentials: Credentials = Credentials()
    timeout_s: float = TIMEOUT_S
    most_bytes: int = MOST_BYTES
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
                wait = min(
                    round(busy.wait_s, 1) or _BACK_OFF_S * 2 ** (attempt - 1), _LONGEST_WAIT_S
                )
                surely_not_done = busy.status in (429, 503)
                late = time.monotonic() + wait >= deadline
                if attempt == _ATTEMPTS or late or not (again or surely_not_done):
                    raise self._given_up(busy, shown) from busy
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
        raise self._refused(answer, shown_address(request.full_url))

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
            if error.code in BUSY:
                raise _BusyError(f"{error.code} {error.reason}", answer) from error
            if str(error.reason).startswith(urllib.request.HTTPRedirectHandler.inf_msg[:20]):
                message = f"{shown}: the server redirects in a circle ({error.code})"
                raise EndpointError(message, hint=_IS_ADDRESS_RIGHT) from error
            answer.headers["location"] = urllib.parse.urljoin(
                request.full_url, answer.headers.get("location", "")
            )
            raise self._refused(answer, shown) from error
        except urllib.error.URLError as error:
            raise self._unreached(error.reason, shown) from error
        except (OSError, HTTPException) as error:
            raise self._unreached(error, shown) from error
        except ValueError as error:
            # Not what it says: that may hold the header with the password.
            raise EndpointError(f"{shown}: not an address", hint=_IS_ADDRESS_RIGHT) from error
        with response:
            headers = _lower(response.headers)
            try:
                body = _read_all(response, self.most_bytes, shown)
            except TimeoutError as error:
                raise _too_slow(shown, self.timeout_s) from error
            except (OSError, HTTPException) as error:
                raise _BusyError("half an answer came") from error
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding != "identity":
            body = unpacked(body, coding, self.most_bytes, shown)
        return Answer(response.status, headers, body)

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
        """Tell why no answer came at all; what may pass is asked again."""
        if isinstance(reason, TimeoutError):
            return _too_slow(shown, self.timeout_s)
        if isinstance(reason, BadStatusLine) and not isinstance(reason, RemoteDisconnected):
            if str(reason).startswith(_TLS_ALERT):
                hint = "Write https:// in its address."
                return EndpointError(f"{shown}: the server speaks TLS there", hint=hint)
            message = f"{shown}: what answers there is no web server: «{plain(str(reason))}»"
            return EndpointError(message, hint=_IS_ADDRESS_RIGHT)
        if isinstance(reason, (ConnectionResetError, BrokenPipeError, HTTPException)):
            return _BusyError("the connection broke off")
        if isinstance(reason, ssl.SSLCertVerificationError):
            hint = "Name the file of your own authority in SSL_CERT_FILE, if it has one."
            message = f"{shown}: its certificate is not trusted: {reason.verify_message}"
            return EndpointError(message, hint=hint)
        if isinstance(reason, ssl.SSLError):
            hint = "Does it speak TLS there? If not, write http:// in its address."
            said = (reason.reason or "").replace("_", " ").lower()
            return EndpointError(f"{shown}: no secure connection: {said}", hint=hint)
        said = getattr(reason, "strerror", None) or str(reason)
        return EndpointError(f"{shown}: no connection: {said}", hint=_IS_ADDRESS_RIGHT)

    def _refused(self, answer: Answer, shown: str) -> EndpointError:
        error = refused(answer, shown, self.credentials.named)
        return EndpointError(self.credentials.hidden(error.message), hint=error.hint)

    def _given_up(self, busy: "_BusyError", shown: str) -> EndpointError:
        if busy.answer:
            return self._refused(busy.answer, shown)
        hint = "Ask again later. If it stays: does it want https:// there?"
        return EndpointError(f"{shown}: {busy.reason}, {_ATTEMPTS} times", hint=hint)


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
        return table(self.client.send(request), shown_address(self.endpoint))


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
    if wrong or not address.isascii() or CONTROL.search(address) or " " in address:
        hint = "Write it whole: http://localhost:7878/query"
        raise EndpointError(f"{shown_address(address)}: not a web address", hint=hint)
    if "@" in parts.netloc:
        hint = "Give them in KYTKOS_USER and KYTKOS_PASSWORD."
        raise EndpointError(
            f"{shown_address(address)}: a name and password don't belong in an address", hint=hint
        )


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
        return self.answer.wait_s(time.time()) if self.answer else 0.0


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


def _read_all(response: HTTPResponse, most: int, shown: str) -> bytes:
    parts = []
    size = 0
    while part := response.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > most:
            raise too_large(shown, most)
    missing = response.length or 0
    if missing:
        raise IncompleteRead(b"", missing)
    return b"".join(parts)


def _read_what_comes(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(_CHUNK)
    except (OSError, HTTPException, AttributeError):
        return b""


def _too_slow(shown: str, timeout_s: float) -> EndpointError:
    hint = "Give it more time with --timeout SECONDS, or narrow the query."
    return EndpointError(f"{shown}: no whole answer within {timeout_s:g} s", hint=hint)


def _lower(headers: Any) -> dict[str, str]:
    return {str(k).lower(): str(v) for k, v in (headers.items() if headers else ())}
