from pathlib import Path

import pytest

from kytkos.errors import DataError
from kytkos.graph import load
from kytkos.terms import Place

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

    assert caught.value.place == Place("latin.ttl", 2)
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


def test_the_place_of_a_thing_is_the_line_its_block_begins_on(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text(
        PREFIX + 'ex:ab ex:p "" .\n\nex:a ex:p ex:ab ;\n    ex:q ex:c .\n'
    )
    graph = load([tmp_path], tmp_path)

    assert graph.place_of("https://example.org/a") == Place("x.ttl", 4, 1)
    assert graph.place_of("https://example.org/ab") == Place("x.ttl", 2, 1)
    assert graph.place_of("https://example.org/c") is None


def test_a_trig_file_is_read_with_its_own_graphs(tmp_path: Path) -> None:
    (tmp_path / "x.trig").write_text(PREFIX + "ex:g { ex:a ex:b ex:c . }\n")

    assert load([tmp_path], tmp_path).triples == 1
