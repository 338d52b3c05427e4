"""The servers of others, and our own, answer the whole library with equal rows."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kytkos.engines import Oxigraph
from kytkos.errors import EndpointError
from kytkos.exports import GRAPHS, named_graphs, union
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.publish import Published, Store, find_store, push, push_default
from kytkos.remote import Client, Credentials, Remote
from kytkos.terms import ID, Term
from tests.conftest import ROOT, skip_without
from tests.serving import serving
from tests.test_remote import run

LIBRARY = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))


def named(**things: str) -> dict[str, Term]:
    return {parameter: Term("uri", ID + local) for parameter, local in things.items()}


# What a query that the defaults do not try enough is asked, too.
OTHER_VALUES = {
    "body-responsibilities": [named(body="body/kh-hyte")],
    "claims": [named(thing="hva/07")],
    "party-duties": [named(party="hva/07"), named(party="liitto/05")],
    "party-meetings-a-year": [named(party="hva/07"), named(party="kunta/109")],
    "thing": [named(thing="version/kh2026"), named(thing="place/kh2026-9-irtisanomisaika")],
    "thing-places": [named(thing="measure/kh2026-hyvinvointikysely")],
}


def test_our_own_server_gives_equal_rows(county: Project, county_graph: Graph) -> None:
    with serving() as server:
        remote = Remote(f"http://127.0.0.1:{server.port}/sparql")
        for name, query in county.library().items():
            assert remote.select(query.text) == Oxigraph(county_graph).select(query.text), name


def _wait_for(url: str, process: "subprocess.Popen[bytes]", seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{process.args!r} did not start")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def started(command: list[str], url: str, folder: Path, seconds: float) -> Iterator[None]:
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            _wait_for(url, process, seconds)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def oxigraph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Oxigraph's own server, of the package `oxigraph`."""
    beside = Path(sys.executable).with_name("oxigraph")
    binary = str(beside) if beside.exists() else shutil.which("oxigraph")
    if binary is None:
        skip_without("the server `oxigraph` (pip install oxigraph)")
    (port,) = _free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [binary, "serve", "--bind", f"127.0.0.1:{port}"]
    with started(command, f"{url}/", tmp_path_factory.mktemp("oxigraph"), 10):
        yield url


@pytest.fixture(scope="session")
def filled_oxigraph(oxigraph_server: str, county_graph: Graph) -> tuple[Store, Published]:
    store = find_store(f"{oxigraph_server}/store")
    push_default(union(county_graph), store, county_graph.prefixes, Client())
    graphs = named_graphs(county_graph)
    return store, push(graphs, store, county_graph.prefixes, Client())


VIRTUOSO = Credentials("dba", "dba")


@pytest.fixture(scope="session")
def virtuoso_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Virtuoso 7, of the Debian package `virtuoso-opensource-7`."""
    binary = shutil.which("virtuoso-t")
    settings = Path("/usr/share/virtuoso-opensource-7/virtuoso.ini")
    if binary is None or not settings.is_file():
        skip_without("Virtuoso (apt install virtuoso-opensource-7)")
    folder = tmp_path_factory.mktemp("virtuoso")
    sql, http = _free_ports(2)
    text = settings.read_text(encoding="utf-8")
    text = text.replace("/var/lib/virtuoso-opensource-7/db", str(folder))
    text = text.replace("/var/lib/virtuoso-opensource-7/vsp", str(folder))
    text = text.replace("= 1111", f"= 127.0.0.1:{sql}").replace("= 8890", f"= 127.0.0.1:{http}")
    (folder / "virtuoso.ini").write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{http}"
    command = [binary, "-f", "-c", str(folder / "virtuoso.ini")]
    with started(command, f"{url}/sparql", folder, 60):
        yield url


@pytest.fixture(scope="session")
def filled_virtuoso(virtuoso_server: str, county_graph: Graph) -> Remote:
    store = find_store(f"{virtuoso_server}/sparql-graph-crud-auth")
    push({f"{GRAPHS}all": union(county_graph)}, store, county_graph.prefixes, Client(VIRTUOSO))
    return Remote(store.query)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_oxigraph_server_gives_equal_rows(
    county: Project, county_graph: Graph, filled_oxigraph: tuple[Store, Published], name: str
) -> None:
    text = county.library()[name].text

    assert Remote(filled_oxigraph[0].query).select(text) == Oxigraph(county_graph).select(text)


def test_the_oxigraph_server_has_every_graph_whole(
    county_graph: Graph, filled_oxigraph: tuple[Store, Published]
) -> None:
    _, published = filled_oxigraph

    assert published.total == sum(1 for _ in county_graph.store)
    assert len(published.triples) == len(county_graph.files)
    assert f"{GRAPHS}data/kanta-hame/parties.ttl" in published.triples


def test_a_graph_is_replaced_and_not_added_to(
    oxigraph_server: str, county_graph: Graph, filled_oxigraph: tuple[Store, Published]
) -> None:
    iri, triples = next(iter(named_graphs(county_graph).items()))
    store = filled_oxigraph[0]

    push({iri: triples[:5]}, store, county_graph.prefixes, Client())
    published = push({iri: triples}, store, county_graph.prefixes, Client())

    assert published.triples == {iri: len(triples)}
    assert len(published.others) == len(county_graph.files) - 1
    left = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?a ?b ?c } FILTER(CONTAINS(STR(?g), 'staging')) }"
    assert len(Remote(store.query).select(left)) == 0


def test_where_the_update_is_refused_the_old_graphs_stay(
    county_graph: Graph, filled_oxigraph: tuple[Store, Published]
) -> None:
    """The graphs are all put and counted; then the last step fails."""
    real = filled_oxigraph[0]
    store = Store(real.data, real.query, real.query.replace("/query", "/nowhere"))
    graphs = named_graphs(county_graph)
    fewer = {iri: triples[:3] for iri, triples in list(graphs.items())[:3]}

    with pytest.raises(EndpointError, match=r"\(404\).*Nothing was replaced"):
        push(fewer, store, county_graph.prefixes, Client())

    count = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert Remote(real.query).select(count).rows[0][0] is not None
    assert int(str(Remote(real.query).select(count).rows[0][0])) == len(list(county_graph.store))


def test_push_tells_what_it_did(filled_oxigraph: tuple[Store, Published]) -> None:
    result = run("push", filled_oxigraph[0].data)

    assert result.exit_code == 0
    assert "counted there" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", LIBRARY)
def test_virtuoso_gives_equal_rows(
    county: Project, county_graph: Graph, filled_virtuoso: Remote, name: str
) -> None:
    """No query is left out: how to go round Virtuoso's faults is said in remote-endpoints.md."""
    query = county.library()[name]

    for values in (*OTHER_VALUES.get(name, ()), {"lang": Term("literal", "sv")}, {}):
        text = query.bind({k: v for k, v in values.items() if k in query.parameters}).text
        assert filled_virtuoso.select(text) == Oxigraph(county_graph).select(text), values


def test_virtuoso_takes_every_file_by_digest(virtuoso_server: str, county_graph: Graph) -> None:
    store = find_store(f"{virtuoso_server}/sparql-graph-crud-auth")
    graphs = {f"{GRAPHS}test/{n}": t for n, t in enumerate(named_graphs(county_graph).values())}

    published = push(graphs, store, county_graph.prefixes, Client(VIRTUOSO))

    assert published.total == sum(1 for _ in county_graph.store)


def test_virtuoso_refuses_a_wrong_password(virtuoso_server: str, county_graph: Graph) -> None:
    store = find_store(f"{virtuoso_server}/sparql-graph-crud-auth")
    graphs = dict(list(named_graphs(county_graph).items())[:1])

    with pytest.raises(EndpointError, match=r"refuses the name or password .*Nothing was replaced"):
        push(graphs, store, county_graph.prefixes, Client(Credentials("dba", "wrong")))
