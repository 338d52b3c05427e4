"""Every rule of the shapes has a message in each language, a severity, and cases of both kinds.

A rule is a shape with a message. Its cases stand in `shapes/{name}/`: `valid*.ttl` names with
`# focus:` a node that the rule looks at and finds right, `invalid*.ttl` with `# expect:` the rule
and the node that it finds wrong. What other rules would say of a case does not matter.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

KYTS = Namespace("https://w3id.org/kytkos/shapes#")
ONTOLOGY = Path(__file__).parents[1] / "ontology"
CASES = Path(__file__).parent / "shapes"
TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)


@dataclass(frozen=True, slots=True)
class Case:
    """A small graph and the node in it that the rule is asked about."""

    path: Path
    graph: Graph
    rule: URIRef
    focus: URIRef


@cache
def shapes() -> Graph:
    return Graph().parse(ONTOLOGY / "shapes.ttl")


@cache
def background() -> Graph:
    """Take from the ontology what the rules read: subclasses, and which code is in which list."""
    whole = Graph()
    for path in ONTOLOGY.glob("*.ttl"):
        if path.name != "shapes.ttl":
            whole.parse(path)
    background = Graph()
    for triple in whole.triples((None, RDFS.subClassOf, None)):
        background.add(triple)
    for triple in whole.triples((None, SKOS.inScheme, None)):
        background.add(triple)
    return background


def rules() -> list[str]:
    """List the local names of the shapes that have a message."""
    return sorted({str(s).removeprefix(str(KYTS)) for s in shapes().subjects(SH.message)})


def read_case(path: Path) -> Case:
    """Read a case and its first line.

    Raises:
        ValueError: the first line names neither a focus nor what to expect.
    """
    text = path.read_text(encoding="utf-8")
    graph = Graph().parse(data=text, format="turtle")
    rule = KYTS[path.parent.name]
    first = text.partition("\n")[0]
    if match := re.fullmatch(r"# focus: (\S+)", first):
        return Case(path, graph, rule, _expand(graph, match[1]))
    if match := re.fullmatch(r"# expect: kyts:(\S+) (\S+)", first):
        return Case(path, graph, KYTS[match[1]], _expand(graph, match[2]))
    raise ValueError(f"{path}: the first line is neither `# focus:` nor `# expect:`")


def only(rule: URIRef) -> Graph:
    """Cut out of the shapes one rule, what it refers to, and the targets it has."""
    part = Graph()
    for holder in shapes().subjects(SH.property, rule):
        if isinstance(holder, URIRef):
            part.add((holder, RDF.type, SH.NodeShape))
            part.add((holder, SH.property, rule))
            for target in TARGETS:
                for value in shapes().objects(holder, target):
                    part.add((holder, target, value))
    todo: list[Node] = [rule]
    while todo:
        node = todo.pop()
        for s, p, o in shapes().triples((node, None, None)):
            part.add((s, p, o))
            ours = isinstance(o, BNode) or (isinstance(o, URIRef) and o in KYTS)
            if ours and (o, None, None) not in part:
                todo.append(o)
    return part


def found(case: Case) -> set[tuple[Node | None, Node | None]]:
    """Validate a case with its rule alone; return (source shape, focus node) of each result."""
    _, report, _ = pyshacl.validate(
        case.graph + background(), shacl_graph=only(case.rule), inplace=True
    )
    assert isinstance(report, Graph)
    return {
        (report.value(result, SH.sourceShape), report.value(result, SH.focusNode))
        for result in report.objects(None, SH.result)
    }


def focus_nodes(case: Case) -> set[Node]:
    """List the nodes of a case that the targets of its rule select."""
    part, data = only(case.rule), case.graph + background()
    nodes: set[Node] = set()
    for cls in part.objects(None, SH.targetClass):
        for sub in data.transitive_subjects(RDFS.subClassOf, cls):
            nodes.update(data.subjects(RDF.type, sub))
    for predicate in part.objects(None, SH.targetSubjectsOf):
        assert isinstance(predicate, URIRef)
        nodes.update(data.subjects(predicate))
    return nodes


def _expand(graph: Graph, name: str) -> URIRef:
    if name.startswith("<"):
        return URIRef(name[1:-1])
    return graph.namespace_manager.expand_curie(name)


@pytest.mark.parametrize("rule", rules())
def test_a_rule_has_a_message_in_each_language_and_a_severity(rule: str) -> None:
    messages = [m for m in shapes().objects(KYTS[rule], SH.message) if isinstance(m, Literal)]
    severities = list(shapes().objects(KYTS[rule], SH.severity))

    assert sorted(str(m.language) for m in messages) == ["en", "fi", "sv"]
    assert all(str(m).endswith((".", "?")) for m in messages)
    assert len(severities) == 1
    assert severities[0] in (SH.Violation, SH.Warning, SH.Info)


def test_every_property_shape_is_a_named_rule_that_some_target_reaches() -> None:
    for shape in shapes().subjects(RDF.type, SH.PropertyShape):
        holders = list(shapes().subjects(SH.property, shape))

        assert isinstance(shape, URIRef)
        assert str(shape).removeprefix(str(KYTS)) in rules()
        assert any((holder, target, None) in shapes() for holder in holders for target in TARGETS)


def test_no_rule_needs_more_than_shacl_core() -> None:
    assert not list(shapes().subject_objects(SH.sparql))


def test_every_folder_of_cases_belongs_to_a_rule() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} <= set(rules())


@pytest.mark.parametrize("rule", rules())
def test_a_rule_has_cases_of_both_kinds(rule: str) -> None:
    assert list((CASES / rule).glob("valid*.ttl"))
    assert list((CASES / rule).glob("invalid*.ttl"))


@pytest.mark.parametrize(
    "name", sorted(str(p.relative_to(CASES)) for p in CASES.glob("*/valid*.ttl"))
)
def test_a_rule_looks_at_a_valid_case_and_finds_nothing(name: str) -> None:
    case = read_case(CASES / name)

    assert case.focus in focus_nodes(case)
    assert not found(case)


@pytest.mark.parametrize(
    "name", sorted(str(p.relative_to(CASES)) for p in CASES.glob("*/invalid*.ttl"))
)
def test_a_rule_finds_the_mistake_of_an_invalid_case(name: str) -> None:
    case = read_case(CASES / name)

    assert case.rule == KYTS[case.path.parent.name]
    assert (case.rule, case.focus) in found(case)
