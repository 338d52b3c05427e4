"""Values that try to become syntax: each stays the value it is, or is no value at all."""

import pyoxigraph as ox
import pytest

from kytkos.engines import ENGINES
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.names import parameter_value
from kytkos.queries import read_query
from kytkos.terms import XSD, Prefixes, Term

NASTY = [
    r"\u0022 } UNION { ?s ?p ?o } #", r"\\u0022", r"\u000A", r"\U0001F600", "\\\0",
    "", " ", '"', "'", '"""', "\\", '\\"', "\n", "\r\n", "\t", "\u0000", "}", "{", "} }", ">",
    "<", "<>", "#", "# comment", ";", "?x", "$x", "*", "a:b> } #", "> } UNION { ?s ?p ?o } #",
    '" } INSERT DATA { <a:a> <a:b> <a:c> } #', '"@en } #', '"^^<a:b> } UNION { ?s ?p ?o } #',
    "https://example.org/a> . ?s ?p ?o . <b", "https://example.org/a b",
    "https://example.org/{x}", "https://example.org/a\\u003e", "https://example.org/a\n}",
    "<https://example.org/a>>", "javascript:alert(1)", "file:///etc/passwd", "ex:a } #",
    "ex:a ; ?p ?o", "ex:a\\> }", "ex:a,ex:b", "SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }",
    "UNDEF", "1 2", "true false", "${jndi:ldap://x}", "{{7*7}}", "%s%n", "../../etc/passwd",
    "'; DROP TABLE bodies; --", "\u202eabc", "\ufeff", "“x”", "😀", "a" * 100_000, "1e999", "NaN",
    "-0", "٣", "2026-01-01\n}", "2026-01-01T00:00:00Z", "1.2.3",
]  # fmt: skip

PARAMETERS = {
    "thing": "ex:a",
    "body": "<https://example.org/a>",
    "text": '"a"',
    "tagged": '"a"@fi',
    "day": '"2026-01-01"^^xsd:date',
    "count": "3",
    "share": "0.5",
    "flag": "true",
    "code": '"07"',
}
FREE = {"text": Term("literal", ""), "tagged": Term("literal", "", "fi")}
HEAD = "#+ enumerate:\n#+   - code:\n#+     - '07'\n#+     - '08'\n"
PREFIXES = f"PREFIX ex: <https://example.org/>\nPREFIX xsd: <{XSD}>\n"


@pytest.fixture(scope="module")
def graph() -> Graph:
    store = ox.Store()
    data = b"""@prefix ex: <https://example.org/> .
    @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
    ex:a a ex:Body ; skos:prefLabel "A body"@en ; skos:notation "01" . ex:secret ex:is "secret" ."""
    store.load(data, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("file:a"))
    return Graph(store, {}, Prefixes({"ex": "https://example.org/"}))


def test_there_are_more_than_thirty_of_them() -> None:
    assert len(set(NASTY)) > 50


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "endpoint"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_no_value_of_any_parameter_becomes_syntax(graph: Graph, name: str, elsewhere: bool) -> None:
    text = f"{HEAD}{PREFIXES}SELECT ?{name} WHERE {{\n  VALUES ?{name} {{ {PARAMETERS[name]} }}\n}}"
    query = read_query(text, "q")
    before = len(graph.store)
    engines = [engine(graph) for engine in ENGINES.values()]
    refused = 0

    for nasty in NASTY:
        try:
            value = parameter_value(query, name, nasty, graph, "en", elsewhere)
            bound = query.bind({name: value})
        except QueryError:
            refused += 1
            continue
        # One row, with the value: nothing else of the graph has come in.
        for engine in engines:
            ((found,),) = engine.select(bound.text).rows
            assert found is not None
            if name in FREE:
                assert found == Term("literal", nasty, FREE[name].lang)
            elif value.is_iri:
                assert found == value
            else:
                assert found.datatype == value.datatype

    assert len(graph.store) == before
    if name not in FREE and not (elsewhere and name in ("thing", "body")):
        assert refused > len(NASTY) - 6


@pytest.mark.parametrize("nasty", NASTY)
def test_a_code_that_is_not_allowed_gets_those_that_are(graph: Graph, nasty: str) -> None:
    text = f'{HEAD}SELECT ?code WHERE {{ VALUES ?code {{ "07" }} }}'

    with pytest.raises(QueryError) as caught:
        parameter_value(read_query(text, "q"), "code", nasty, graph)

    assert caught.value.hint == "It can be: `07`, `08`."


@pytest.mark.parametrize("nasty", ["", "zzz", "> } #", '"', "\n", "body:x } #"])
def test_a_thing_that_is_not_there_gets_some_that_are(graph: Graph, nasty: str) -> None:
    text = f"{PREFIXES}SELECT ?body WHERE {{ VALUES ?body {{ ex:a }} }}"

    with pytest.raises(QueryError) as caught:
        parameter_value(read_query(text, "q"), "body", nasty, graph, "en")

    assert "A body" in caught.value.hint or "nothing is named" in caught.value.message
