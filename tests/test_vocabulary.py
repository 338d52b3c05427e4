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


def key(finding: Finding) -> tuple[int, bool, str, int, int, str, str, str, str, str]:
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


@pytest.mark.parametrize(
    ("word", "names", "nearest"),
    [
        ("70", ["07", "05"], "07"),
        ("343", ["433", "834", "061"], "433"),
        ("111", ["433", "061"], ""),
        ("b", ["a"], ""),
        ("2021/621", ["2021/611", "2021/612", "2021/613"], "2021/612"),
        ("1999/731", ["1994/763", "2001/189"], ""),
        ("pykala/14a", ["pykala/12a", "pykala/13a", "pykala/14"], "pykala/14"),
        ("kyt:hasResponsblBdoy", ["kyt:hasResponsibleBody"], "kyt:hasResponsibleBody"),
        ("kyt:statdAtt", ["kyt:state", "kyt:statedAs", "kyt:statedAt"], "kyt:statedAt"),
        ("kyt:colour", ["kyt:concerns", "kyt:order"], ""),
    ],
)  # fmt: skip
def test_the_nearest_name_is_the_one_that_fewest_slips_make(
    word: str, names: list[str], nearest: str
) -> None:
    assert Nearest(names).to(word) == nearest


def test_of_names_about_as_near_a_likely_one_is_meant() -> None:
    nearest = Nearest(["111", "169", "981"])

    assert nearest.to("109") == "169"
    assert nearest.to("109", {"111"}) == "111"
    assert nearest.to("169", {"111"}) == "169"
    assert nearest.to("433", {"981"}) == ""


def test_where_a_key_was_changed_in_one_place_the_thing_that_is_left_alone_is_meant(
    make_project: MakeProject,
) -> None:
    codes = ["061", "082", "111", *(str(code) for code in range(165, 174))]
    towns = "".join(f"<{ID}kunta/{code}> a kyt:Municipality .\n" for code in codes)
    referred = [code for code in codes if code != "111"] + ["109"]
    parties = " , ".join(f"<{ID}kunta/{code}>" for code in referred)

    findings = found(make_project, towns + f"body:a kyt:hasParty {parties} .\n")

    assert sorted(told(findings)) == [
        ("nothing-describes", "a", f"Did you mean {ID}kunta/111?"),
        ("nothing-refers", "111", ""),
    ]


ACTS = "".join(
    f"<http://data.finlex.fi/eli/sd/{local}> kyt:order 1 .\n"
    for local in ("2021/611", "2021/612", "2021/611/luku/3/pykala/14", "2021/612/luku/1/pykala/7")
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://data.finlex.fi/eli/sd/2021/621", "2021/612"),
        ("http://data.finlex.fi/eli/sd/2012/612", "2021/612"),
        ("https://data.finlex.fi/eli/sd/2021/611", "2021/611"),
        ("http://data.finlex.fi/eli/sd/2021/612/luku/1/pykala/77", "2021/612/luku/1/pykala/7"),
        ("http://data.finlex.fi/eli/sd/2021/611/luku/3/pykala/14a", "2021/611/luku/3/pykala/14"),
        ("http://data.finlex.fi/eli/sd/1889/39", ""),
    ],
)
def test_an_act_that_nothing_describes_is_told_with_the_nearest_that_something_does(
    make_project: MakeProject, written: str, meant: str
) -> None:
    turtle = ACTS + f"body:a kyt:underLaw <{written}> .\n"
    findings = [f for f in found(make_project, turtle) if f.shape == "nothing-describes"]

    hint = f"Did you mean http://data.finlex.fi/eli/sd/{meant}?" if meant else ""
    assert told(findings) == [("nothing-describes", "a", hint)]


def test_a_page_of_finlex_need_not_be_described(make_project: MakeProject) -> None:
    page = "<https://www.finlex.fi/fi/lainsaadanto/2021/612>"

    assert (
        found(make_project, f"body:a a kyt:Forum ; <http://xmlns.com/foaf/0.1/page> {page} .\n")
        == []
    )


def test_the_nearest_of_very_many_names_is_found_quickly() -> None:
    nearest = Nearest(f"kh{year}-toimenpide-{n}" for year in range(2000, 2100) for n in range(1000))
    start = time.perf_counter()

    assert nearest.to("kh2026-toimenpde-417") == "kh2026-toimenpide-417"
    assert nearest.to("xyz") == ""
    assert time.perf_counter() - start < 1
