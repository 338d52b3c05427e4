"""Real endpoints, one that misbehaves in each way that they do, and two servers of others."""

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from kytkos import remote
from kytkos.answers import shown_address
from kytkos.cli import main
from kytkos.errors import EndpointError, QueryError
from kytkos.exports import named_graphs
from kytkos.graph import Graph
from kytkos.publish import Store, find_store, push
from kytkos.remote import Client, Credentials, Remote, check_address
from kytkos.tables import Table
from kytkos.terms import XSD, Term
from tests.conftest import ROOT

JSON = "application/sparql-results+json"
QUERY = "SELECT ?a WHERE { ?a ?b ?c } ORDER BY ?a"
ONE_ROW = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"uri","value":"urn:x"}}]}}'
XML_ROW = b"""<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#">
<head><variable name="a"/></head><results><result><binding name="a"><uri>urn:x</uri></binding>
</result></results></sparql>"""
XML_YES = b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><boolean>true</boolean></sparql>'
LATIN = ONE_ROW.replace(b"urn:x", b"urn:\xe4")


Behave = Callable[[BaseHTTPRequestHandler], None]


def answering(body: bytes, kind: str = JSON, status: int = 200, **headers: str) -> Behave:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if kind:
            handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(ONE_ROW[:40])
    handler.close_connection = True


def cut_in_a_chunk(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"50\r\n" + ONE_ROW[:40])
    handler.close_connection = True


def moved(there: str, status: int = 302) -> Behave:
    return answering(b"", "text/plain", status, Location=there)


def reset(handler: BaseHTTPRequestHandler) -> None:
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()
    handler.close_connection = True


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def hang_halfway(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Content-Length", str(len(ONE_ROW)))
    handler.end_headers()
    handler.wfile.write(ONE_ROW[:40])
    time.sleep(3)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte now and then: no wait is long, and there is no end."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        time.sleep(0.1)


NONE = answering(b'{"head":{"vars":["graph","triples"]},"results":{"bindings":[]}}')


class Endpoint:
    """A server that does one thing after the other, and the last one from then on."""

    def __init__(self, *behaviours: Behave) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.lock = threading.Lock()
        rest = list(behaviours)
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                headers = {k.lower(): v for k, v in self.headers.items()}
                with endpoint.lock:
                    endpoint.requests.append((self.command, self.path, headers, body))
                    behave = rest.pop(0) if len(rest) > 1 else rest[0]
                behave(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/sparql"


@contextmanager
def endpoint(*behaviours: Behave) -> Iterator[Endpoint]:
    one = Endpoint(*behaviours)
    thread = threading.Thread(target=one.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_BACK_OFF_S", 0.01)
    for name in ("KYTKOS_USER", "KYTKOS_PASSWORD", "KYTKOS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_an_answer_is_a_table() -> None:
    with endpoint(answering(ONE_ROW)) as one:
        table = Remote(one.url).select(QUERY)

    assert table == Table(("a",), ((Term("uri", "urn:x"),),))
    method, path, headers, _ = one.requests[0]
    assert method == "GET"
    assert parse_qs(urlsplit(path).query) == {"query": [QUERY]}
    assert JSON in headers["accept"]


def test_a_long_query_goes_by_post() -> None:
    long = QUERY + " #" + "x" * 3000
    with endpoint(answering(ONE_ROW)) as one:
        Remote(one.url).select(long)

    method, _, headers, body = one.requests[0]
    assert method == "POST"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(body.decode()) == {"query": [long]}


def test_parameters_of_the_address_are_kept() -> None:
    with endpoint(answering(ONE_ROW)) as one:
        Remote(f"{one.url}?default-graph-uri=urn:g").select(QUERY)

    asked = parse_qs(urlsplit(one.requests[0][1]).query)
    assert asked == {"default-graph-uri": ["urn:g"], "query": [QUERY]}


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        (answering(b"<html><title>Log in</title>", "text/html"), r"a web page came \(«Log in»\)"),
        (answering(b"<h1>No</h1><p>way", "text/html", 401), "wants to know who asks"),
        (answering(b"forbidden", "text/plain", 403), r"not allowed \(403\): forbidden"),
        (answering(b"", "text/html", 404), r"nothing is there \(404\)"),
        (answering(b"", "text/html", 405), r"does not take such requests \(405\)"),
        (answering(b"", "text/html", 406), r"no SPARQL results in JSON \(406\)"),
        (answering(b"", "text/html", 410), r"nothing is there any more \(410\)"),
        (answering(b"", "text/html", 413), r"request is too large for the server \(413\)"),
        (answering(b"", "text/html", 414), r"address is too long for the server \(414\)"),
        (answering(b"", "text/html", 418), r"answered 418"),
        (answering(b"wait", "text/plain", 429), r"too many ask \(429\): wait"),
        (answering(b"", "text/html", 501), r"can't do this \(501\)"),
        (answering(b"", "text/html", 502), r"can't answer now \(502\)"),
        (answering(b"", "text/html", 504), r"can't answer now \(504\)"),
        (answering(b"Virtuoso 37000 Error SP030", "text/plain", 400), "SP030"),
        (answering(b"<b>boom</b>", "text/html", 500), r"the server failed \(500\): boom"),
        (answering(b"", JSON), "the answer is empty"),
        (answering(b" \n", JSON), "the answer is empty"),
        (answering(ONE_ROW[:40]), "breaks off"),
        (answering(ONE_ROW[:-1]), "breaks off"),
        (answering(b"<sparql/>", "application/sparql-results+xml"), "breaks off, or is not the"),
        (answering(XML_ROW[:180], "application/sparql-results+xml"), "breaks off, or is not the"),
        (answering(XML_ROW[:-1], "application/sparql-results+xml"), "breaks off, or is not the"),
        (answering(XML_YES, "application/sparql-results+xml"), "yes or no, not a table"),
        (answering(ONE_ROW, "text/plain"), "says it is text/plain, not SPARQL results"),
        (answering(ONE_ROW, "text/html"), "a web page came, no answer"),
        (answering(b"<sparql/>"), "says it is JSON, and is not"),
        (answering(b"\xff\xfe{", JSON), "not in UTF-8, as it should be"),
        (answering(b"[1, 2]"), "JSON, not SPARQL results"),
        (answering(b"null"), "JSON, not SPARQL results"),
        (answering(b'{"head":{},"boolean":true}'), "JSON, not SPARQL results"),
        (answering(b'{"error":"quota"}', "application/json"), "not SPARQL results: quota"),
        (answering(b"[" * 100_000), "says it is JSON, and is not"),
        (answering(ONE_ROW.replace(b'"uri"', b'"triple"')), "unknown type: triple"),
        (answering(ONE_ROW.replace(b'"urn:x"', b"1")), "JSON, not SPARQL results"),
        (answering(ONE_ROW, X_SPARQL_MaxRows="1"), "cut the answer at 1 rows"),
        (answering(ONE_ROW, status=206), "only a part"),
        (answering(ONE_ROW, X_SQL_State="S1TAT"), "only a part"),
        (answering(gzip.compress(ONE_ROW)[:40], Content_Encoding="gzip"), "breaks off"),
        (answering(ONE_ROW, Content_Encoding="gzip"), "not packed as it says"),
        (answering(ONE_ROW, Content_Encoding="br"), "packed as br, unasked"),
        (answering(LATIN, f"{JSON}; charset=utf-8"), "not in UTF-8, as it should be"),
        (answering(LATIN, f"{JSON}; charset=klingon"), "«klingon», an encoding not known"),
        (moved("/sparql"), r"redirects in a circle \(302\)"),
        (cut, "half an answer came, 4 times"),
        (cut_in_a_chunk, "half an answer came, 4 times"),
        (reset, "the connection broke off, 4 times"),
        (answering(b"busy", "text/plain", 503), r"can't answer now \(503\): busy"),
    ],
)
def test_what_endpoints_really_return_is_told(behave: Behave, says: str) -> None:
    with endpoint(behave) as one, pytest.raises(EndpointError, match=says) as caught:
        Remote(one.url).select(QUERY)

    assert one.url in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("behave", [hang, hang_halfway, drip])
def test_an_endpoint_that_hangs_is_left_in_time(behave: Behave) -> None:
    started = time.monotonic()

    with endpoint(behave) as one, pytest.raises(EndpointError, match=r"within 0\.5 s"):
        Remote(one.url, Client(timeout_s=0.5)).select(QUERY)

    assert time.monotonic() - started < 2


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(EndpointError, match=r"no connection: Connection refused"):
        Remote(f"http://127.0.0.1:{port}/").select(QUERY)


@pytest.mark.parametrize(
    ("greeting", "says"),
    [
        (b"220 mail.example.org ESMTP\r\n", "no web server: «220 mail.example.org ESMTP»"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "speaks TLS there"),
        (b"", "broke off"),
    ],
)
def test_something_that_is_no_web_server(greeting: bytes, says: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            for _ in range(4):
                peer, _ = listening.accept()
                peer.recv(4096)
                peer.sendall(greeting)
                peer.close()

        threading.Thread(target=greet, daemon=True).start()
        port = listening.getsockname()[1]

        with pytest.raises(EndpointError, match=says) as caught:
            Remote(f"http://127.0.0.1:{port}/").select(QUERY)

    assert "https://" in caught.value.hint or "address" in caught.value.hint


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    told: list[str] = []
    busy = answering(b"", "text/plain", status)
    with endpoint(busy, busy, answering(ONE_ROW)) as one:
        table = Remote(one.url, Client(progress=told.append)).select(QUERY)

    assert len(table) == 1
    assert len(one.requests) == 3
    assert f"{status}" in told[0]
    assert "2 of 4" in told[0]


def test_after_a_reset_the_query_is_sent_again() -> None:
    with endpoint(reset, cut, answering(ONE_ROW)) as one:
        assert len(Remote(one.url).select(QUERY)) == 1


def test_a_server_says_how_long_to_wait() -> None:
    told: list[str] = []
    busy = answering(b"", "text/plain", 503, Retry_After="1")
    with endpoint(busy, answering(ONE_ROW)) as one:
        started = time.monotonic()
        Remote(one.url, Client(progress=told.append)).select(QUERY)

    assert time.monotonic() - started >= 1
    assert "again in 1 s" in told[0]


def test_a_server_says_until_when_to_wait() -> None:
    told: list[str] = []
    busy = answering(b"", "text/plain", 503, Retry_After=formatdate(time.time() + 2, usegmt=True))
    with endpoint(busy, answering(ONE_ROW)) as one:
        started = time.monotonic()
        Remote(one.url, Client(progress=told.append)).select(QUERY)

    assert 0.5 < time.monotonic() - started < 3
    assert "503" in told[0]


@pytest.mark.parametrize("asked", ["soon", "-1", "1.5", "Wed, 99 Foo 2026", ""])
def test_a_wait_that_is_none_is_not_kept(asked: str) -> None:
    with endpoint(answering(b"", "", 503, Retry_After=asked), answering(ONE_ROW)) as one:
        started = time.monotonic()
        Remote(one.url).select(QUERY)

    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    "behave",
    [
        answering(gzip.compress(ONE_ROW), Content_Encoding="gzip"),
        answering(ONE_ROW, "application/json"),
        answering(ONE_ROW, ""),
        answering(b"\xef\xbb\xbf" + ONE_ROW, f"{JSON}; charset=UTF-8"),
        answering(ONE_ROW.decode().encode("utf-16"), f"{JSON}; charset=utf-16"),
        answering(XML_ROW, "application/sparql-results+xml"),
        moved("/elsewhere", 307),
    ],
)
def test_an_answer_in_another_dress_is_read(behave: Behave) -> None:
    with endpoint(behave, answering(ONE_ROW)) as one:
        table = Remote(one.url).select(QUERY)

    assert table == Table(("a",), ((Term("uri", "urn:x"),),))


def test_another_charset_is_read_where_it_is_named() -> None:
    with endpoint(answering(LATIN, f"{JSON}; charset=iso-8859-1")) as one:
        assert Remote(one.url).select(QUERY).rows == ((Term("uri", "urn:ä"),),)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 10_000)


@pytest.mark.parametrize(
    "behave", [endless, answering(gzip.compress(b" " * 200_000), Content_Encoding="gzip")]
)
def test_an_answer_without_end_is_left_at_the_limit(behave: Behave) -> None:
    with endpoint(behave) as one:
        result = run("query", "-", "--endpoint", one.url, "--max-bytes", "100000", stdin=QUERY)

    assert result.exit_code == 2
    assert "the answer has over 100000 bytes" in result.stderr
    assert "--max-bytes" in result.stderr


def test_https_to_a_server_without_tls() -> None:
    with endpoint(answering(ONE_ROW)) as one, pytest.raises(EndpointError) as caught:
        Remote(one.url.replace("http:", "https:")).select(QUERY)

    assert "no secure connection" in caught.value.message
    assert "write http://" in caught.value.hint


def test_a_server_that_sends_the_token_back_does_not_make_it_seen() -> None:
    def echo(handler: BaseHTTPRequestHandler) -> None:
        answering(handler.headers["Authorization"].encode(), "text/plain", 403)(handler)

    with endpoint(echo) as one, pytest.raises(EndpointError) as caught:
        Remote(one.url, Client(Credentials(token="s3cret"))).select(QUERY)

    assert "not allowed (403): Bearer …" in str(caught.value)


def test_a_token_with_a_line_break_is_refused_and_not_shown() -> None:
    with pytest.raises(EndpointError) as caught:
        Credentials.from_environment({"KYTKOS_TOKEN": "s3cret\nX-Evil: 1"})

    assert "s3cret" not in str(caught.value)
    assert Credentials.from_environment({"KYTKOS_TOKEN": "abc\n"}).token == "abc"


def test_no_wait_goes_beyond_the_time() -> None:
    started = time.monotonic()
    busy = answering(b"", "text/plain", 503, Retry_After="3600")

    with endpoint(busy) as one, pytest.raises(EndpointError, match="503"):
        Remote(one.url, Client(timeout_s=0.5)).select(QUERY)

    assert time.monotonic() - started < 1


def test_what_takes_over_a_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_PATIENCE_S", 0.05)
    told: list[str] = []

    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        answering(ONE_ROW)(handler)

    with endpoint(slow) as one:
        Remote(one.url, Client(progress=told.append)).select(QUERY)

    assert told == [f"waiting for {one.url} …"]


def test_a_token_is_sent_and_a_password_only_where_it_is_asked_for() -> None:
    with endpoint(answering(ONE_ROW)) as one:
        Remote(one.url, Client(Credentials(token="abc"))).select(QUERY)
        Remote(one.url, Client(Credentials("u", "p"))).select(QUERY)

    assert one.requests[0][2]["authorization"] == "Bearer abc"
    assert "authorization" not in one.requests[1][2]


def test_basic_is_answered_and_then_remembered() -> None:
    ask = answering(b"", "text/plain", 401, WWW_Authenticate='Basic realm="x"')
    client = Client(Credentials("user", "pässword"))
    with endpoint(ask, answering(ONE_ROW)) as one:
        Remote(one.url, client).select(QUERY)
        Remote(one.url, client).select(QUERY)

    sent = [headers.get("authorization") for _, _, headers, _ in one.requests]
    assert sent[0] is None
    assert sent[1] == sent[2] == "Basic dXNlcjpww6Rzc3dvcmQ="


def test_a_refused_password_is_told_and_not_shown() -> None:
    ask = answering(b"", "text/plain", 401, WWW_Authenticate="Bearer")
    with endpoint(ask) as one, pytest.raises(EndpointError) as caught:
        Remote(one.url, Client(Credentials("u", "secret"))).select(QUERY)

    assert "refuses the name or password" in caught.value.message
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(Client(Credentials("u", "secret", "secret")))


def test_a_redirect_does_not_carry_the_token_along() -> None:
    with endpoint(answering(ONE_ROW)) as there:
        moved = answering(b"", "text/plain", 302, Location=there.url)
        with endpoint(moved) as here:
            Remote(here.url, Client(Credentials(token="abc"))).select(QUERY)

    assert here.requests[0][2]["authorization"] == "Bearer abc"
    assert "authorization" not in there.requests[0][2]


@pytest.mark.parametrize("there", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_a_redirect_to_something_else_than_the_web_is_not_followed(there: str) -> None:
    with (
        endpoint(answering(b"", "text/plain", 302, Location=there)) as one,
        pytest.raises(EndpointError, match="moved to"),
    ):
        Remote(one.url).select(QUERY)


@pytest.mark.parametrize(
    "address", ["", "localhost:7878", "file:///etc/passwd", "http://", "http://a b/", "http://x:0/",
                "http://[", "http://x/\nHost: y"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(EndpointError, match="not a web address"):
        check_address(address)


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(EndpointError) as caught:
        Remote("https://user:secret@example.org/sparql")

    assert "secret" not in str(caught.value)
    assert shown_address("https://u:secret@example.org/q?token=x#y") == "https://example.org/q"


@pytest.mark.parametrize(
    "query",
    [
        "DELETE WHERE { ?a ?b ?c }",
        "ASK { ?a ?b ?c }",
        "# SELECT\nCLEAR ALL",
        "CONSTRUCT WHERE { ?a ?b ?c }",
        "DELETE { ?a ?b ?c } WHERE { SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } }",
        "ASK { SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } }",
        "SELECT ?a WHERE {",
    ],
)
def test_nothing_but_a_select_is_sent(query: str) -> None:
    with endpoint(answering(ONE_ROW)) as one, pytest.raises(QueryError):
        Remote(one.url).select(query)

    assert one.requests == []


def test_a_service_is_left_to_the_endpoint() -> None:
    with endpoint(answering(ONE_ROW)) as inner, endpoint(answering(ONE_ROW)) as one:
        query = f"SELECT ?a WHERE {{ SERVICE <{inner.url}> {{ ?a ?b ?c }} }}"
        assert len(Remote(one.url).select(query)) == 1

    assert inner.requests == []


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("boolean", "1", "true"),
        ("boolean", "0", "false"),
        ("duration", "12", "P1Y"),
        ("duration", "18", "P1Y6M"),
        ("yearMonthDuration", "6", "P6M"),
        ("duration", "P1Y", "P1Y"),
        ("integer", "1", "1"),
    ],
)
def test_virtuosos_values_are_those_of_xml_schema(kind: str, written: str, meant: str) -> None:
    term = {"type": "typed-literal", "value": written, "datatype": XSD + kind}
    answer = {"head": {"vars": ["a"]}, "results": {"bindings": [{"a": term}]}}
    with endpoint(answering(json.dumps(answer).encode())) as one:
        table = Remote(one.url).select(QUERY)

    assert table.rows == ((Term("literal", meant, datatype=XSD + kind),),)


# The command line


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(main, ["--project", str(ROOT), *arguments], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_query_asks_an_endpoint() -> None:
    with endpoint(answering(ONE_ROW)) as one:
        result = run("query", "-", "--endpoint", one.url, "--format", "csv", stdin=QUERY)

    assert result.stdout_bytes == b"a\r\nurn:x\r\n"
    assert result.exit_code == 0


def test_a_thing_that_only_the_endpoint_knows_can_be_named() -> None:
    with endpoint(answering(ONE_ROW)) as one:
        arguments = ("query", "body-responsibilities", "--set", "body=body:elsewhere")
        result = run(*arguments, "--endpoint", one.url)

    assert result.exit_code == 0
    assert "id/body/elsewhere" in one.requests[0][1] + one.requests[0][3].decode()


def test_an_endpoint_that_fails_leaves_with_2_and_one_sentence() -> None:
    with endpoint(answering(b"<html>", "text/html")) as one:
        result = run("query", "-", "--endpoint", one.url, stdin=QUERY)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {one.url}: a web page came")
    assert "hint: Is this the address of a SPARQL endpoint?" in result.stderr


# Publishing


def test_the_other_addresses_of_known_stores() -> None:
    def known(address: str) -> tuple[str, str]:
        store = find_store(address)
        return store.query, store.update

    assert known("http://h:7878/store") == ("http://h:7878/query", "http://h:7878/update")
    assert known("http://h/ds/data") == ("http://h/ds/query", "http://h/ds/update")
    graphdb = "http://h/repositories/kytkos"
    assert known(f"{graphdb}/rdf-graphs/service") == (graphdb, f"{graphdb}/statements")
    assert known("http://h/sparql-graph-crud-auth") == ("http://h/sparql", "http://h/sparql-auth")
    assert known("https://h:8182/sparql/gsp/") == ("https://h:8182/sparql",) * 2


def test_a_store_that_is_not_known_needs_its_query_address() -> None:
    with pytest.raises(EndpointError) as caught:
        find_store("http://h/graphs")

    assert "--query-endpoint" in caught.value.hint
    assert find_store("http://h/graphs", "http://h/q") == Store("http://h/graphs", "http://h/q")


def test_a_store_that_refuses_the_graphs_keeps_the_old_ones(county_graph: Graph) -> None:
    graphs = dict(list(named_graphs(county_graph).items())[:3])
    none = answering(b'{"head":{"vars":["graph","triples"]},"results":{"bindings":[]}}')
    full = answering(b"disk full", "text/plain", 507)
    put = answering(b"", "", 204)
    with endpoint(none, put, full, none) as one:
        store = Store(one.url, one.url, one.url)
        with pytest.raises(EndpointError, match=r"\(507\): disk full\. Nothing was replaced"):
            push(graphs, store, county_graph.prefixes, Client())

    written = [path for method, path, _, _ in one.requests if method == "PUT"]
    assert len(written) == 2
    assert all("staging" in path for path in written)


def test_a_store_that_dies_on_the_way_is_told_of_as_far_as_is_known(county_graph: Graph) -> None:
    graphs = dict(list(named_graphs(county_graph).items())[:3])
    dead = answering(b"", "text/plain", 500)
    with endpoint(NONE, answering(b"", "", 204), dead) as one:
        store = Store(one.url, one.url, one.url)
        with pytest.raises(EndpointError, match=r"Nothing was replaced\. What was put beside"):
            push(graphs, store, county_graph.prefixes, Client())


def test_a_store_that_dies_in_the_update_leaves_it_unknown(county_graph: Graph) -> None:
    iri, triples = next(iter(named_graphs(county_graph).items()))

    def staged(handler: BaseHTTPRequestHandler) -> None:
        query = parse_qs(urlsplit(handler.path).query)["query"][0]
        graph = query.partition("{ <")[2].partition(">")[0]
        bindings = {
            "graph": {"type": "uri", "value": graph},
            "triples": {"type": "literal", "value": str(len(triples))},
        }
        found = {"head": {"vars": ["graph", "triples"]}, "results": {"bindings": [bindings]}}
        answering(json.dumps(found).encode())(handler)

    dead = answering(b"", "text/plain", 500)
    with endpoint(NONE, answering(b"", "", 204), staged, dead) as one:
        store = Store(one.url, one.url, one.url)
        with pytest.raises(EndpointError, match=r"Whether the graphs were replaced is not known"):
            push({iri: triples}, store, county_graph.prefixes, Client())


def test_without_updates_it_is_told_what_was_replaced(county_graph: Graph) -> None:
    graphs = dict(list(named_graphs(county_graph).items())[:3])
    none = answering(b'{"head":{"vars":["graph","triples"]},"results":{"bindings":[]}}')
    with (
        endpoint(none, answering(b"", "", 204), answering(b"", "text/plain", 500)) as one,
        pytest.raises(EndpointError) as caught,
    ):
        push(graphs, Store(one.url, one.url), county_graph.prefixes, Client())

    _, second, third = graphs
    assert "1 of 3 graphs were replaced" in caught.value.message
    assert f"not: <{second}>, <{third}>" in caught.value.message
    assert f"<{second}> may be half done" in caught.value.message


def test_an_update_is_not_sent_twice() -> None:
    with endpoint(reset) as one, pytest.raises(EndpointError):
        Client().send(urllib.request.Request(one.url, data=b"update=x"), again=False)

    assert len(one.requests) == 1


def test_asking_an_endpoint_needs_no_rdflib() -> None:
    code = (
        "import sys, kytkos.remote; print(sorted({'rdflib', 'SPARQLWrapper'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )

    assert loaded.stdout.strip() == "[]"
