from pathlib import Path

import pyoxigraph as ox
import pytest

from kytkos.errors import DataError
from kytkos.graph import load
from kytkos.terms import Place, Term

PREFIX = "@prefix ex: <https://example.org/> .\n"


def test_the_union_of_two_files_holds_a_shared_triple_once(tmp_path: Path) -> None:
    for name in ("a.ttl", "b.ttl"):
        (tmp_path / name).write_text(PREFIX + "ex:a ex:b ex:c .\n")

    graph = load([tmp_path], tmp_path)

    assert graph.triples == 1


def test_a_syntax_error_names_file_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text(PREFIX + "ex:a ex:b ex:c\nex:d ex:e ex:f .\n")

    with pytest.raises(DataError) as caught:
        load([tmp_path], tmp_path)

    assert caught.value.place is not None
    assert caught.value.place.path == "bad.ttl"
    assert caught.value.place.line == 3
    assert caught.value.place.column > 0
    assert "Parser error" not in caught.value.message


def test_a_file_that_is_not_utf_8_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "latin.ttl").write_bytes(PREFIX.encode() + 'ex:a ex:b "Häme" .\n'.encode("latin-1"))

    with pytest.raises(DataError) as caught:
        load([tmp_path], tmp_path)

    assert caught.value.place == Place("latin.ttl", 2, 13)
    assert "UTF-8" in str(caught.value)


def test_a_byte_order_mark_is_no_syntax_error(tmp_path: Path) -> None:
    (tmp_path / "bom.ttl").write_bytes(b"\xef\xbb\xbf" + PREFIX.encode() + b"ex:a ex:b ex:c .\n")

    assert load([tmp_path], tmp_path).triples == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't read"):
        load([tmp_path / "none.ttl"], tmp_path)


def test_a_file_that_is_neither_turtle_nor_trig_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")

    with pytest.raises(DataError, match="not a data file"):
        load([tmp_path / "data.csv"], tmp_path)


def test_the_place_of_a_thing_is_where_its_first_block_begins(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text(
        PREFIX + 'ex:ab ex:p "" .\n\n  ex:a ex:p ex:ab ;\n    ex:q ex:c .\nex:a ex:r ex:d .\n'
    )
    graph = load([tmp_path], tmp_path)

    assert graph.place_of("https://example.org/a") == Place("x.ttl", 4, 3)
    assert graph.place_of("https://example.org/ab") == Place("x.ttl", 2, 1)
    assert graph.place_of("https://example.org/none") is None


def test_what_nothing_describes_is_found_where_it_is_referred_to(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text(PREFIX + "ex:a ex:p ex:b , ex:c .\n")

    assert load([tmp_path], tmp_path).place_of("https://example.org/c") == Place("x.ttl", 2, 18)


def test_a_trig_file_is_read_with_its_own_graphs(tmp_path: Path) -> None:
    (tmp_path / "x.trig").write_text(PREFIX + "ex:g { ex:a ex:b ex:c . }\n")

    assert load([tmp_path], tmp_path).triples == 1


EX = "https://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"

AT_ODDS = """\
@prefix ex: <https://example.org/> .

ex:a a ex:Class ;
    ex:price 5.00 , 007 ;  # the store has 5 and 7
    ex:name "A"@fi , \"\"\"many
lines\"\"\"@EN ;
    ex:part ex:b , ex:c .

ex:b ex:part ex:a .
ex:a
    ex:late "2026-01-01Z"^^<http://www.w3.org/2001/XMLSchema#date> , ex:b .
"""


def a(local: str, datatype: str = "", lang: str = "") -> Term:
    return Term("literal", local, lang, XSD + datatype if datatype else "")


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "value", "line", "column"),
    [
        ("", None, 3, 1),
        (EX + "price", None, 4, 5),
        (EX + "price", a("5", "decimal"), 4, 14),
        (EX + "price", a("7", "integer"), 4, 21),
        (EX + "price", a("8", "integer"), 4, 5),
        (EX + "name", a("A", lang="fi"), 5, 13),
        (EX + "part", Term("uri", EX + "c"), 7, 20),
        (EX + "late", Term("uri", EX + "b"), 11, 70),
        (EX + "late", a("2026-01-01Z", "date"), 11, 13),
        ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", Term("uri", EX + "Class"), 3, 8),
        ("", Term("uri", EX + "c"), 7, 20),
        (EX + "missing", None, 3, 1),
        (f"<{EX}missing>|<{EX}part>", None, 7, 5),
        (f"<{EX}part>/<{EX}name>", a("B"), 7, 5),
        (f"<{EX}part>/<{EX}late>", Term("uri", EX + "b"), 7, 5),
        (f"^<{EX}part>", Term("uri", EX + "b"), 3, 1),
        (f"(^<{EX}part>)/<{EX}name>", None, 3, 1),
        (f"(<{EX}part>*)/(^<{EX}late>)", None, 3, 1),
    ],
)
def test_the_place_is_of_the_value_else_of_the_property_else_of_the_subject(
    tmp_path: Path,
    path: str,
    value: Term | None,
    line: int,
    column: int,
    line_end: str,
    start: str,
) -> None:
    (tmp_path / "x.ttl").write_bytes((start + AT_ODDS.replace("\n", line_end)).encode())
    graph = load([tmp_path], tmp_path)
    if value and value.lang == "en":
        value = a("many" + line_end + "lines", lang="en")

    assert graph.place_of(EX + "a", path, value) == Place("x.ttl", line, column)


def test_a_blank_node_is_found_by_what_surrounds_it(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text(
        PREFIX + "ex:a ex:p [ ex:q 1 ] ,\n    [ ex:q 2 ; ex:r ( ex:b ex:c ) ] .\n_:x ex:q 01 ."
    )
    graph = load([tmp_path], tmp_path)
    ends = {quad.object.value: quad.subject for quad in graph.store if "/p" not in str(quad)}

    def place(value: str, path: str = "") -> Place | None:
        node = ends[value]
        assert isinstance(node, ox.BlankNode)
        return graph.place_of(node.value, path)

    assert place("2") == Place("x.ttl", 3, 5)
    assert place("2", EX + "r") == Place("x.ttl", 3, 16)
    assert place("https://example.org/c") == Place("x.ttl", 3, 28)
    of_two = [q.subject for q in graph.store if getattr(q.object, "value", "") == "1"]
    places = [graph.place_of(node.value) for node in of_two if isinstance(node, ox.BlankNode)]
    assert set(places) == {Place("x.ttl", 2, 11), Place("x.ttl", 4, 1)}
    inner = Term("bnode", ends["2"].value)
    assert graph.place_of(EX + "a", EX + "p", inner) == Place("x.ttl", 3, 5)


def test_in_a_trig_file_places_are_found_in_every_graph(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(PREFIX + "ex:x ex:b ex:d .\n")
    (tmp_path / "x.trig").write_text(
        PREFIX + "ex:g { ex:a ex:b ex:c . }\nGRAPH ex:h {\n  ex:a ex:b ex:d }\nex:e ex:b ex:f ."
    )
    graph = load([tmp_path], tmp_path)

    assert graph.place_of(EX + "a") == Place("x.trig", 2, 8)
    assert graph.place_of(EX + "a", EX + "b", Term("uri", EX + "d")) == Place("x.trig", 4, 13)
    assert graph.place_of(EX + "e") == Place("x.trig", 5, 1)


def test_of_two_files_that_describe_a_thing_the_one_with_the_value_is_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.ttl").write_text(PREFIX + "ex:a ex:b ex:c .\n")
    (tmp_path / "b.ttl").write_text(PREFIX + "ex:a ex:b ex:d .\n")
    graph = load([tmp_path], tmp_path)

    assert graph.place_of(EX + "a", EX + "b", Term("uri", EX + "d")) == Place("b.ttl", 2, 11)


def test_a_literal_is_found_where_it_stands_as_a_value(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text(PREFIX + 'ex:a ex:b "two words" .\n')

    assert load([tmp_path], tmp_path).place_of("two words") == Place("x.ttl", 2, 11)


def test_a_file_deleted_meanwhile_is_named_without_a_line(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text(PREFIX + "ex:a ex:b ex:c .\n")
    graph = load([tmp_path], tmp_path)
    (tmp_path / "x.ttl").unlink()

    assert graph.place_of(EX + "a") == Place("x.ttl")
