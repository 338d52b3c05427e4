"""What a query gets that can't be parsed: its line and column, what stands there, what to do."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from kytkos.cli import main
from kytkos.engines import ENGINES, check_select
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.terms import LANGUAGES, Prefixes

P = "PREFIX ex: <https://example.org/>\n"
W = f"{P}SELECT ?a WHERE {{\n  ?a ex:b ?c"
EMPTY = Graph(ox.Store(), {}, Prefixes({}))

BROKEN = [
    (f"{W} .\n", "4:1", "ends too early"),
    (f"{W} .\n}} }}\n", "4:3", "can't stand here"),
    (f"{W}\n  ?d ex:e ?f .\n}}", "4:3", "full stop or semicolon"),
    (f"{P}SELECT ?a WHERE {{\n  ?a foo:b ?c }}", "3:6", "prefix is not declared: foo:"),
    (f"{P}SELET ?a WHERE {{ ?a ex:b ?c }}", "2:1", "Did you mean SELECT?"),
    (f"{P}SELECT ?a WHER {{ ?a ex:b ?c }}", "2:11", "Did you mean WHERE?"),
    (f"{W} .\n FILTR (?c > 3)\n}}", "4:2", "Did you mean FILTER?"),
    (f"{W} .\n OPTIONL {{ ?a ex:c ?d }}\n}}", "4:2", "Did you mean OPTIONAL?"),
    (f"{W} .\n FILTER (STRLENGTH(?c) > 3)\n}}", "4:10", "Did you mean STRLEN?"),
    (f"{W} .\n FILTER ?c > 3\n}}", "4:9", "expression"),
    (f"{W} .\n FILTER (?c > 3\n}}", "5:1", "expression"),
    (f"{W} .\n FILTER (?c == 3)\n}}", "4:14", "expression"),
    (f"{W} .\n FILTER (?c > 3 AND ?c < 5)\n}}", "4:17", "expression"),
    (f"{P}SELECT WHERE {{ ?a ex:b ?c }}", "2:8", "Variables should follow"),
    (f"{P}SELECT ?a, ?b WHERE {{ ?a ex:b ?c }}", "2:10", "Variables should follow"),
    (f"{P}SELECT COUNT(?a) AS ?n WHERE {{ ?a ex:b ?c }}", "2:8", "Variables should follow"),
    (f"{P}SELECT ?a (COUNT(?c) AS ?n) WHERE {{ ?a ex:b ?c }}", "2:", "GROUP BY"),
    (f"{W} .\n}} LIMIT 3 ORDER BY ?a", "4:11", "can't stand here"),
    (f"{W} .\n}} ORDER ?a", "4:9", "can't stand here"),
    (f"{W} .\n}} LIMIT ten", "4:9", "can't stand here"),
    (f'{P}SELECT ?a WHERE {{\n  ?a ex:b "c .\n}}', "3:15", "quotation mark is missing"),
    (f"{P}SELECT ?a WHERE {{\n  ?a ex:b “c” .\n}}", "3:11", "typographic"),
    (f"{P}SELECT ?a WHERE {{\n  ?a\u00a0ex:b ?c .\n}}", "3:", "invisible character"),
    ("PREFIX ex: <https://example.org/> .\nSELECT ?a { ?a ex:b ?c }", "1:35", "full stop"),
    ("@prefix ex: <https://example.org/> .\nSELECT ?a { ?a ex:b ?c }", "1:1", "as in Turtle"),
    (f"{W} .\n BIND (1 ?d)\n}}", "4:10", "expression"),
    (f"{P}SELECT ?a WHERE {{\n VALUES ?a {{ 1, 2 }}\n}}", "3:15", "values of VALUES"),
    (f'{P}SELECT ?a WHERE {{\n  "a" ex:b ?c ?d .\n}}', "3:15", "pattern"),
    (f"{W} .\n NOT EXISTS {{ ?a ex:d ?e }}\n}}", "4:2", "FILTER NOT EXISTS"),
    (f"{W} .\n}};", "4:2", "one query"),
    (f"{W} }}\nSELECT ?a WHERE {{ ?a ex:b ?c }}", "4:1", "one query"),
    (f"{P}SELECT ?a WHERE ?a ex:b ?c", "2:17", "expected: {"),
    (f"{P}SELECT ?a WHERE {{\0 ?a ex:b ?c }}", "2:18", "invisible character"),
    ("", "1:1", "is empty"),
    ("# nothing\n", "2:1", "is empty"),
    ("Who is who?", "1:1", "no SPARQL query"),
    ("<!DOCTYPE html><html></html>", "1:1", "no SPARQL query"),
    (f"{P}INSERT DATA {{ ex:a ex:b ex:c }}", "2:1", "update"),
    (f"{P}DELETE WHERE {{ ?a ex:b ?c }}", "2:1", "update"),
]


@pytest.mark.parametrize(("query", "place", "said"), BROKEN)
def test_a_query_that_does_not_parse_is_told_where_and_why(
    query: str, place: str, said: str
) -> None:
    with pytest.raises(QueryError) as caught:
        ENGINES["oxigraph"](EMPTY).select(query, "q.rq")

    assert str(caught.value).startswith(f"q.rq:{place}")
    assert said in str(caught.value)
    assert set(caught.value.translations) == set(LANGUAGES)
    assert "..=" not in str(caught.value)


# rdflib takes what is not grouped, and does not tell what has no place.
@pytest.mark.parametrize(
    ("query", "place", "said"), [case for case in BROKEN if "(COUNT(?c)" not in case[0]]
)
def test_each_engine_tells_the_same_of_it(query: str, place: str, said: str) -> None:
    told = []
    for engine in ENGINES.values():
        with pytest.raises(QueryError) as caught:
            engine(EMPTY).select(query, "q.rq")
        told.append(str(caught.value))
    with pytest.raises(QueryError) as caught:
        check_select(query, "q.rq")

    assert {*told, str(caught.value)} == {told[0]}


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("fi", "virhe: kyselyä ei voi jäsentää: FILTR ei voi olla tässä."),
        ("sv", "fel: frågan går inte att tolka: FILTR kan inte stå här."),
        ("en", "error: the query can't be parsed: FILTR can't stand here."),
    ],
)
def test_it_is_told_in_the_language_of_the_reader(tmp_path: Path, lang: str, said: str) -> None:
    (tmp_path / "data").mkdir()
    query = tmp_path / "q.rq"
    query.write_text(f"{W} .\n FILTR (?c > 3)\n}}")

    result = CliRunner().invoke(
        main, ["--project", str(tmp_path), "--lang", lang, "query", str(query)]
    )

    assert result.exit_code == 2
    assert said in result.stderr
    assert ":4:2: " in result.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_a_function_that_is_not_there_is_told(tmp_path: Path, engine: str) -> None:
    (tmp_path / "data").mkdir()
    query = "SELECT ?a { BIND (<https://example.org/f>(1) AS ?a) }"

    result = CliRunner().invoke(
        main, ["--project", str(tmp_path), "query", "-", "--engine", engine], input=query
    )

    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code == (2 if engine == "oxigraph" else 0)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?a WHERE " + "{ " * 500 + "?a ?b ?c" + " }" * 500,
        "SELECT ?a WHERE { FILTER (" + "(" * 500 + "1" + ")" * 499 + ") }",
        'SELECT ?a WHERE { ?a ?b "' + "x" * 1_000_000,
        "SELECT ?a WHERE { ?a ?b ?c " + ". ?a ?b ?c " * 5000 + "?d",
    ],
    ids=["braces", "brackets", "text", "patterns"],
)
def test_a_long_or_deep_query_is_no_crash(tmp_path: Path, query: str) -> None:
    (tmp_path / "data").mkdir()

    result = CliRunner().invoke(main, ["--project", str(tmp_path), "query", "-"], input=query)

    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in (0, 2)
