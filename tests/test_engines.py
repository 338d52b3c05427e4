import pytest

from kytkos.engines import ENGINES, Oxigraph, Rdflib
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.project import Project
from tests.conftest import ROOT

LIBRARY = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))


@pytest.fixture(scope="session")
def on_rdflib(county_graph: Graph) -> Rdflib:
    return Rdflib(county_graph)


@pytest.mark.parametrize("name", LIBRARY)
def test_rdflib_and_oxigraph_agree(
    county: Project, county_graph: Graph, on_rdflib: Rdflib, name: str
) -> None:
    text = county.library()[name].text

    answer = Oxigraph(county_graph).select(text)

    assert answer == on_rdflib.select(text)
    assert len(answer) > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_query_that_does_not_parse_names_line_and_column(
    county_graph: Graph, on_rdflib: Rdflib, engine: str
) -> None:
    answering = on_rdflib if engine == "rdflib" else Oxigraph(county_graph)

    with pytest.raises(QueryError) as caught:
        answering.select("SELECT ?s WHERE {\n  ?s ?p\n}", "mine.rq")

    assert caught.value.place is not None
    assert caught.value.place.path == "mine.rq"
    assert caught.value.place.line > 0


@pytest.mark.parametrize(
    "query", ["SELECT ?s { ?s a }", "SELECT ?s { ?s a <a", 'SELECT ?s { FILTER(?s = "a) }']
)
def test_what_was_expected_is_words_and_signs_not_sets_of_characters(
    county_graph: Graph, query: str
) -> None:
    with pytest.raises(QueryError, match="expected") as caught:
        Oxigraph(county_graph).select(query)

    assert "\n" not in caught.value.message
    assert "\\u{" not in caught.value.message


@pytest.mark.parametrize("engine", ENGINES)
def test_only_a_select_gives_a_table(county_graph: Graph, on_rdflib: Rdflib, engine: str) -> None:
    answering = on_rdflib if engine == "rdflib" else Oxigraph(county_graph)

    with pytest.raises(QueryError, match="not a SELECT"):
        answering.select("ASK { ?s ?p ?o }")
