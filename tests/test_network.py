import json
import xml.etree.ElementTree as ElementTree

import pytest
from click.testing import CliRunner, Result

from kytkos.cli import main
from kytkos.engines import Oxigraph
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.network import export, figure, from_table, load, meaning, neighbours, parts, reach, sole
from kytkos.project import Project
from kytkos.queries import read_query
from kytkos.tables import Table
from kytkos.terms import Term
from tests.conftest import ROOT, MakeProject

NETWORKS = sorted(path.stem for path in (ROOT / "queries" / "network").glob("*.rq"))


def edges(*pairs: str) -> Table:
    """Make edges of `a-b`; a weight may follow, `a-b*3`, and a lone `a` is a node."""
    rows = []
    for pair in pairs:
        ends, _, weight = pair.partition("*")
        source, _, target = ends.partition("-")
        rows.append(
            (
                Term("uri", f"ex:{source}"),
                Term("literal", source),
                Term("uri", f"https://example.org/Kind{source[0]}"),
                Term("uri", f"ex:{target}") if target else None,
                Term("literal", target) if target else None,
                Term("uri", f"https://example.org/Kind{target[0]}") if target else None,
                Term("literal", weight) if weight else None,
            )
        )
    names = ("source", "sourceLabel", "sourceKind", "target", "targetLabel", "targetKind", "weight")
    return Table(names, tuple(rows))


def numbers(table: Table) -> dict[str, list[str]]:
    return {str(row[1]): [str(cell) for cell in row[2:]] for row in table.rows}


def test_a_row_without_both_ends_makes_a_node_and_no_edge() -> None:
    network = from_table(edges("a-b", "c"))

    assert list(network.edges) == [("ex:a", "ex:b")]
    assert sorted(network) == ["ex:a", "ex:b", "ex:c"]


def test_a_node_between_others_stands_on_their_shortest_paths() -> None:
    table = neighbours(from_table(edges("a-b*2", "b-c*3")))

    assert numbers(table) == {
        "b": ["2", "5", "100.0"],
        "c": ["1", "3", "0.0"],
        "a": ["1", "2", "0.0"],
    }


def test_reach_follows_all_edges_and_counts_a_node_once() -> None:
    table = reach(from_table(edges("s1-b1", "s1-b2", "b1-m1", "b2-m1", "m1-i1", "s2-m1", "b3-m2")))

    assert table.variables[2:] == ("reachedKindb", "reachedKindi", "reachedKindm", "reached")
    assert numbers(table) == {"s1": ["2", "1", "1", "4"], "s2": ["0", "1", "1", "2"]}


def test_a_target_with_one_source_would_be_left_alone() -> None:
    table = sole(from_table(edges("a-x", "a-y", "b-y", "b-z", "b-w")))

    assert numbers(table) == {"b": ["3", "2"], "a": ["2", "1"]}


def test_load_counts_each_target_once() -> None:
    assert numbers(load(from_table(edges("a-x", "a-x", "a-y", "b-x")))) == {"a": ["2"], "b": ["1"]}


def test_parts_are_named_the_largest_first() -> None:
    table = parts(from_table(edges("a-b", "c-b", "d", "e-f")))

    assert [[str(cell) for cell in row] for row in table.rows] == [
        ["1", "3", "a, b, c"],
        ["2", "2", "e, f"],
        ["3", "1", "d"],
    ]


def test_a_loop_ends() -> None:
    assert numbers(reach(from_table(edges("s-a", "a-b", "b-a")))) == {"s": ["1", "1", "2"]}


@pytest.mark.parametrize("shape", [neighbours, reach, sole, load, parts])
def test_no_edges_give_no_rows(shape: object) -> None:
    assert callable(shape)
    assert len(shape(from_table(edges()))) == 0


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_the_same_edges_give_the_same_bytes(form: str) -> None:
    first = export(edges("a-b*2", "b-c"), form, directed=True)

    assert first == export(edges("a-b*2", "b-c"), form, directed=True)
    tags = [element.tag.rpartition("}")[2] for element in ElementTree.fromstring(first).iter()]
    assert (tags.count("node"), tags.count("edge")) == (3, 2)


def test_a_query_without_a_figure_is_refused() -> None:
    query = read_query("SELECT ?source ?target {}", "mine")

    with pytest.raises(QueryError, match="no figure"):
        figure(query, edges("a-b"))


def test_a_query_without_edges_is_refused() -> None:
    query = read_query("#+ figure: load\nSELECT ?x {}", "mine")

    with pytest.raises(QueryError, match="no edges"):
        figure(query, Table(("x",), ()))


@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_says_what_it_means(county: Project, name: str) -> None:
    query = county.queries_in("network")[name]

    sentences = {meaning(query, lang) for lang in ("fi", "sv", "en")}
    assert len(sentences) == 3
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize("name", NETWORKS)
def test_rdflib_gives_the_same_edges(county: Project, county_graph: Graph, name: str) -> None:
    from kytkos.engines import Rdflib

    text = county.queries_in("network")[name].text
    answer = Oxigraph(county_graph).select(text, name)

    assert answer == Rdflib(county_graph).select(text, name)
    assert len(answer) > 0


def run(*arguments: str, project: object = ROOT) -> Result:
    result = CliRunner().invoke(main, ["--project", str(project), "--lang", "fi", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_without_kh_turva_two_measures_would_have_nobody() -> None:
    result = run("network", "single-points", "--format", "json")

    rows = json.loads(result.stdout)["results"]["bindings"]
    (turva,) = [row for row in rows if row["nodeLabel"]["value"] == "KH Turva"]
    assert turva["targetsAlone"]["value"] == "2"
    assert "vaille vastuutahoa" in result.stderr


def test_a_network_that_is_not_there_gets_the_nearest() -> None:
    result = run("network", "single-point")

    assert result.exit_code == 2
    assert "single-points" in result.stderr


def test_without_a_name_the_networks_are_listed() -> None:
    assert [line.split()[0] for line in run("network").stdout.splitlines()] == NETWORKS


def test_an_empty_project_has_no_edges(make_project: MakeProject) -> None:
    result = run("network", "bodies", "--format", "csv", project=make_project("").root)

    assert result.exit_code == 0
    assert "no edges" in result.stderr
    assert result.stdout == "node,nodeLabel,neighbours,strength,betweenness\n"


def test_a_network_of_another_version() -> None:
    result = run("network", "load-of-parties", "--set", "version=version:kh2023", "--format", "csv")

    assert "Lopen kunta" in result.stdout
