"""The graph as of a day: what was in force, what was a draft, what had been held."""

import pytest
from click.testing import CliRunner

from kytkos import asof, checks, cli
from kytkos.engines import Oxigraph
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.tables import Table

KYT = "PREFIX kyt: <https://w3id.org/kytkos/def#>"


def past(county: Project, graph: Graph, day: str) -> asof.AsOf:
    return asof.as_of(graph, asof.read_day(day), county.as_of_queries())


def answer(county: Project, graph: Graph, name: str, day: str) -> Table:
    query = asof.bind(county.library()[name], asof.read_day(day))
    return Oxigraph(graph).select(query.text, name)


def things(graph: Graph, pattern: str) -> set[str]:
    table = Oxigraph(graph).select(f"{KYT} SELECT ?thing WHERE {{ {pattern} }}")
    return {str(thing).rsplit("/", 1)[-1] for (thing,) in table.rows}


def test_before_the_signatures_only_the_draft_of_2023_is_known(
    county: Project, county_graph: Graph
) -> None:
    graph = past(county, county_graph, "2023-05-01").graph
    (row,) = answer(county, graph, "version-status-on", "2023-05-01").records()
    assert str(row["version"]).endswith("/kh2023")
    assert str(row["status"]).endswith("/draft")
    assert (str(row["issued"]), str(row["isInForce"])) == ("2023-03-01", "false")
    assert things(graph, "?thing a kyt:Event") == {"kh-aluehallitus-2023-03-27-103"}


def test_in_2024_the_framework_agreement_is_in_force_and_nothing_of_2026_is_known(
    county: Project, county_graph: Graph
) -> None:
    graph = past(county, county_graph, "2024-06-30").graph
    (row,) = answer(county, graph, "version-status-on", "2024-06-30").records()
    assert str(row["version"]).endswith("/kh2023")
    assert str(row["isInForce"]) == "true"
    assert things(graph, "?thing a kyt:Measure") == set()
    assert things(graph, "?thing a kyt:Succession") == set()
    events = things(graph, "?thing a kyt:Event ; kyt:heldBy ?body")
    assert "kh-hytetu-2024-05-08" in events, "held by then, though told of in 2025"
    assert "kh-hyte-kuntakokous-2024-08-28" not in events


def test_nothing_is_left_out_after_the_last_document(county: Project, county_graph: Graph) -> None:
    assert past(county, county_graph, "2026-11-22").graph is county_graph


@pytest.mark.parametrize("day", ["2022-01-01", "2023-05-01", "2024-06-30", "2025-06-01"])
def test_a_graph_as_of_a_day_has_no_violation(
    county: Project, county_graph: Graph, day: str
) -> None:
    graph = past(county, county_graph, day).graph
    report = checks.check(graph, checks.ruleset(county.shapes(), county.checks()))
    assert [f for f in report.findings if f.severity == "violation"] == []


def test_a_day_is_written_in_either_way() -> None:
    assert asof.read_day("31.1.2024") == asof.read_day("2024-01-31")


@pytest.mark.parametrize("text", ["32.1.2024", "2024-02-30", "20240101", ""])
def test_what_is_not_a_day_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is not a day"):
        asof.read_day(text)


def test_the_command_line_asks_about_the_day(county: Project) -> None:
    arguments = ["--project", str(county.root), "query", "version-status-on", "--as-of"]
    run = CliRunner().invoke(cli.main, [*arguments, "2024-06-30"])
    assert run.exit_code == 0
    assert "tilanne 30.6.2024: " in run.stderr
    assert "kh2023" in run.stdout
    assert "kh2026" not in run.stdout
    assert CliRunner().invoke(cli.main, [*arguments, "soon"]).exit_code == 2
