import pytest

from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.names import find, parameter_value
from kytkos.queries import read_query
from kytkos.terms import ID, Term

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
