"""What a notebook gets of `import kytkos`; and the notebooks in `docs/examples` run as stored.

After a change of data, renew their outputs with

    KYTKOS_UPDATE=1 pytest tests/test_notebook.py

and read the difference before it is committed.
"""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import pyoxigraph as ox
import pytest
from nbclient import NotebookClient

import kytkos
from kytkos.terms import Term
from tests.conftest import ROOT, MakeProject

FORUM = 'body:a a kyt:Forum ;\n    skos:prefLabel "A-foorumi"@fi , "A-forum"@sv , "Forum A"@en .\n'
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.ipynb"))


@pytest.fixture(scope="module")
def county() -> kytkos.Kytkos:
    return kytkos.open(ROOT, lang="en")


def test_import_loads_no_library_and_none_of_our_modules() -> None:
    code = "import sys, json, kytkos; print(json.dumps([m.split('.')[0] for m in sys.modules]))"

    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    outside = {name for name in json.loads(loaded.stdout) if not name.startswith("__")}
    assert outside - sys.stdlib_module_names == {"kytkos"}


def test_the_package_names_what_it_gives() -> None:
    given = {"Kytkos", "KytkosError", "Table", "open"}

    assert given <= set(dir(kytkos))
    assert all(callable(getattr(kytkos, name)) for name in given)
    with pytest.raises(AttributeError, match="no attribute 'close'"):
        _ = kytkos.close  # type: ignore[attr-defined]


def test_a_query_of_the_library_takes_a_name_for_a_parameter(county: kytkos.Kytkos) -> None:
    by_name = county.query("body-responsibilities", body="KH Turva")
    by_code = county.query("body-responsibilities", body="body:kh-turva")

    assert by_name == by_code
    assert len(by_name) > 0
    assert by_name != county.query("body-responsibilities", body="KH Hyte")


def test_an_answer_is_in_the_language_of_the_project_or_the_one_asked_for() -> None:
    in_finnish = kytkos.open(ROOT, lang="fi").query("bodies-by-level")
    in_swedish = kytkos.open(ROOT, lang="fi").query("bodies-by-level", lang="sv")

    assert '<table lang="fi">' in in_finnish.to_html()
    assert "Toimielin</th>" in in_finnish.to_html()
    assert '<table lang="sv">' in in_swedish.to_html()
    assert "Organ</th>" in in_swedish.to_html()
    assert " lang=" not in in_swedish.to_html().partition("\n")[2]


def test_a_value_may_be_a_day_a_term_or_a_text(county: kytkos.Kytkos) -> None:
    asked = [
        county.query("version-status-on", date=date(2023, 9, 1)),
        county.query("version-status-on", date="1.9.2023"),
    ]
    body = Term("uri", "https://w3id.org/kytkos/id/body/kh-turva")

    assert asked[0] == asked[1]
    assert county.query("claims", thing=body) == county.query("claims", thing="KH Turva")


def test_a_value_cannot_become_syntax(county: kytkos.Kytkos) -> None:
    with pytest.raises(kytkos.KytkosError, match="nothing is named"):
        county.query("body-responsibilities", body="body:kh-turva } ?s ?p ?o {")


@pytest.mark.parametrize(
    ("name", "values", "hint"),
    [
        ("partyduties", {}, "Did you mean `party-duties`?"),
        ("party-duties", {"part": "Lopen kunta"}, "Did you mean `party`?"),
        ("party-duties", {"party": "Lopin kunta"}, "Did you mean `Lopen kunta`?"),
    ],
)
def test_a_slip_gets_the_nearest(
    county: kytkos.Kytkos, name: str, values: dict[str, str], hint: str
) -> None:
    with pytest.raises(kytkos.KytkosError) as caught:
        county.query(name, **values)

    assert hint in caught.value.hint


def test_the_library_is_listed_by_theme_with_its_parameters(county: kytkos.Kytkos) -> None:
    listed = {str(row["name"]): row for row in county.queries().records()}

    assert listed.keys() == county.project.library().keys()
    assert str(listed["party-duties"]["parameters"]) == "party = kunta:433"
    assert str(listed["party-duties"]["theme"]) == "Parties"
    assert listed["parties"]["parameters"] is None


def test_a_select_needs_no_prefixes_of_the_data(county: kytkos.Kytkos) -> None:
    table = county.select("SELECT ?forum { ?forum a kyt:Forum } ORDER BY ?forum")

    assert table.variables == ("forum",)
    assert "body:kh-turva" in str(table)


def test_a_select_may_have_parameters(county: kytkos.Kytkos) -> None:
    sparql = "SELECT ?level { VALUES ?body { body:kh-hyte } ?level kyt:concerns ?body }"

    assert county.select(sparql) != county.select(sparql, body="KH Turva")


@pytest.mark.parametrize("wrong", ["SELECT ?forum {", "ASK { ?s ?p ?o }"])
def test_a_query_that_gives_no_table_is_an_error(county: kytkos.Kytkos, wrong: str) -> None:
    with pytest.raises(kytkos.KytkosError, match=r"can't be parsed|not a SELECT"):
        county.select(wrong)


def test_a_day_leaves_out_what_was_not_known(county: kytkos.Kytkos) -> None:
    past = kytkos.open(ROOT, lang="en", as_of="1.9.2023")
    versions = "SELECT ?version { ?version a kyt:AgreementVersion } ORDER BY ?version"

    assert "version:kh2026" in str(county.select(versions))
    assert "version:kh2026" not in str(past.select(versions))
    assert past.select(versions) == county.as_of(date(2023, 9, 1)).select(versions)
    with pytest.raises(kytkos.KytkosError, match="as of 2023-09-01 already"):
        past.as_of("2026-05-01")


def test_rdflib_and_the_store_have_the_same_triples(make_project: MakeProject) -> None:
    opened = kytkos.open(make_project(FORUM).root)

    triples = {str(quad.triple) for quad in opened.store}
    assert len(opened.graph) == len(triples)
    found = opened.graph.query("SELECT ?label { body:a skos:prefLabel ?label }")
    assert {str(label) for (label,) in found} == {"A-foorumi", "A-forum", "Forum A"}  # type: ignore[misc]
    names = {str(graph.identifier) for graph in opened.graph.graphs()}
    assert "https://w3id.org/kytkos/graph/data/things.ttl" in names
    assert not [name for name in names if name.startswith("file:")]


def test_the_store_is_that_of_pyoxigraph(county: kytkos.Kytkos) -> None:
    asked = county.store.query("ASK { ?s ?p ?o }", use_default_graph_as_union=True)

    assert isinstance(asked, ox.QueryBoolean)
    assert bool(asked)


@pytest.mark.parametrize(
    ("folder", "message"), [("nowhere", "no folder"), ("empty", "not a project")]
)
def test_a_folder_that_is_no_project_is_an_error(tmp_path: Path, folder: str, message: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(kytkos.KytkosError, match=message) as caught:
        kytkos.open(tmp_path / folder)

    assert "kytkos.open(DIR)" in caught.value.hint


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_notebook_gives_the_outputs_that_it_shows(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    stored = nbformat.read(path, as_version=4)
    run = nbformat.from_dict(json.loads(json.dumps(stored)))
    client = NotebookClient(
        run,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": path.parent}},
    )

    client.execute()

    run.metadata = stored.metadata  # it would tell which Python ran it
    if os.environ.get("KYTKOS_UPDATE") == "1":
        nbformat.write(run, path)
        stored = nbformat.read(path, as_version=4)
    for now, before in zip(run.cells, stored.cells, strict=True):
        assert now.get("outputs") == before.get("outputs"), now.source
