"""What shapes get that can't be loaded: an error at their place; and patterns that run away."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kytkos.cli import main
from kytkos.shacl.patterns import Pattern

HEAD = """\
@prefix ex: <https://example.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
NODE = "ex:S a sh:NodeShape ; sh:targetClass ex:C ;\n    "
PROPERTY = f"{NODE}sh:property ex:P .\nex:P a sh:PropertyShape ;\n    "
QUERY = f"{NODE}sh:sparql ex:Q .\nex:Q sh:select "
DEEP = 3000


def check(folder: Path, shapes: str, data: str = "ex:a a ex:C .", *options: str) -> Result:
    (folder / "data").mkdir()
    (folder / "data" / "x.ttl").write_text(f"@prefix ex: <https://example.org/> .\n{data}\n")
    (folder / "ontology").mkdir()
    (folder / "ontology" / "shapes.ttl").write_text(HEAD + shapes)
    result = CliRunner().invoke(main, ["--project", str(folder), "check", *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("shapes", "place", "message"),
    [
        ("ex:S a sh:NodeShape\nex:T a sh:NodeShape .", "7:1", "Line 6 has no full stop"),
        (f"{PROPERTY}sh:path ex:p , ex:q .", "8:1", "must have one sh:path"),
        (f"{PROPERTY}sh:minCount 1 .", "8:1", "must have one sh:path"),
        (f'{PROPERTY}sh:path "p" .', "9:5", "a property path can't be"),
        (f"{PROPERTY}sh:path [] .", "9:5", "a property path is empty"),
        (f"{PROPERTY}sh:path ( ex:p ) .", "9:5", "two or more paths"),
        (f"{PROPERTY}sh:path _:x .\n_:x sh:inversePath _:x .", "9:5", "can't be recursive"),
        (f"{NODE}sh:path ex:p .", "6:1", "a node shape can't have a sh:path"),
        (f'{PROPERTY}sh:path ex:p ; sh:minCount "x" .', "9:32", "must be a whole number"),
        (f"{PROPERTY}sh:path ex:p ; sh:minCount -1 .", "9:32", "must be a whole number"),
        (f"{PROPERTY}sh:path ex:p ; sh:minCount 1 , 2 .", "9:20", "only one sh:minCount"),
        (f"{NODE}sh:minCount 1 .", "7:5", "only a property shape"),
        (f"{NODE}sh:nodeKind sh:Iri .", "7:17", "no node kind"),
        (f'{NODE}sh:nodeKind "IRI" .', "7:17", "no node kind"),
        (f'{NODE}sh:datatype "xsd:string" .', "7:17", "must be an IRI"),
        (f'{NODE}sh:pattern "(a" .', "7:16", "can't be parsed"),
        (f'{NODE}sh:pattern "(?=a)b" .', "7:16", "can't be parsed"),
        (f'{NODE}sh:pattern "a{{1000}}{{1000}}{{1000}}" .', "7:16", "can't be parsed"),
        (f"{NODE}sh:pattern ex:a .", "7:16", "must be a text"),
        (f'{NODE}sh:pattern "a" ; sh:flags "z" .', "7:16", "can't be parsed"),
        (f"{NODE}sh:in ex:a .", "7:11", "must be a list"),
        (f"{NODE}sh:in _:l .\n_:l rdf:first 1 ; rdf:rest _:l .", "7:11", "must be a list"),
        (f"{NODE}sh:in _:l .\n_:l rdf:first 1 .", "7:11", "must be a list"),
        (f'{NODE}sh:languageIn "fi" .', "7:19", "must be a list"),
        (f'{NODE}sh:deactivated "yes" .', "6:1", "must be true or false"),
        (f'{NODE}sh:severity "bad" .', "6:1", "must be one IRI"),
        (f"{NODE}sh:message ex:a .", "7:16", "must be a text"),
        (f"{NODE}sh:minInclusive ex:a .", "7:21", "must be a literal"),
        (f"{NODE}sh:equals 5 .", "7:15", "must be an IRI"),
        (f"{NODE}sh:minCuont 1 .", "7:5", "Did you mean `sh:minCount`?"),
        (f"{NODE}sh:or () .", "7:11", "is empty"),
        (f"{NODE}sh:not ex:None .", "7:12", "there is no shape"),
        (f'{NODE}sh:property "x" .', "7:17", "there is no shape"),
        (f"{NODE}sh:closed 5 .", "7:15", "must be true or false"),
        (f"{NODE}sh:ignoredProperties ( ex:p ) .", "6:1", "only with sh:closed"),
        ('ex:S sh:targetSubjectsOf "p" .', "6:26", "must be an IRI"),
        (f"{NODE}sh:sparql ex:None .", "7:15", "must have one sh:select"),
        (f'{QUERY}"SELECT $this {{" .', "8:16", "can't be parsed"),
        (f'{QUERY}"""\nSELECT $this {{\n  $this ?p }} ?o\n""" .', "10", "can't be parsed"),
        (f'{QUERY}"SELECT ?x {{ ?x ?p ?o }}" .', "8:16", "must select $this"),
        (f'{QUERY}"ASK {{ $this ?p ?o }}" .', "8:16", "must be a SELECT"),
        (f'{QUERY}"DELETE WHERE {{ $this ?p ?o }}" .', "8:16", "can't be parsed"),
        (f'{QUERY}"SELECT $this {{ $this ex:p ?o }}" .', "8:16", "can't be parsed"),
        (f'{QUERY}"SELECT $this {{ $this ?p ?o MINUS {{}} }}" .', "8:16", "can't use MINUS"),
        (
            f'{QUERY}"SELECT $this {{ $this ?p ?o }}" ; sh:prefixes ex: .\n'
            'ex: sh:declare [ sh:prefix "ex" ; sh:namespace "no IRI" ] .',
            "8:16",
            "a prefix of a SPARQL constraint",
        ),
    ],
)
def test_an_ill_formed_shape_is_told_with_its_line(
    tmp_path: Path, shapes: str, place: str, message: str
) -> None:
    result = check(tmp_path, shapes, "ex:a a ex:C .", "--show", "info")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"ontology/shapes.ttl:{place}")
    assert message in result.stderr or "puuttuu piste" in result.stderr


@pytest.mark.parametrize(
    "shapes",
    [
        f"{NODE}sh:node ex:S0 .\n"
        + "".join(f"ex:S{n} sh:node ex:S{n + 1} .\n" for n in range(DEEP))
        + f"ex:S{DEEP} sh:class ex:C .\n",
        f"{PROPERTY}sh:path " + "[ sh:inversePath " * DEEP + "ex:p" + " ]" * DEEP + " .",
        f"{NODE}sh:not " + "[ sh:not " * DEEP + "[ sh:class ex:C ]" + " ]" * DEEP + " .",
    ],
    ids=["shapes", "paths", "negations"],
)
def test_shapes_nested_too_deeply_are_told_in_a_sentence(tmp_path: Path, shapes: str) -> None:
    result = check(tmp_path, shapes)

    assert result.exit_code == 2
    assert "nested too deeply" in result.stderr


@pytest.mark.parametrize(
    "shapes", [f"{NODE}sh:node ex:S .", f"{PROPERTY}sh:path ex:p ; sh:node ex:S ; sh:class ex:D ."]
)
def test_a_recursive_shape_comes_to_an_end(tmp_path: Path, shapes: str) -> None:
    assert check(tmp_path, shapes, "ex:a a ex:C ; ex:p ex:a .").exit_code == 1


def test_what_pyshacl_can_not_use_is_told_in_a_sentence(tmp_path: Path) -> None:
    custom = (
        f"{NODE}ex:limit 3 .\nex:Component a sh:ConstraintComponent ;\n"
        "    sh:parameter [ sh:path ex:limit ] ;\n"
        '    sh:validator [ a sh:SPARQLAskValidator ; sh:ask "ASK {" ] .'
    )

    result = check(tmp_path, custom)

    assert result.exit_code == 2
    assert "pySHACL could not use the shapes" in result.stderr


RUNAWAY = "(a+)+$"
LONG = "a" * 5000 + "!"


@pytest.mark.parametrize(
    "constraint",
    [
        f'sh:property [ sh:path ex:p ; sh:pattern "{RUNAWAY}" ]',
        f'sh:or ( [ sh:path ex:p ; sh:pattern "{RUNAWAY}" ] [ sh:class ex:D ] )',
        f'sh:sparql [ sh:select """SELECT $this {{ $this <https://example.org/p> ?v'
        f' FILTER (!REGEX(?v, "{RUNAWAY}")) }}""" ]',
    ],
    ids=["pattern", "nested", "sparql"],
)
def test_no_regular_expression_runs_away(tmp_path: Path, constraint: str) -> None:
    began = time.process_time()

    result = check(tmp_path, f"{NODE}{constraint} .", f'ex:a a ex:C ; ex:p "{LONG}" .')

    assert result.exit_code == 1
    assert "shapes.ttl" not in result.stderr
    assert "data/x.ttl:2" in result.stdout
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        ("^a$", "", "a", True),
        ("^a$", "", "a\n", False),  # Python's own $ would match before the line's end
        ("^b$", "m", "a\nb\nc", True),
        ("a.c", "", "a\nc", False),
        ("a.c", "s", "a\nc", True),
        ("B", "i", "abc", True),
        ("a b", "x", "ab", True),
        ("a.c", "q", "abc", False),
        (r"^\p{Lu}\p{Ll}+$", "", "Äiti", True),
        (r"^\d$", "", "٣", True),
        ('"\\\\', "", 'a"\\b', True),
        ("\u0000", "", "a\u0000", True),
        ("", "", "", True),
    ],
)
def test_a_pattern_matches_as_regex_of_sparql_does(
    pattern: str, flags: str, text: str, found: bool
) -> None:
    compiled = Pattern(pattern, flags)

    assert compiled.is_well_formed
    assert compiled.not_in([text, text]) == (set() if found else {text})


def test_many_texts_are_looked_at_in_parts() -> None:
    texts = [f"{n:05}" for n in range(25_000)]

    assert Pattern("7$").not_in(texts) == {text for text in texts if text[-1] != "7"}
