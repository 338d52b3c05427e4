"""Two versions of an agreement side by side."""

import pytest

from kytkos import compare
from kytkos.compare import Change, Comparison
from kytkos.engines import Oxigraph
from kytkos.graph import Graph
from kytkos.project import Project

VERSION = "https://w3id.org/kytkos/id/version/"


@pytest.fixture(scope="module")
def agreements(county: Project, county_graph: Graph) -> Comparison:
    queries = county.queries_in("diff")
    engine = Oxigraph(county_graph)
    return compare.compare(engine, queries, f"{VERSION}kh2023", f"{VERSION}kh2026", "en")


def labels(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.kind, change.subjects[0].label) for change in changes]


def test_bodies_new_dropped_and_replaced(agreements: Comparison) -> None:
    assert sorted(labels(agreements.of("bodies"))) == [
        ("dropped", "Network for the management of employment"),
        ("new", "Housing development network"),
        ("new", "Thematic networks"),
        ("replaced", "Steering group for multi-professional support"),
    ]


def test_a_version_compared_with_itself_has_no_changes(
    county: Project, county_graph: Graph
) -> None:
    itself = compare.compare(
        Oxigraph(county_graph),
        county.queries_in("diff"),
        f"{VERSION}kh2026",
        f"{VERSION}kh2026",
        "fi",
    )

    assert itself.changes == ()
    assert itself.unchanged
