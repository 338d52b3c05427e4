"""`kytkos query`: the library, its parameters, what it says to a wrong one, and its outputs."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from kytkos.cli import main
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.names import alike, headings, parameter_value
from kytkos.project import Project
from kytkos.queries import read_query
from kytkos.terms import ID, XSD, Term
from tests.conftest import ROOT

TYPED = """\
#+ summary: Test
#+ enumerate:
#+   - kind:
#+     - seat
#+     - role
#+   - basis:
#+     - basis:stated
#+ tags: [law]
PREFIX basis: <https://w3id.org/kytkos/scheme/basis/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT ?a WHERE {
  VALUES ?kind { "seat" }
  VALUES ?basis { basis:stated }
  VALUES ?date { "2026-11-22"^^xsd:date }
  VALUES ?count { 7 }
  VALUES ?share { 0.5 }
  VALUES ?open { true }
  VALUES ?word { "sana"@fi }
  ?a ?b ?kind
}
"""
KILLER = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?a != ?h || ?e = ?i) }"


def run(*arguments: str, stdin: str | bytes | None = None, lang: str = "en") -> Result:
    command = ["--project", str(ROOT), "--lang", lang, *arguments]
    result = CliRunner().invoke(main, command, input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    "verb", ["query parties", "export", "calendar", "network parts", "diff kh2023 kh2026"]
)
def test_a_file_whose_ending_names_no_form_is_not_written(verb: str, tmp_path: Path) -> None:
    output = tmp_path / "answer.pdf"

    result = run(*verb.split(), "-o", str(output))

    assert result.exit_code == 2
    assert "no form ends in `.pdf`" in result.stderr
    assert "--format" in result.stderr
    assert not output.exists()


def test_a_text_file_gets_the_table_that_a_terminal_would(tmp_path: Path) -> None:
    run("query", "parties", "-o", str(tmp_path / "a.txt"))

    assert (tmp_path / "a.txt").read_text(encoding="utf-8").startswith("┌")


def test_the_library_is_listed_by_theme() -> None:
    listed = run("query", lang="fi").stdout

    assert listed.index("Vastuut\n") < listed.index("  body-responsibilities")
    assert listed.index("  body-responsibilities") < listed.index("Lakiperusteet\n")
    assert "  legal-anchors" in listed


def test_every_theme_has_a_name_in_each_language(county: Project) -> None:
    from kytkos.names import themes

    tags = {tag for query in county.library().values() for tag in query.tags}

    for lang in ("fi", "sv", "en"):
        assert tags <= themes(lang).keys()


def test_help_on_a_query_explains_it() -> None:
    result = run("query", "party-duties", "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith("party-duties: What binds one party")
    assert "default kunta:433 (Municipality of Loppi)" in result.stdout
    assert "City of Hämeenlinna" in result.stdout
    assert 'Example: kytkos query party-duties --set "party=Municipality of Loppi"' in result.stdout


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "queries").glob("*.rq")))
def test_the_example_of_every_query_works(name: str) -> None:
    import shlex

    helped = run("query", "-h", name).stdout
    example = shlex.split(helped.rpartition("Example: kytkos ")[2])

    assert run(*example, "--format", "json").exit_code == 0


def test_help_on_a_mistyped_query_gets_the_nearest() -> None:
    result = run("query", "--help", "partyduties")

    assert result.exit_code == 2
    assert "Did you mean `party-duties`?" in result.stderr


def test_help_needs_no_project(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--project", str(tmp_path), "query", "--help"])

    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_a_mistyped_thing_gets_ten_of_its_kind_nearest_first() -> None:
    result = run("query", "party-duties", "--set", "party=Lopen kuntaa", lang="fi")

    assert result.exit_code == 2
    assert "Did you mean `Lopen kunta`?" in result.stderr
    assert "`party` takes, for example: `Lopen kunta`, " in result.stderr
    assert result.stderr.rpartition("for example:")[2].count("`") == 20


def test_the_kind_is_what_the_parameter_is_called_after(county_graph: Graph) -> None:
    bodies = alike("", "body", f"{ID}body/kh-turva", county_graph, "fi", limit=1000)
    parties = alike("", "party", f"{ID}kunta/433", county_graph, "fi", limit=1000)
    measures = alike(
        "", "measure", f"{ID}measure/kh2026-turvallisuuden-tilannekuva", county_graph, "fi", 1000
    )

    assert {"KH Turva", "Alueellinen hyte-työryhmä"} <= set(bodies)
    assert {"Lopen kunta", "Kanta-Hämeen hyvinvointialue"} <= set(parties)
    assert not {"KH Turva", "Lopen kunta"} & set(measures)


@pytest.mark.parametrize(
    ("name", "text", "term"),
    [
        ("kind", "role", Term("literal", "role")),
        ("basis", "basis:stated", Term("uri", "https://w3id.org/kytkos/scheme/basis/stated")),
        ("date", "2026-04-13", Term("literal", "2026-04-13", datatype=XSD + "date")),
        ("date", "1.9.2023", Term("literal", "2023-09-01", datatype=XSD + "date")),
        ("count", "-3", Term("literal", "-3", datatype=XSD + "integer")),
        ("share", "1.25", Term("literal", "1.25", datatype=XSD + "decimal")),
        ("open", "false", Term("literal", "false", datatype=XSD + "boolean")),
        ("word", "x", Term("literal", "x", "fi")),
    ],
)
def test_a_value_is_of_the_type_of_the_default(
    county_graph: Graph, name: str, text: str, term: Term
) -> None:
    query = read_query(TYPED, "typed")

    assert parameter_value(query, name, text, county_graph) == term


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("kind", "rule", "It can be: `seat`, `role`."),
        ("basis", "basis:inferred", "It can be: `basis:stated`."),
        ("date", "huomenna", "It is a day, written as 2026-04-13 or 13.4.2026."),
        ("date", "31.2.2026", "It is a day, written as 2026-04-13 or 13.4.2026."),
        ("count", "many", "It is a whole number."),
        ("share", "half", "It is a number, as 1.5."),
        ("open", "maybe", "It can be: `true`, `false`."),
    ],
)
def test_a_wrong_value_gets_what_it_may_be(
    county_graph: Graph, name: str, text: str, hint: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parameter_value(read_query(TYPED, "typed"), name, text, county_graph)

    assert caught.value.hint == hint
    assert text in caught.value.message


@pytest.mark.parametrize(
    "nasty",
    [
        'x" } } INSERT DATA { <a:a> <a:b> <a:c> } #',
        '\\" }',
        "seat' } UNION { ?a ?b ?c",
        "?kind",
        "\n}\n#",
        "UNDEF } VALUES ?kind { 1",
    ],
)
def test_no_value_becomes_syntax(county_graph: Graph, nasty: str) -> None:
    from kytkos.engines import Oxigraph

    text = 'SELECT ?value WHERE { VALUES ?value { "x" } }'
    query = read_query(text, "q")

    bound = query.bind({"value": parameter_value(query, "value", nasty, county_graph)})

    assert Oxigraph(county_graph).select(bound.text).rows == ((Term("literal", nasty),),)


def test_columns_for_people_are_named_by_the_ontology(county_graph: Graph) -> None:
    found = headings(["measureLabel", "atLeastBefore", "dueBy", "oddThing"], county_graph, "fi")

    assert list(found.values()) == ["Toimenpide", "Vähintään (ennen)", "Määräaika", "Odd thing"]


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("csv", "version,party,partyLabel"),
        ("tsv", "?version\t?party\t?partyLabel"),
        ("md", "| Version | Party |"),
        ("excel-csv", "\ufeffVersion;Party (IRI);Party;"),
        ("table", "┌──"),
        ("json", '{\n "head"'),
    ],
)
def test_every_form_is_written(form: str, begins: str) -> None:
    result = run("query", "parties", "--format", form)

    assert result.exit_code == 0
    assert result.stdout.startswith(begins)


def test_the_ending_of_the_file_chooses_the_form(tmp_path: Path) -> None:
    assert run("query", "parties", "-o", str(tmp_path / "a.xlsx"), lang="fi").exit_code == 0
    assert run("query", "parties", "-o", str(tmp_path / "a.md")).exit_code == 0

    book = load_workbook(io.BytesIO((tmp_path / "a.xlsx").read_bytes()))
    assert book.active is not None
    assert book.active["A1"].value == "Sopimusosapuolet, niiden Y-tunnukset ja viralliset koodit"
    assert book.active["A2"].value == "parties"
    assert (tmp_path / "a.md").read_text("utf-8").startswith("| Version ")


def test_a_workbook_says_what_was_asked(tmp_path: Path) -> None:
    output = str(tmp_path / "a.xlsx")

    run("query", "party-duties", "--set", "party=433", "-o", output, lang="fi")

    book = load_workbook(output)
    assert book.active is not None
    assert book.active["A2"].value == "party-duties · party = Lopen kunta"


def test_an_answer_without_rows_is_told() -> None:
    result = run("query", "body-responsibilities", "--set", "body=Lopen kunta")

    assert result.exit_code == 0
    assert "body-responsibilities: no rows (body=Lopen kunta)" in result.stderr


def test_an_answer_without_rows_tells_the_day_asked() -> None:
    result = run("query", "meetings-against-agreement", "--as-of", "2023-07-31")

    assert "no rows (date=2023-07-31)" in result.stderr


def test_a_query_that_is_not_text_leaves_with_2(tmp_path: Path) -> None:
    (tmp_path / "a.rq").write_bytes(b"\xff\xfe\x00")

    assert run("query", str(tmp_path / "a.rq")).exit_code == 2
    assert run("query", "-", stdin=b"\xff\xfe").exit_code == 2


@pytest.mark.parametrize("engine", ["oxigraph", "rdflib"])
def test_a_query_that_takes_too_long_is_given_up(engine: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", "from kytkos.cli import main; main()", "--project", str(ROOT)]
    started = time.monotonic()

    done = subprocess.run(
        [*command, "query", "-", "--engine", engine, "--timeout", "0.5"],
        input=KILLER, capture_output=True, text=True, env=environment, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "no answer within 0.5 s" in done.stderr
    assert time.monotonic() - started < 30
