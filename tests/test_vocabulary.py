import time

import pytest

from kytkos import vocabulary
from kytkos.graph import Graph
from kytkos.report import Finding
from kytkos.shacl import Indexes
from kytkos.terms import ID, LANGUAGES, Term
from kytkos.vocabulary import Nearest
from tests.conftest import MakeProject

BODY = 'body:a a kyt:Forum ; skos:prefLabel "A"@fi .\n'


def found(make_project: MakeProject, turtle: str) -> list[Finding]:
    """Check with the store alone and with indexes, which must find the same."""
    graph = make_project(turtle).graph()
    findings = vocabulary.check(graph)
    indexed = vocabulary.check(graph, Indexes(graph.store))
    assert sorted(indexed, key=key) == sorted(findings, key=key)
    return findings


def key(finding: Finding) -> tuple[int, str, int, int, str, str, str, str, str]:
    return finding.sort_key


def told(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """Give the check, the local name of the thing, and the hint."""
    return [(f.shape, f.focus_node.rsplit("/", 1)[-1], f.hint("en")) for f in findings]


@pytest.mark.parametrize(
    ("turtle", "name", "hint"),
    [
        ("body:a a kyt:Forrum .", "undeclared-class", "Did you mean kyt:Forum?"),
        ("body:a a <https://no.example/Forum> .", "undeclared-class", "Did you mean kyt:Forum?"),
        ("body:a kyt:stattedAt 1 .", "undeclared-property", "Did you mean kyt:statedAt?"),
        ("body:a skos:perfLabel 1 .", "undeclared-property", "Did you mean skos:prefLabel?"),
        ("body:a <urn:x> 1 .", "undeclared-property", ""),
        ("body:a a kyt:statedAt .", "property-as-class", ""),
        ("body:a kyt:Forum 1 .", "class-as-property", ""),
        ('body:a kyt:concerns "KH Turva" .', "literal-for-thing", ""),
        ("body:a kyt:order kyt:Forum .", "thing-for-literal", ""),
        ("body:a kyt:concerns body:b .", "nothing-describes", ""),
        (BODY + "body:a kyt:concerns body:aa .", "nothing-describes", "Did you mean body:a?"),
        (
            f"body:a kyt:concerns <{ID}organ/koe> . <{ID}source/koe> kyt:order 1 .",
            "nothing-describes",
            f"Did you mean {ID}source/koe?",
        ),
        (
            "body:a kyt:concerns <https://w3id.org/kytkos/scheme/role/mian> .",
            "nothing-describes",
            "Did you mean role:main?",
        ),
    ],
)
def test_a_mistake_is_told_with_the_nearest_name(
    make_project: MakeProject, turtle: str, name: str, hint: str
) -> None:
    findings = [f for f in found(make_project, turtle) if f.shape == name]

    assert told(findings) == [(name, "a", hint)]
    assert findings[0].severity == "violation"
    assert set(findings[0].messages) == set(LANGUAGES)


def test_a_deprecated_term_is_a_warning_that_names_what_replaces_it(
    make_project: MakeProject,
) -> None:
    turtle = """
        @prefix owl: <http://www.w3.org/2002/07/owl#> .
        kyt:old a owl:DatatypeProperty ; owl:deprecated true ; dcterms:isReplacedBy kyt:order .
        kyt:Old a owl:Class ; owl:deprecated true .
        body:a a kyt:Old ; kyt:old 1 .
    """

    findings = [f for f in found(make_project, turtle) if f.shape == "deprecated-term"]

    assert sorted(told(findings)) == [
        ("deprecated-term", "a", ""),
        ("deprecated-term", "a", "Use kyt:order instead."),
    ]
    assert {f.severity for f in findings} == {"warning"}


def test_a_finding_names_property_and_value_so_that_it_has_a_place(
    make_project: MakeProject,
) -> None:
    graph = make_project(BODY + "body:a kyt:concerns\n    body:none .\n").graph()

    (finding,) = vocabulary.check(graph)

    assert finding.value == Term("uri", ID + "body/none")
    place = graph.place_of(finding.focus_node, finding.path, finding.value)
    assert str(place) == "data/things.ttl:8:5"


def test_a_thing_nothing_refers_to_is_told_where_others_of_its_class_are_referred_to(
    make_project: MakeProject,
) -> None:
    places = "".join(f"body:p{n} a kyt:SourcePlace .\n" for n in range(10))
    links = "".join(f"body:c{n} a kyt:Clause ; kyt:statedAt body:p{n} .\n" for n in range(9))

    assert told(found(make_project, places + links)) == [("nothing-refers", "p9", "")]
    assert told(found(make_project, places)) == []


def test_the_county_uses_only_what_is_declared_and_described(county_graph: Graph) -> None:
    assert {f.severity for f in vocabulary.check(county_graph)} <= {"info"}


def test_every_rule_has_its_messages() -> None:
    rules = vocabulary.rules()

    assert set(rules) == set(vocabulary._texts()) - {"hints"}
    for name, (severity, messages) in rules.items():
        assert severity in ("violation", "warning", "info"), name
        assert set(messages) == set(LANGUAGES)


def test_the_nearest_of_very_many_names_is_found_quickly() -> None:
    nearest = Nearest(f"kh{year}-toimenpide-{n}" for year in range(2000, 2100) for n in range(1000))
    start = time.perf_counter()

    assert nearest.to("kh2026-toimenpde-417") == "kh2026-toimenpide-417"
    assert nearest.to("xyz") == ""
    assert time.perf_counter() - start < 1
