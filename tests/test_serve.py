"""The server, asked over a real connection."""

import http.server
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest

from kytkos.engines import Oxigraph
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.serve.protocol import GRAPHS, TABLES, RefusedError, asked, check, choose, words
from kytkos.tables import Table
from tests.conftest import ROOT, MakeProject
from tests.serving import PROGRAM, SECONDS, Server, serving

ALL = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
COUNT = f"SELECT (COUNT(*) AS ?n) {{ {ALL} }}"
FORUMS = "SELECT ?body WHERE { ?body a kyt:Forum } ORDER BY ?body"
GRAPH = "https://w3id.org/kytkos/graph/data/kanta-hame/bodies.ttl"
OTHER = "https://w3id.org/kytkos/graph/data/kanta-hame/parties.ttl"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


# --- the protocol -------------------------------------------------------------------------------


def test_a_query_in_the_address(server: Server, county_graph: Graph) -> None:
    reply = server.ask(FORUMS)

    expected = Oxigraph(county_graph).select(f"PREFIX kyt: <https://w3id.org/kytkos/def#> {FORUMS}")
    assert reply.status == 200
    assert Table.from_json(json.loads(reply.body)) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (urlencode({"query": FORUMS}), "application/x-www-form-urlencoded"),
        (urlencode({"query": FORUMS}), "application/x-www-form-urlencoded; charset=utf-8"),
        (FORUMS, "application/sparql-query"),
        (FORUMS, "application/sparql-query; charset=UTF-8"),
    ],
)
def test_a_query_in_the_body(server: Server, body: str, content_type: str) -> None:
    reply = server.send("POST", "/sparql", body.encode(), Content_Type=content_type)

    assert reply.status == 200
    assert json.loads(reply.body) == json.loads(server.ask(FORUMS).body)


@pytest.mark.parametrize(
    ("query", "accept", "content_type"),
    [
        (FORUMS, "", TABLES["json"]),
        (FORUMS, "*/*", TABLES["json"]),
        (FORUMS, "application/json", TABLES["json"]),
        (FORUMS, "application/sparql-results+xml, */*;q=0.1", TABLES["xml"]),
        (FORUMS, "text/csv", TABLES["csv"]),
        (FORUMS, "text/tab-separated-values;q=0.9, text/csv;q=0.8", TABLES["tsv"]),
        (FORUMS, HTML, "text/html"),
        ("ASK { ?s a kyt:Forum }", "", TABLES["json"]),
        ("ASK { ?s a kyt:Forum }", "application/sparql-results+xml", TABLES["xml"]),
        ("DESCRIBE body:kh-turva", "", GRAPHS["turtle"]),
        ("DESCRIBE body:kh-turva", "application/n-triples", GRAPHS["ntriples"]),
        ("CONSTRUCT WHERE { ?s a kyt:Forum }", "application/rdf+xml", GRAPHS["rdfxml"]),
        ("CONSTRUCT WHERE { ?s a kyt:Forum }", "application/ld+json", GRAPHS["jsonld"]),
        ("CONSTRUCT WHERE { ?s a kyt:Forum }", HTML, "text/html"),
    ],
)
def test_the_form_of_the_answer_is_the_clients_choice(
    server: Server, query: str, accept: str, content_type: str
) -> None:
    reply = server.ask(query, accept)

    assert (reply.status, reply.type) == (200, content_type)


def test_the_xml_form_holds_what_the_json_form_holds(server: Server) -> None:
    query = "SELECT * { ?s skos:prefLabel ?label ; kyt:order ?n . OPTIONAL { ?s kyt:none ?x } }"

    solutions = ox.parse_query_results(
        server.ask(query, TABLES["xml"]).body.encode(), format=ox.QueryResultsFormat.XML
    )
    as_json = ox.parse_query_results(
        server.ask(query, TABLES["json"]).body.encode(), format=ox.QueryResultsFormat.JSON
    )

    assert isinstance(solutions, ox.QuerySolutions)
    assert isinstance(as_json, ox.QuerySolutions)
    variables = [str(v.value) for v in as_json.variables]
    rows = [[s[v] for v in variables] for s in solutions]
    assert rows == [[s[v] for v in variables] for s in as_json]
    assert len(rows) > 100


def test_the_request_names_the_dataset(server: Server) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s a kyt:Forum }"
    named = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"

    assert server.ask(count, "text/csv", **{"default-graph-uri": GRAPH}).body != "n\r\n0\r\n"
    assert server.ask(count, "text/csv", **{"default-graph-uri": OTHER}).body == "n\r\n0\r\n"
    assert server.ask(named, "text/csv", **{"named-graph-uri": GRAPH}).body == f"g\r\n{GRAPH}\r\n"
    both = urlencode([("query", named), ("named-graph-uri", GRAPH), ("named-graph-uri", OTHER)])
    posted = server.send(
        "POST",
        "/sparql",
        both.encode(),
        Content_Type="application/x-www-form-urlencoded",
        Accept="text/csv",
    )
    assert sorted(posted.body.split()[1:]) == [GRAPH, OTHER]


def test_the_dataset_of_the_request_takes_the_place_of_that_of_the_query(server: Server) -> None:
    query = f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}> {{ ?s a kyt:Forum }}"

    assert server.ask(query, "text/csv").body != "n\r\n0\r\n"
    assert server.ask(query, "text/csv", **{"default-graph-uri": OTHER}).body == "n\r\n0\r\n"


def test_without_a_query_the_service_is_described(server: Server) -> None:
    reply = server.send("GET", "/sparql", None, Accept="text/turtle")

    triples = list(ox.parse(reply.body.encode(), format=ox.RdfFormat.TURTLE))
    endpoint = ox.NamedNode("http://www.w3.org/ns/sparql-service-description#endpoint")
    assert [q.object.value for q in triples if q.predicate == endpoint] == [
        f"http://127.0.0.1:{server.port}/sparql"
    ]
    assert server.send("GET", "/sparql", None, Accept="application/n-triples").type == (
        "application/n-triples"
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "status"),
    [
        ("PUT", "/sparql?query=ASK%7B%7D", "", "", 405),
        ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", "", "", 400),
        ("POST", "/sparql", "query=ASK%7B%7D&query=ASK%7B%7D", "form", 400),
        ("POST", "/sparql?query=ASK%7B%7D", "query=ASK%7B%7D", "form", 400),
        ("POST", "/sparql?query=ASK%7B%7D", "ASK {}", "application/sparql-query", 400),
        ("POST", "/sparql", "ASK {}", "text/plain", 415),
        ("POST", "/sparql", "ASK {}", "", 415),
        ("POST", "/sparql", "query=ASK%7B%7D", "", 415),
        ("POST", "/sparql", "x=1", "form", 400),
        ("POST", "/sparql", "ASK {}", "application/sparql-query; charset=UTF-16", 415),
        ("GET", "/sparql?query=ASK%7B", "", "", 400),
        ("GET", "/sparql?query=%FF", "", "", 400),
        ("GET", "/sparql?query=ASK%7B%7D&default-graph-uri=not%20an%20iri", "", "", 400),
        ("POST", "/sparql", "INSERT DATA { <a:a> <a:b> 1 }", "application/sparql-update", 403),
        ("POST", "/sparql", "update=CLEAR+ALL", "form", 403),
        ("GET", "/sparql?update=CLEAR+ALL", "", "", 403),
        ("GET", "/sparql?query=CLEAR+ALL", "", "", 403),
        ("GET", "/sparql?query=LOAD+%3Chttp://127.0.0.1/%3E", "", "", 403),
        ("POST", "/sparql", "query=" + "x" * 200_000, "form", 413),
        ("GET", "/queries/none", "", "", 404),
        ("GET", "/queries/obligations?nothing=1", "", "", 400),
        ("GET", "/id/body/none", "", "", 404),
        ("GET", "/none.html", "", "", 404),
        ("POST", "/queries", "", "", 405),
    ],
)
def test_what_is_no_request_of_the_protocol_is_refused(
    server: Server, method: str, path: str, body: str, content_type: str, status: int
) -> None:
    kinds = {"form": "application/x-www-form-urlencoded"}
    headers = {"Content_Type": kinds.get(content_type, content_type)} if content_type else {}
    reply = server.send(method, path, body.encode() if method != "GET" else None, **headers)

    assert reply.status == status
    assert "Traceback" not in reply.body


def test_a_form_that_cannot_be_had_is_refused(server: Server) -> None:
    assert server.ask("ASK {}", "image/png").status == 406
    assert "text/csv" in server.ask("ASK {}", "image/png").body
    assert server.ask("ASK {}", format="none").status == 400


def test_a_syntax_error_names_line_and_column(server: Server) -> None:
    reply = server.ask("SELECT ?s {\n ?s a }")

    assert reply.status == 400
    assert "query:2:7: error" in reply.body


def test_head_and_options(server: Server) -> None:
    head = server.send("HEAD", "/sparql?query=ASK%7B%7D")
    options = server.send("OPTIONS", "/sparql")

    assert (head.status, head.body, head.type) == (200, "", TABLES["json"])
    assert options.status == 204
    assert options.headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_a_page_elsewhere_may_read_the_answer(server: Server) -> None:
    reply = server.send("GET", "/sparql?query=ASK%7B%7D", None, Origin="https://example.org")

    assert reply.headers["access-control-allow-origin"] == "*"


# --- what is refused, and what is stopped -------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <%s> { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT <%s> { ?s ?p ?o } }",
        "SELECT * { S\\u0045RVICE <%s> { ?s ?p ?o } }",
        "PREFIX a: <a:> SELECT * { OPTIONAL { ?s a:b\\#c ?x } SERVICE SILENT <%s> { ?s ?p ?o } }",
        "SELECT * FROM <%s> { ?s ?p ?o }",
    ],
)
def test_no_query_makes_the_server_ask_another(server: Server, query: str) -> None:
    asked_elsewhere = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            asked_elsewhere.append(self.client_address)

    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        server.ask(query % f"http://127.0.0.1:{elsewhere.server_port}/")
        elsewhere.shutdown()

    assert asked_elsewhere == []


def test_service_in_a_text_or_a_comment_is_no_service(server: Server) -> None:
    assert server.ask('ASK { FILTER ("service" = "service") } # service').status == 200


def test_a_query_of_death_is_stopped_and_the_others_go_on(server: Server) -> None:
    def killer() -> tuple[int, float]:
        start = time.monotonic()
        return server.ask(COUNT).status, time.monotonic() - start

    server.ask(FORUMS)
    with ThreadPoolExecutor(3) as pool:
        deaths = [pool.submit(killer) for _ in range(2)]
        time.sleep(0.2)
        start = time.monotonic()
        replies = [server.ask(FORUMS).status for _ in range(10)]
        took = time.monotonic() - start

    assert replies == [200] * 10
    assert took < SECONDS
    for status, seconds in (death.result() for death in deaths):
        assert status == 503
        # The workers were there already, so that their start is not in it.
        assert SECONDS <= seconds < SECONDS + 1.5
    assert server.ask(FORUMS).status == 200


def test_an_answer_that_is_too_long_is_refused_not_cut(server: Server) -> None:
    reply = server.ask("SELECT * { ?s ?p ?o }")

    assert reply.status == 403
    assert "more than 3000 rows" in reply.body


def test_a_query_that_takes_too_much_memory_is_stopped(server: Server) -> None:
    query = f"SELECT DISTINCT ?a ?c ?d ?f {{ {ALL} }} ORDER BY ?f ?c"

    reply = server.ask(query)

    assert reply.status == 503
    assert server.ask(FORUMS).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3030"])
def test_a_name_that_is_made_to_lead_here_gets_nothing(server: Server, host: str) -> None:
    assert server.send("GET", "/queries", None, Host=host).status == 400


def test_every_answer_has_the_headers_of_safety(server: Server) -> None:
    for path in ("/", "/sparql", "/queries", "/none", "/sparql?query=x"):
        headers = server.send("GET", path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


# --- stored queries, things and the site --------------------------------------------------------


def test_the_stored_queries_are_listed(server: Server, county: Project) -> None:
    listed = json.loads(server.send("GET", "/queries?lang=sv", None, Accept="*/*").body)

    assert [one["name"] for one in listed] == list(county.library())
    (one,) = [one for one in listed if one["name"] == "body-responsibilities"]
    assert "body" in [parameter["name"] for parameter in one["parameters"]]
    assert one["summary"] == county.library()["body-responsibilities"].summary("sv")


@pytest.mark.parametrize("body", ["KH Turva", "body:kh-turva", "Kanta-Hämeen turvallisuusfoorumi"])
def test_a_stored_query_takes_names(server: Server, body: str) -> None:
    path = f"/queries/body-responsibilities?body={quote(body)}&lang=en&format=csv"

    reply = server.send("GET", path)

    assert "Shared regional picture of the safety situation" in reply.body


@pytest.mark.parametrize(
    "value", ['" } ?s ?p ?o', "x> } #", "'''", "}", "\n", "\\u007D", "a" * 999]
)
def test_a_parameter_is_never_syntax(server: Server, value: str) -> None:
    reply = server.send("GET", f"/queries/body-responsibilities?format=csv&body={quote(value)}")

    assert reply.status == (200 if value == "\n" else 400)
    assert "can't be parsed" not in reply.body


def test_a_stored_query_gives_a_workbook(server: Server) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/queries/obligations?format=xlsx")
    reply = connection.getresponse()

    assert reply.read(2) == b"PK"
    assert reply.getheader("content-disposition") == 'attachment; filename="obligations.xlsx"'
    connection.close()


def test_an_iri_of_the_graph_answers(server: Server) -> None:
    page = server.send("GET", "/id/body/kh-turva", None, Accept=HTML, Accept_Language="sv")
    data = server.send("GET", "/id/body/kh-turva", None, Accept="text/turtle")

    assert (page.status, page.headers["location"]) == (303, "/sv/toimielin/kh-turva.html")
    assert server.send("GET", page.headers["location"]).status == 200
    assert "Accept" in page.headers["vary"]
    triples = {str(q.subject) for q in ox.parse(data.body.encode(), format=ox.RdfFormat.TURTLE)}
    assert "<https://w3id.org/kytkos/id/body/kh-turva>" in triples


def test_an_iri_without_a_page_leads_to_what_is_said_of_it(server: Server) -> None:
    reply = server.send("GET", "/id/provision/kh2026-kh-turva-kokoontuu", None, Accept=HTML)

    shown = server.send("GET", reply.headers["location"], None, Accept=HTML)
    assert reply.status == 303
    assert "kyt:atLeast" in shown.body


def test_the_ontology_answers_at_its_address(server: Server) -> None:
    assert "kyt:Forum a owl:Class" in server.send("GET", "/def", None, Accept="text/turtle").body


def test_the_site_is_served(server: Server) -> None:
    reply = server.send("GET", "/")

    assert (reply.status, reply.type) == (200, "text/html")
    assert "<h1>" in reply.body


def test_text_of_a_query_is_shown_not_run(server: Server) -> None:
    reply = server.ask('SELECT ("<script>alert(1)</script>" AS ?x) {}', HTML)

    assert "<script>" not in reply.body
    assert "&lt;script&gt;" in reply.body


# --- by itself ----------------------------------------------------------------------------------


def test_a_port_in_use_is_named(server: Server, make_project: MakeProject) -> None:
    project = make_project("")
    command = [*PROGRAM, "--project", str(project.root), "serve", "--port", str(server.port)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)

    assert done.returncode == 2
    assert f"can't listen on 127.0.0.1:{server.port}" in done.stderr
    assert f"--port {server.port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_site_is_named(tmp_path: Path) -> None:
    command = [*PROGRAM, "--project", str(ROOT), "serve", "--site", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 2
    assert f"kytkos build --out {tmp_path}" in done.stderr


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("PREFIX insert: <a:> SELECT * {}", ["PREFIX", "SELECT"]),
        ('ASK { FILTER ("a # b" = ?x) } # SERVICE', ["ASK", "FILTER"]),
        ("ASK { <http://a/SERVICE> ?p 'SERVICE' }", ["ASK"]),
        ("SERVIC\\u0045", ["SERVICE"]),
    ],
)
def test_the_words_of_a_query(query: str, found: list[str]) -> None:
    assert words(query) == found


def test_an_update_after_a_prologue_is_refused() -> None:
    with pytest.raises(RefusedError, match="read only"):
        check("BASE <a:> PREFIX a: <a:> # x\n delete where { ?s ?p ?o }")


def test_a_get_without_query_asks_nothing() -> None:
    assert asked("GET", "lang=fi&query=", "", b"") is None


@pytest.mark.parametrize("accept", ["a", "text/", "*", "text/csv;q=x"])
def test_an_accept_that_is_none_breaks_nothing(accept: str) -> None:
    found = ""
    with suppress(RefusedError):
        found = choose(accept, "", TABLES)

    assert found in ("", *TABLES)
