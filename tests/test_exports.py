import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pyoxigraph as ox
import pytest
import rdflib
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from kytkos import exports
from kytkos.cli import main
from kytkos.exports import GRAPHS, export, graph_iri, named_graphs, things, union
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.terms import DEF, ID
from tests.conftest import ROOT, MakeProject

FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
}

ODD = r"""
body:a a kyt:Forum ;
    skos:prefLabel "A \"lainaus\" \\ ja\nrivi"@fi , "" , "x"@fi-x-murre ;
    kyt:order 007 , 1.50 , 1e3 , true ; kyt:value "x"^^<urn:kind> ;
    kyt:concerns [ skos:prefLabel "nimetön"@fi ; kyt:concerns [ kyt:order 1 ] ] , <urn:x:ä> .
"""


def run(project: Path, *arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["--project", str(project), *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def triples(content: bytes, form: str) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(content, format=FORMATS[form])}


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_lost_on_the_way(county_graph: Graph, form: str) -> None:
    content = export(county_graph, form, "fi", {})

    assert triples(content, form) == {quad.triple for quad in county_graph.store}


@pytest.mark.parametrize("form", FORMATS)
def test_odd_terms_and_blank_nodes_are_kept(make_project: MakeProject, form: str) -> None:
    graph = make_project(ODD).graph()

    read = ox.Dataset(
        ox.Quad(t.subject, t.predicate, t.object)
        for t in triples(export(graph, form, "fi", {}), form)
    )
    expected = ox.Dataset(ox.Quad(*list(q.triple)) for q in graph.store)
    for dataset in (read, expected):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)

    assert read == expected


def test_rdflib_reads_the_json_ld_the_same(make_project: MakeProject) -> None:
    graph = make_project('body:a a kyt:Forum ; skos:prefLabel "A"@fi ; kyt:order 7 .\n').graph()
    body = rdflib.URIRef(f"{ID}body/a")

    read = rdflib.Graph().parse(data=export(graph, "jsonld", "fi", {}), format="json-ld")

    values = {str(o) for o in read.objects(body)}
    assert {"A", "7", "https://w3id.org/kytkos/def#Forum"} <= values


@pytest.mark.parametrize("form", [*FORMATS, "graphml"])
def test_the_same_data_gives_the_same_bytes_in_every_process(
    make_project: MakeProject, form: str
) -> None:
    project = make_project(ODD)
    digests = set()

    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", "from kytkos.cli import main; main()"]
        arguments = ["--project", str(project.root), "export", "--format", form]
        done = subprocess.run(command + arguments, capture_output=True, check=True, env=environment)
        digests.add(hashlib.sha256(done.stdout).hexdigest())

    assert len(digests) == 1


def test_the_order_of_the_files_changes_nothing(make_project: MakeProject) -> None:
    project = make_project("body:b a kyt:Forum .\nbody:a a kyt:Forum .\n")
    before = export(project.graph(), "ttl", "fi", {})
    text = (project.data / "things.ttl").read_text()
    (project.data / "things.ttl").write_text(
        text.replace("body:b a", "body:x a")
        .replace("body:a a", "body:b a")
        .replace("body:x", "body:a")
    )

    assert export(project.graph(), "ttl", "fi", {}) == before


def test_turtle_declares_only_the_prefixes_that_it_needs(make_project: MakeProject) -> None:
    text = exports.turtle(
        [ox.Triple(ox.NamedNode(f"{ID}body/a"), ox.NamedNode("urn:p"), ox.NamedNode("urn:o"))],
        make_project("").graph().prefixes,
    ).decode()

    assert text.count("@prefix") == 1
    assert "body:a <urn:p> <urn:o> ." in text


def test_a_graph_is_named_by_the_path_of_its_file(county_graph: Graph) -> None:
    graphs = named_graphs(county_graph)

    assert f"{GRAPHS}data/kanta-hame/parties.ttl" in graphs
    assert f"{GRAPHS}ontology/kytkos.ttl" in graphs
    assert sum(map(len, graphs.values())) == sum(1 for _ in county_graph.store)


def test_blank_nodes_of_two_files_stay_two(make_project: MakeProject) -> None:
    project = make_project('body:a kyt:concerns [ skos:prefLabel "A"@fi ] .\n')
    first = (project.data / "things.ttl").read_text()
    (project.data / "more.ttl").write_text(first.replace('"A"', '"B"'))

    read = triples(export(project.graph(), "trig", "fi", {}), "trig")

    concern = ox.NamedNode(f"{DEF}concerns")
    assert len({t.object for t in read if t.predicate == concern}) == 2


def test_no_graph_tells_where_this_machine_keeps_its_files(make_project: MakeProject) -> None:
    project = make_project("body:a a kyt:Forum .\n")

    names = list(named_graphs(project.graph()))

    assert f"{GRAPHS}data/things.ttl" in names
    assert f"{GRAPHS}ontology/kytkos.ttl" in names
    assert str(project.root) not in export(project.graph(), "trig", "fi", {}).decode()
    assert graph_iri(Path("/a/b ä/c.ttl"), Path("/x")) == f"{GRAPHS}b%20%C3%A4/c.ttl"


def test_graphml_has_things_with_labels_and_links(county_graph: Graph) -> None:
    content = export(county_graph, "graphml", "fi", {})

    network = nx.read_graphml(io.BytesIO(content), force_multigraph=True)
    body = network.nodes[f"{ID}body/kh-turva"]
    assert body["label"] == "KH Turva"
    assert body["kind"] == "Foorumi"
    county = network.nodes[f"{ID}hva/07"]
    assert county["label"] == "Kanta-Hämeen hyvinvointialue"
    assert county["label_sv"] == "Egentliga Tavastlands välfärdsområde"
    assert county["label_en"] == "Kanta-Häme wellbeing services county"
    duty = f"{ID}provision/kh2026-turvallisuus-paavastuu"
    assert network.nodes[duty]["cv:role"] == "Päävastuu"
    assert "cv:hasParticipant" in network[duty][f"{ID}body/kh-turva"]
    assert not any("/id/place/" in node or "/scheme/" in node for node in network)


def test_labels_of_the_network_are_in_the_language(county_graph: Graph) -> None:
    assert things(county_graph, "sv").nodes[f"{ID}hva/07"]["label"] == (
        "Egentliga Tavastlands välfärdsområde"
    )


def test_the_workbook_has_a_sheet_for_each_query(county: Project, county_graph: Graph) -> None:
    names = ("parties", "obligations", "shared-responsibilities")
    library = {name: county.library()[name] for name in names}

    book = load_workbook(io.BytesIO(export(county_graph, "xlsx", "fi", library)))

    assert book.sheetnames == ["Sisällys", "shared-responsibilities", "obligations", "parties"]
    assert book["parties"]["A1"].value == library["parties"].summary("fi")
    assert [cell.value for cell in book["parties"][4]][:3] == ["Versio", "Osapuoli", "Koodi"]
    assert "role = Päävastuu, Yhteistyössä" in book["shared-responsibilities"]["A2"].value


def test_export_writes_by_the_ending_of_the_file(make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project("body:a a kyt:Forum .\n")

    result = run(project.root, "export", "-o", tmp_path / "all.nt")

    assert result.exit_code == 0
    assert result.stdout == ""
    assert b"<https://w3id.org/kytkos/id/body/a> <http" in (tmp_path / "all.nt").read_bytes()


def test_what_can_not_be_written_leaves_with_2(make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project("body:a a kyt:Forum .\n")

    result = run(project.root, "export", "-o", tmp_path / "none" / "all.ttl")

    assert result.exit_code == 2
    assert "can't write" in result.stderr


def test_the_union_has_a_triple_of_two_files_once(make_project: MakeProject) -> None:
    project = make_project("body:a a kyt:Forum .\n")
    (project.data / "more.ttl").write_text((project.data / "things.ttl").read_text())
    graph = project.graph()

    listed = [t for t in union(graph) if t.subject == ox.NamedNode(f"{ID}body/a")]

    assert len(listed) == 1
