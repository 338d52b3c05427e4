import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from pyshacl import validate
from rdflib.compare import isomorphic

from kytkos import checks, outputs, shacl
from kytkos.graph import Graph, load
from kytkos.outputs import Style
from kytkos.report import Acceptance, Finding, Report, Rule
from kytkos.shacl.oracle import _to_rdflib
from kytkos.terms import SHAPES, Place, Prefixes, Term

EX = "https://example.org/"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
PREFIXES = Prefixes({"ex": EX})
STYLE = Style("fi", PREFIXES)
TEXTS = {"fi": "Hoitaja puuttuu.", "en": "No holder."}
FILE = '@prefix ex: <https://example.org/> .\n\nex:task\tex:heldBy ex:nobdy ; ex:n "\x1b[31m" .\n'

VIOLATION = Finding(
    severity="violation",
    shape=SHAPES + "Task-isHeldBy",
    focus_node=EX + "task",
    messages=TEXTS,
    path=EX + "heldBy",
    value=Term("uri", EX + "nobdy"),
    place=Place("data/a b.ttl", 3, 19),
    component=str(SH.ClassConstraintComponent),
    hints={"fi": "Tarkoititko ex:nobody?"},
)
INFO = Finding("info", "a-check", EX + "other", {"en": "Odd <b> | `x`\nline"})
ACCEPTED = Finding(
    severity="violation",
    shape="a-check",
    focus_node=EX + "task",
    messages={"en": "Odd"},
    place=Place("data/a b.ttl", 3, 1),
    acceptance=Acceptance("So | it is", "A. Analyst", "2026-11-22", Place("accepted.toml", 1, 1)),
)
REPORT = Report((VIOLATION, INFO), {}, (ACCEPTED,))
RULES = (Rule(SHAPES + "Task-isHeldBy", "violation", TEXTS), Rule(SHAPES + "Quiet", "info", {}))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a b.ttl").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_a_terminal_shows_the_line_a_caret_beneath_the_term_and_the_hint(root: Path) -> None:
    text = outputs.to_terminal([VIOLATION], root, STYLE)

    assert text == (
        "data/a b.ttl:3:19: virhe: ex:task: Hoitaja puuttuu. [kyts:Task-isHeldBy]\n"
        ' 3 | ex:task    ex:heldBy ex:nobdy ; ex:n "\ufffd[31m" .\n'
        "   |                      ^^^^^^^^\n"
        "   = vihje: Tarkoititko ex:nobody?\n\n"
    )


def test_colours_are_there_only_when_asked_for(root: Path) -> None:
    assert "\x1b" not in outputs.to_terminal([VIOLATION], root, STYLE)
    coloured = outputs.to_terminal([VIOLATION], root, Style("fi", PREFIXES, colour=True))
    assert "\x1b[31;1m^^^^^^^^\x1b[0m" in coloured


@pytest.mark.parametrize("before", [0, 50, 500])
@pytest.mark.parametrize("after", [0, 50, 500])
def test_a_long_line_is_cut_around_the_place(root: Path, before: int, after: int) -> None:
    line = f'ex:a ex:p "{"å" * before}" , ex:wrong , "{"ö" * after}" .'
    (root / "data/long.ttl").write_text(line + "\n", encoding="utf-8")
    finding = Finding("info", "c", "x", {}, place=Place("data/long.ttl", 1, 16 + before))

    text = outputs.to_terminal([finding], root, Style("en", PREFIXES, columns=60))

    _, shown, carets = text.rstrip("\n").split("\n")
    assert len(shown) <= 60
    assert shown[carets.index("^") :].startswith("ex:wrong")
    assert carets.count("^") == len("ex:wrong")


@pytest.mark.parametrize(
    "place", [None, Place("gone.ttl", 3, 1), Place("data/a b.ttl"), Place("data/a b.ttl", 99, 9)]
)
def test_without_a_line_to_show_the_finding_stands_alone(root: Path, place: Place | None) -> None:
    finding = Finding("info", "c", EX + "a", {"en": "Odd."}, place=place)

    assert outputs.to_terminal([finding], root, STYLE).count("\n") == 2


def sarif(report: Report = REPORT) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(outputs.to_sarif(report, RULES, STYLE))
    return whole


def test_sarif_has_rules_with_help_and_results_with_regions() -> None:
    whole = sarif()

    assert whole["version"] == "2.1.0"
    (run,) = whole["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["a-check", "kyts:Quiet", "kyts:Task-isHeldBy"]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    first, second, third = run["results"]
    assert first["level"] == "error"
    assert second["level"] == "note"
    assert first["message"]["text"] == "ex:task: Hoitaja puuttuu. Tarkoititko ex:nobody?"
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"]
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "data/a%20b.ttl", "uriBaseId": "%SRCROOT%"}
    assert physical["region"] == {"startLine": 3, "startColumn": 19}
    assert "physicalLocation" not in second["locations"][0]
    assert third["suppressions"][0]["justification"] == "So | it is"
    assert third["suppressions"][0]["status"] == "accepted"


def test_a_sarif_fingerprint_outlives_a_move_and_is_of_one_result() -> None:
    moved = VIOLATION._replace(place=Place("data/b.ttl", 99, 1))

    def prints(*findings: Finding) -> list[str]:
        (run,) = sarif(Report(findings))["runs"]
        return [result["partialFingerprints"]["kytkosFinding/v1"] for result in run["results"]]

    assert prints(VIOLATION) == prints(moved)
    assert len(set(prints(VIOLATION, VIOLATION, INFO))) == 3


def test_junit_has_a_case_a_rule_and_fails_at_the_threshold() -> None:
    suites = ElementTree.fromstring(outputs.to_junit(REPORT, RULES, STYLE, "violation"))

    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases) == ["kyts:Quiet", "kyts:Task-isHeldBy", "a-check"]
    failure = cases["kyts:Task-isHeldBy"].find("failure")
    assert failure is not None
    assert "data/a b.ttl:3:19: virhe: ex:task" in (failure.text or "")
    assert cases["a-check"].find("failure") is None
    assert cases["a-check"].find("system-out") is not None
    assert (suites.get("tests"), suites.get("failures")) == ("3", "1")
    again = ElementTree.fromstring(outputs.to_junit(REPORT, RULES, STYLE, "info"))
    assert again.get("failures") == "2"


def test_junit_leaves_out_what_xml_cannot_hold() -> None:
    finding = Finding("violation", "c", EX + "a", {"en": "bell \x07 \ud800"})

    text = outputs.to_junit(Report((finding,)), (), STYLE, "info")

    assert "bell \ufffd \ufffd" in text
    ElementTree.fromstring(text)


def test_markdown_is_a_table_in_which_nothing_is_markup() -> None:
    text = outputs.to_markdown(REPORT, STYLE)

    assert text.startswith("### Kytkös: 1 × virhe, 1 × tieto\n")
    row = next(line for line in text.splitlines() if "ex:other" in line)
    assert "Odd &lt;b&gt; \\| \\`x\\` line" in row
    assert row.count("|") - row.count("\\|") == 6
    assert "So \\| it is \\(A. Analyst, 2026\\-11\\-22\\)" in text
    assert "ex:other" not in outputs.to_markdown(REPORT, STYLE, "violation")
    assert outputs.to_markdown(Report(()), STYLE).startswith("### Kytkös: Ei havaintoja.")


def test_of_very_many_findings_markdown_shows_two_hundred() -> None:
    text = outputs.to_markdown(Report((INFO,) * 1000), STYLE)

    assert text.count("ex:other") == 200
    assert "Muita: 800." in text


SHAPES_TEXT = """\
@prefix ex: <https://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

ex:Shape a sh:NodeShape ;
    sh:targetClass ex:Class ;
    sh:closed true ; sh:ignoredProperties ( <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ) ;
    sh:message "Not closed"@en ;
    sh:property ex:Shape-p , ex:Shape-path , [ sh:path ex:q ; sh:maxCount 0 ; sh:message "No q" ] .
ex:Shape-p sh:path ex:p ;
    sh:nodeKind sh:Literal ; sh:datatype xsd:integer ; sh:severity sh:Warning ;
    sh:message "Not a number"@en , "Inte ett tal"@sv .
ex:Shape-path sh:path ( [ sh:inversePath ex:q ] [ sh:zeroOrMorePath ex:p ] ) ;
    sh:minCount 1 ; sh:severity sh:Info ; sh:message "No path"@en .
ex:Texts sh:targetObjectsOf ex:p ; sh:nodeKind sh:IRI ; sh:message "Not an IRI"@en .
"""
DATA_TEXT = """\
@prefix ex: <https://example.org/> .
ex:a a ex:Class ; ex:p "text"@fi , 5 , [ ex:r ex:b ; ex:s ( 1 2 ) ] ; ex:q ex:c ; ex:t 1.50 .
_:b a ex:Class ; ex:q _:c . _:c ex:p _:b .
"""


def of_pyshacl(shapes: Graph, data: Graph) -> rdflib.Graph:
    _, report, _ = validate(_to_rdflib(data.store), shacl_graph=_to_rdflib(shapes.store))
    assert isinstance(report, rdflib.Graph)
    return report


def shacl_part(shapes: Graph, data: Graph) -> Report:
    results = shacl.compile_shapes(shapes.store).validate(data.store)
    return Report(tuple(map(checks.from_result, results)))


@pytest.mark.parametrize("simple", [True, False])
def test_turtle_is_the_report_of_pyshacl(tmp_path: Path, simple: bool) -> None:
    shapes_text, data_text = SHAPES_TEXT, DATA_TEXT
    if simple:  # Of lists and rings of blank nodes pySHACL makes several copies.
        path = "( [ sh:inversePath ex:q ] [ sh:zeroOrMorePath ex:p ] )"
        shapes_text = shapes_text.replace(path, "[ sh:inversePath ex:s ]")
        lines = shapes_text.splitlines(keepends=True)
        shapes_text = "".join(line for line in lines if "closed" not in line)
        data_text = data_text.replace(" ; ex:s ( 1 2 )", "").replace("_:c ex:p _:b .", "")
    (tmp_path / "shapes.ttl").write_text(shapes_text)
    (tmp_path / "data.ttl").write_text(data_text)
    shapes = load([tmp_path / "shapes.ttl"], tmp_path)
    data = load([tmp_path / "data.ttl"], tmp_path)

    text = outputs.to_turtle(shacl_part(shapes, data), shapes, data)

    ours, theirs = rdflib.Graph().parse(data=text), of_pyshacl(shapes, data)
    assert len(list(theirs.objects(None, SH.result))) > 5
    assert set(results(ours)) == set(results(theirs))
    assert len(list(ours.objects(None, SH.result))) == len(list(theirs.objects(None, SH.result)))
    if simple:
        assert isomorphic(ours, theirs)


def test_turtle_of_the_project_is_the_report_of_pyshacl(county_graph: Graph) -> None:
    from tests.conftest import ROOT

    shapes = load([ROOT / "ontology/shapes.ttl"], ROOT)
    broken = ox.Store()
    broken.extend(quad for quad in county_graph.store if not quad.predicate.value.endswith("sis"))
    data = Graph(broken, county_graph.files, county_graph.prefixes, ROOT)

    text = outputs.to_turtle(shacl_part(shapes, data), shapes, data)

    ours, theirs = rdflib.Graph().parse(data=text), of_pyshacl(shapes, data)
    assert len(list(ours.objects(None, SH.result))) > 50
    assert set(results(ours)) == set(results(theirs))


def results(report: rdflib.Graph) -> Iterator[object]:
    """Give each result, and what is said of its blank nodes, without their names."""

    def described(node: object, steps: int) -> object:
        if not isinstance(node, rdflib.BNode):
            return node
        said = report.predicate_objects(node) if steps else ()
        return frozenset((p, described(o, steps - 1)) for p, o in said)

    return (described(result, 5) for result in report.objects(None, SH.result))


def test_turtle_tells_of_other_checks_without_a_shape(tmp_path: Path) -> None:
    nothing = load([], tmp_path)

    report = rdflib.Graph().parse(data=outputs.to_turtle(Report((INFO,)), nothing, nothing))

    (result,) = report.objects(None, SH.result)
    assert report.value(result, SH.sourceShape) is None
    assert str(report.value(result, SH.sourceConstraintComponent)).endswith("/check/a-check")
    assert [str(value) for value in report.objects(None, SH.conforms)] == ["false"]


def test_turtle_of_nothing_conforms(tmp_path: Path) -> None:
    nothing = load([], tmp_path)

    assert "sh:conforms true ." in outputs.to_turtle(Report(()), nothing, nothing)
