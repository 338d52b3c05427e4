import pyoxigraph as ox
import pytest

from kytkos.errors import QueryError
from kytkos.graph import Graph, load_content
from kytkos.names import find, parameter_value
from kytkos.queries import read_query
from kytkos.terms import ID, Prefixes, Term

KH_TURVA = f"{ID}body/kh-turva"


@pytest.mark.parametrize(
    "text",
    [
        KH_TURVA,
        f"<{KH_TURVA}>",
        "body:kh-turva",
        "KH Turva",
        "kh turva",
        "Kanta-Hämeen turvallisuusfoorumi",
    ],
)
def test_a_thing_is_found_by_iri_curie_name_and_former_name(county_graph: Graph, text: str) -> None:
    assert find(text, county_graph, county_graph.prefixes) == KH_TURVA


def test_a_thing_is_found_by_its_code(county_graph: Graph) -> None:
    assert find("433", county_graph, county_graph.prefixes) == f"{ID}kunta/433"


def test_a_misspelt_name_gets_the_nearest(county_graph: Graph) -> None:
    with pytest.raises(QueryError) as caught:
        find("KH Turvva", county_graph, county_graph.prefixes)

    assert caught.value.hint == "Did you mean `KH Turva`?"


def test_a_literal_parameter_takes_the_text_as_it_is(county_graph: Graph) -> None:
    query = read_query('SELECT ?a WHERE { VALUES ?text { "x" } ?a ?b ?text }', "q")

    assert parameter_value(query, "text", "KH Turva", county_graph) == Term("literal", "KH Turva")


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("kh2023", "version/kh2023"),
        ("version:kh2023", "version/kh2023"),
        ("kh-turva", "body/kh-turva"),
        (" kh-turva ", "body/kh-turva"),
    ],
)
def test_a_thing_is_found_by_the_end_of_its_iri(county_graph: Graph, text: str, thing: str) -> None:
    assert find(text, county_graph, county_graph.prefixes) == ID + thing


def _two_things() -> Graph:
    data = b"""@prefix body: <https://w3id.org/kytkos/id/body/> .
@prefix org: <https://w3id.org/kytkos/id/org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
body:x skos:prefLabel "Turva"@fi .
org:x skos:prefLabel "Turva"@sv .
"""
    store = ox.Store()
    prefixes = load_content(store, data, "two.ttl")
    return Graph(store, {}, Prefixes(prefixes))


@pytest.mark.parametrize("text", ["x", "Turva"])
def test_of_several_things_none_is_taken_and_all_are_named(text: str) -> None:
    graph = _two_things()

    with pytest.raises(QueryError) as caught:
        find(text, graph, graph.prefixes)

    assert caught.value.message == f"`{text}` names 2 things"
    assert caught.value.hint == "Name one: body:x, org:x."


@pytest.mark.parametrize("text", ["x", "Turva"])
def test_of_several_things_that_of_the_kind_of_the_default_is_meant(text: str) -> None:
    query = read_query("SELECT ?p WHERE { VALUES ?one { org:y } ?one ?p ?o }", "q")

    assert parameter_value(query, "one", text, _two_things()) == Term("uri", f"{ID}org/x")


def test_a_key_that_is_none_is_not_found(county_graph: Graph) -> None:
    with pytest.raises(QueryError, match="nothing is named"):
        find("kh2023> } #", county_graph, county_graph.prefixes)
