import subprocess
import sys
import time
from pathlib import Path

import pytest

from kytkos import collector
from kytkos.engines import Oxigraph
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.queries import Query, read_queries, read_query
from kytkos.terms import Term
from tests.conftest import ROOT

TEXT = """\
#+ summary: Who holds which task
#+ summary-fi: Kuka hoitaa mitäkin
#+ tags: [responsibility, tasks]
SELECT ?task WHERE {
  VALUES ?lang { "fi" }
  ?task ?p ?lang .
}
"""


def test_the_header_gives_summaries_and_tags() -> None:
    query = read_query(TEXT, "tasks")

    assert query.summary("fi") == "Kuka hoitaa mitäkin"
    assert query.summary("sv") == "Who holds which task"
    assert query.tags == ("responsibility", "tasks")


def test_a_values_line_is_a_parameter_with_its_default() -> None:
    assert read_query(TEXT, "tasks").parameters == {"lang": '"fi"'}


def test_a_bound_value_stays_a_value_whatever_it_holds() -> None:
    nasty = 'x" } } INSERT DATA { <a:a> <a:b> <a:c> } #\n\\'

    bound = read_query(TEXT, "tasks").bind({"lang": Term("literal", nasty)})

    values = bound.text.splitlines()[4]
    assert values.startswith('  VALUES ?lang { "x\\" } } INSERT')
    assert values.endswith('\\n\\\\" }')


def test_an_iri_that_is_none_is_refused() -> None:
    with pytest.raises(QueryError, match="not an IRI"):
        read_query(TEXT, "tasks").bind({"lang": Term("uri", "https://x/> } #")})


def test_an_unknown_parameter_gets_the_nearest_name() -> None:
    with pytest.raises(QueryError) as caught:
        read_query(TEXT, "tasks").bind({"lan": Term("literal", "fi")})

    assert caught.value.hint == "Did you mean `lang`?"


def test_sub_folders_are_not_part_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.rq").write_text(TEXT)
    (tmp_path / "b.rq").write_text(TEXT)

    assert list(read_queries(tmp_path)) == ["b"]


def test_every_query_of_the_library_says_what_it_answers_in_three_languages(
    county: Project,
) -> None:
    for query in county.library().values():
        assert {"summary", "summary-fi", "summary-sv", "tags"} <= query.headers.keys(), query.name
        described = {key for key in query.headers if key.startswith("description")}
        assert len(described) in (0, 3), query.name


def test_every_query_is_ordered_and_names_its_variables(county: Project) -> None:
    queries = county.library() | county.checks() | county.page_queries()

    for query in queries.values():
        assert "ORDER BY" in query.text, query.name
        assert "SELECT *" not in query.text, query.name


def test_the_library_has_at_least_forty_queries(county: Project) -> None:
    assert len(county.library()) >= 40


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """A graph of 50 thousand triples, made up."""
    folder = tmp_path_factory.mktemp("nation")
    program = [sys.executable, str(ROOT / "benchmarks" / "national.py"), str(folder)]
    subprocess.run([*program, "--triples", "50000", "--faults", "0"], check=True)
    return Project(folder).graph()


def test_no_query_looks_through_all_for_each_thing_of_a_nation(
    county: Project, nation: Graph
) -> None:
    def takes(query: Query) -> float:
        """Measure in seconds of the processor, without the garbage of the tests before."""
        with collector.at_rest():
            start = time.process_time()
            Oxigraph(nation).select(query.text, query.name)
            return time.process_time() - start

    # What is slow once may be so for another reason: the machine, or what this process holds.
    asked = (county.library() | county.checks()).values()
    slow = [query for query in asked if takes(query) > 0.5]
    assert {query.name: took for query in slow if (took := takes(query)) > 0.5} == {}
