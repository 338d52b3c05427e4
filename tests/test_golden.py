"""Each query of the library gives the answer that stands in `golden/cq/{query}.csv`.

The answers are those of the defaults. After a change of data or query, rewrite them with

    KYTKOS_UPDATE=1 pytest tests/test_golden.py

and read the difference before it is committed.
"""

import os
from pathlib import Path

import pytest

from kytkos import compare, difftext
from kytkos.engines import Oxigraph
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.terms import ID, XSD, Term
from tests.conftest import ROOT

GOLDEN = Path(__file__).parent / "golden" / "cq"
# A list of everything, which each edit of the data changes and nobody reads.
WITHOUT = {"places"}
LIBRARY = sorted({path.stem for path in (ROOT / "queries").glob("*.rq")} - WITHOUT)
UPDATE = os.environ.get("KYTKOS_UPDATE") == "1"


@pytest.mark.parametrize("name", LIBRARY)
def test_a_query_gives_its_golden_answer(county: Project, county_graph: Graph, name: str) -> None:
    golden = GOLDEN / f"{name}.csv"
    answer = Oxigraph(county_graph).select(county.library()[name].text, name).to_csv().encode()
    if UPDATE:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(answer)

    assert golden.is_file(), "KYTKOS_UPDATE=1 pytest tests/test_golden.py writes it"
    assert answer.decode() == golden.read_bytes().decode()


def test_every_golden_answer_is_of_a_query() -> None:
    assert {path.stem for path in GOLDEN.glob("*.csv")} == set(LIBRARY)


def test_the_list_of_questions_names_each_query_once(county: Project) -> None:
    listed = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")

    assert [name for name in county.library() if listed.count(f"`{name}`") != 1] == []


def test_not_met_is_said_only_where_all_that_was_held_is_known(
    county: Project, tmp_path: Path
) -> None:
    coverage = tmp_path / "coverage.ttl"
    coverage.write_text(
        """\
@prefix body: <https://w3id.org/kytkos/id/body/> .
@prefix coverage: <https://w3id.org/kytkos/id/coverage/> .
@prefix kyt: <https://w3id.org/kytkos/def#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

coverage:a a kyt:EventCoverage ;
    kyt:concerns body:kh-turva ;
    kyt:coversFrom "2024-01-01"^^xsd:date ;
    kyt:coversTo "2024-12-31"^^xsd:date ;
    kyt:isComplete true .
""",
        encoding="utf-8",
    )
    query = county.library()["meetings-against-agreement"]
    answer = Oxigraph(county.graph(coverage)).select(query.text)

    not_met = [
        (str(row["bodyLabel"]), str(row["actLabel"]), str(row["periodLabel"]))
        for row in answer.records()
        if str(row["verdict"]).endswith("/not-met")
    ]

    assert not_met == [("KH Turva", "Kokoontuminen", "2024")]


@pytest.mark.parametrize(
    ("day", "in_force"),
    [("2023-07-31", {}), ("2023-08-01", {"kh2023": "true"})],
)
def test_a_version_is_in_force_from_the_day_the_last_party_signed(
    county: Project, county_graph: Graph, day: str, in_force: dict[str, str]
) -> None:
    date = Term("literal", day, datatype=XSD + "date")
    query = county.library()["version-status-on"].bind({"date": date})
    answer = Oxigraph(county_graph).select(query.text)

    assert {
        str(row["version"]).rpartition("/")[2]: str(row["isInForce"]) for row in answer.records()
    } == in_force


def test_the_comparison_is_that_of_the_documents(county: Project, county_graph: Graph) -> None:
    """The golden table was checked against a list of differences made by reading both documents.

    `KYTKOS_UPDATE=1` rewrites it; what it then shows must be found in the documents again.
    """
    queries = county.queries_in("diff")
    told = compare.compare(
        Oxigraph(county_graph), queries, ID + "version/kh2023", ID + "version/kh2026", "fi"
    )
    rows = [
        [
            section.heading,
            change.kind_label + (" (päätelty)" if change.inferred else ""),
            difftext.headline(change),
            *(
                "; ".join(dict.fromkeys(place.section for place in side.places)) if side else "–"
                for side in (change.before, change.after)
            ),
        ]
        for section in told.sections
        for change in (*section.changes, *section.unchanged)
    ]
    lines = "".join("\t".join(row) + "\n" for row in rows)
    golden = ROOT / "tests/golden/diff/kh2023-kh2026.tsv"
    if UPDATE:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(lines, encoding="utf-8")

    assert lines == golden.read_text(encoding="utf-8")
