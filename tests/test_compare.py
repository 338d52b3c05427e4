"""Two versions of an agreement side by side."""

import json

import pytest
from click.testing import CliRunner, Result

from kytkos import compare
from kytkos.cli import main
from kytkos.compare import Change, Comparison
from kytkos.engines import Oxigraph
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.terms import LANGUAGES
from tests.conftest import ROOT

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


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(ROOT), *arguments])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version:kh2023", "kh2026"),
        ("2023-08-01", "13.4.2026"),
        (f"{VERSION}kh2023", "Strateginen yhteistyösopimus 13.4.2026"),
    ],
)
def test_a_version_has_many_names(old: str, new: str) -> None:
    assert run("--lang", "fi", "diff", old, new).stdout == (
        run("--lang", "fi", "diff", "kh2023", "kh2026").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["kh20233", "HEAD"], "Did you mean `kh2023`?"),
        (["kh2023"], "Name the other version too"),
        (["kh2023", "HEAD"], "`HEAD` is not a version of an agreement"),
        (["--help"], "Example: kytkos diff kh2023 kh2026"),
    ],
)
def test_what_can_not_be_compared(arguments: list[str], said: str) -> None:
    result = run("--lang", "en", "diff", *arguments)

    assert said in result.output
    assert result.exit_code == (0 if arguments == ["--help"] else 2)
    assert "Traceback" not in result.output


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_summary_comes_first_in_each_language(lang: str) -> None:
    told = json.loads(run("--lang", lang, "diff", "kh2023", "kh2026", "--format", "json").stdout)
    text = run("--lang", lang, "diff", "kh2023", "kh2026").stdout

    assert " ".join(text.partition("\n\n")[0].split()) == told["summary"]
    assert "{" not in told["summary"]
