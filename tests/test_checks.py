"""Every SPARQL check has a severity, a message in each language, and cases of both kinds.

The cases of a check stand in `checks/{name}/`: `valid*.ttl` gives no finding, and `invalid*.ttl`
names in its first line, `# expect: CURIE …`, the nodes that the check finds. What other checks
would say of a case does not matter.
"""

import re
from pathlib import Path

import pytest

from kytkos import checks
from kytkos.engines import Oxigraph
from kytkos.graph import Graph, load
from kytkos.queries import read_queries
from kytkos.report import SEVERITIES
from kytkos.terms import LANGUAGES

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).parent / "checks"
CHECKS = read_queries(ROOT / "queries" / "checks")
VOCABULARY = sorted(p for p in (ROOT / "ontology").glob("*.ttl") if not p.name.startswith("shapes"))


def cases(pattern: str) -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in CASES.glob(f"*/{pattern}.ttl"))


def found(case: Path) -> tuple[set[str], Graph]:
    """Run the check that a case is about, on the case and the vocabulary."""
    graph = load([*VOCABULARY, case], ROOT)
    check = CHECKS[case.parent.name]
    answer = Oxigraph(graph).select(check.text, check.name)
    nodes = (record["focus_node"] for record in answer.records())
    return {node.value for node in nodes if node is not None}, graph


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_has_a_severity_and_a_message_in_each_language(name: str) -> None:
    headers = CHECKS[name].headers

    assert headers["severity"] in SEVERITIES
    assert [lang for lang in LANGUAGES if not headers.get(f"message-{lang}")] == []


@pytest.mark.parametrize("name", CHECKS)
def test_a_message_uses_only_what_the_check_selects(name: str) -> None:
    check = CHECKS[name]
    answer = Oxigraph(load(VOCABULARY, ROOT)).select(check.text, name)

    for lang in LANGUAGES:
        message = check.headers[f"message-{lang}"]
        for variable in answer.variables:
            message = message.replace("{?" + variable + "}", "")
        assert "{?" not in message


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_a_check_has_cases_of_both_kinds(name: str, kind: str) -> None:
    assert list((CASES / name).glob(f"{kind}*.ttl")), f"tests/checks/{name}/ has no {kind}*.ttl"


def test_every_case_is_of_a_check() -> None:
    assert {path.name for path in CASES.iterdir()} <= CHECKS.keys()


@pytest.mark.parametrize("case", cases("valid*"))
def test_a_valid_case_gives_no_finding(case: str) -> None:
    nodes, _ = found(CASES / case)

    assert nodes == set()


@pytest.mark.parametrize("case", cases("invalid*"))
def test_an_invalid_case_gives_the_findings_it_names(case: str) -> None:
    path = CASES / case
    expected, _, _ = path.read_text(encoding="utf-8").partition("\n")
    nodes, graph = found(path)

    assert {graph.prefixes.curie(node) for node in nodes} == set(
        expected.removeprefix("# expect: ").split()
    )


def test_a_hint_is_given_where_the_row_has_what_it_names() -> None:
    name = "municipality-not-as-listed"
    graph = load([*VOCABULARY, CASES / name / "invalid.ttl"], ROOT)

    hints = {f.focus_node[-3:]: f.hint("en") for f in checks.rows(graph, {name: CHECKS[name]})}

    assert hints["901"] == "There is 694 Riihimäki, wellbeing services county 07, region 05."
    assert hints["902"] == ""  # neither the code nor the name is on the list


def test_the_official_lists_are_whole_and_agree_with_each_other() -> None:
    areas = CHECKS["county-not-as-listed"].text
    counties = re.findall(r'\(kyt:WellbeingServicesCounty "(\d\d)"', areas)
    regions = re.findall(r'\(kyt:RegionalCouncil "(\d\d)"', areas)
    towns = re.findall(
        r'\("(\d{3})" "([^"]+)" "([^"]+)" "(\d\d)" "(\d\d)"\)',
        CHECKS["municipality-not-as-listed"].text,
    )

    assert len({code for code, *_ in towns}) == len({name for _, name, *_ in towns}) == 308
    assert len(counties) == 21
    # 90 is Helsinki and 91 is Åland, which are in no wellbeing services county.
    assert {county for *_, county, _ in towns} == {*counties, "90", "91"}
    assert {region for *_, region in towns} == set(regions)
    assert len(regions) == 19
