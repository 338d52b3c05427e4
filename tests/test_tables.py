import json

import pyoxigraph as ox
import wcwidth
from hypothesis import given
from hypothesis import strategies as st

from kytkos.graph import to_term
from kytkos.tables import Table
from kytkos.terms import XSD, Term

ANSWER = {
    "head": {"vars": ["body", "bodyLabel", "times"]},
    "results": {
        "bindings": [
            {
                "body": {"type": "uri", "value": "https://example.org/a"},
                "bodyLabel": {"type": "literal", "value": 'A, "b"', "xml:lang": "FI"},
                "times": {
                    "type": "typed-literal",
                    "value": "2",
                    "datatype": "http://www.w3.org/2001/XMLSchema#integer",
                },
            },
            {"body": {"type": "bnode", "value": "b0"}},
        ]
    },
}


def test_json_is_read_with_unbound_variables_and_virtuosos_typed_literals() -> None:
    table = Table.from_json(ANSWER)

    assert table.variables == ("body", "bodyLabel", "times")
    assert table.rows[0][1] == Term("literal", 'A, "b"', "fi")
    assert table.rows[0][2] is not None
    assert table.rows[0][2].python() == 2
    assert table.rows[1] == (Term("bnode", "b0"), None, None)


def test_csv_has_values_only_and_quotes_what_needs_it() -> None:
    expected = 'body,bodyLabel,times\r\nhttps://example.org/a,"A, ""b""",2\r\nb0,,\r\n'

    assert Table.from_json(ANSWER).to_csv() == expected


def test_a_drawn_table_shows_the_label_instead_of_the_iri() -> None:
    drawn = Table.from_json(ANSWER).to_text()

    assert "https://example.org/a" not in drawn
    assert 'A, "b"' in drawn


def test_a_drawn_table_fits_the_width() -> None:
    table = Table(("a", "b"), ((Term("literal", "x" * 200), Term("literal", "y" * 200)),))

    assert max(map(len, table.to_text(width=60).splitlines())) <= 60


def test_a_word_is_broken_only_where_there_is_no_other_way() -> None:
    texts = ("Strateginen yhteistyösopimus", "Varautuminen ja turvallisuus", "Päävastuu", "x" * 50)
    table = Table(("a", "b", "c", "d"), (tuple(Term("literal", text) for text in texts),))

    drawn = table.to_text(width=90)

    assert max(map(len, drawn.splitlines())) <= 90
    for word in ["Strateginen", "yhteistyösopimus", "Varautuminen", "turvallisuus", "Päävastuu"]:
        assert word in drawn


def test_people_read_words_for_truth_values() -> None:
    table = Table(("a",), ((Term("literal", "true", datatype=XSD + "boolean"),),))

    assert "kyllä" in table.to_text({"true": "kyllä"})
    assert "kyllä" not in Table(("a",), ((Term("literal", "true"),),)).to_text({"true": "kyllä"})


def literal(value: str, lang: str = "", datatype: str = "") -> Term:
    return Term("literal", value, lang, datatype and XSD + datatype)


def iri(value: str) -> Term:
    return Term("uri", value)


@given(
    st.lists(
        st.tuples(
            st.builds(literal, st.text(), st.sampled_from(["", "fi", "sv"])),
            st.none() | st.builds(iri, st.text(min_size=1)),
        )
    )
)
def test_json_is_read_back_as_it_was_written(rows: list[tuple[Term, Term | None]]) -> None:
    table = Table(("a", "b"), tuple(rows))

    assert Table.from_json(json.loads(table.to_json())) == table


VALUES = st.none() | st.one_of(
    st.builds(iri, st.sampled_from(["urn:a", "https://example.org/ä?b=1#c"])),
    st.builds(literal, st.text(st.characters(codec="utf-8")), st.sampled_from(["", "fi"])),
    st.builds(literal, st.sampled_from(["7", "-1", "1.5", "1e3", "x"]), st.just(""),
              st.sampled_from(["integer", "decimal", "double", "date", "gYear"])),
)  # fmt: skip


@given(st.lists(st.tuples(VALUES, VALUES)))
def test_another_reader_reads_the_tsv_as_it_was_meant(
    rows: list[tuple[Term | None, Term | None]],
) -> None:
    table = Table(("a", "b"), tuple(rows))

    read = ox.parse_query_results(table.to_tsv().encode(), format=ox.QueryResultsFormat.TSV)

    assert isinstance(read, ox.QuerySolutions)
    found = tuple(tuple(None if value is None else to_term(value) for value in row) for row in read)
    assert found == table.rows


def test_tsv_is_as_the_standard_shows_it() -> None:
    table = Table(
        ("x", "literal"),
        (
            (Term("bnode", "x"), literal("Tab\there \"and\" \\")),
            (Term("uri", "urn:a"), literal("chat", "fr")),
            (None, literal("3", datatype="integer")),
            (None, literal("3", datatype="date")),
        ),
    )  # fmt: skip

    assert table.to_tsv() == (
        "?x\t?literal\n"
        '_:x\t"Tab\\there \\"and\\" \\\\"\n'
        '<urn:a>\t"chat"@fr\n'
        "\t3\n"
        '\t"3"^^<http://www.w3.org/2001/XMLSchema#date>\n'
    )


def test_csv_for_a_finnish_excel() -> None:
    table = Table(
        ("body", "bodyLabel", "sum", "code"),
        (
            (
                Term("uri", "urn:a"), literal("Ä; \"b\"", "fi"),
                literal("465089.50", datatype="decimal"), literal("07"),
            ),
            (None, literal("=1+1"), None, literal("5.1")),
        ),
    )  # fmt: skip

    assert table.to_excel_csv({"body": "Toimielin", "bodyLabel": "Toimielin"}) == (
        "\ufeffToimielin (IRI);Toimielin;sum;code\r\n"
        'urn:a;"Ä; ""b""";465089,50;"=""07"""\r\n'
        ';\'=1+1;;"=""5.1"""\r\n'
    )


def test_markdown_links_labels_and_escapes_what_has_a_meaning() -> None:
    table = Table(
        ("body", "bodyLabel", "note", "times"),
        ((Term("uri", "urn:a"), literal("A|b"), literal("<x>\n*y*"), literal("2", "", "integer")),),
    )

    assert table.to_markdown(headings={"bodyLabel": "Toimielin"}) == (
        "| Toimielin | note | times |\n"
        "| --- | --- | ---: |\n"
        "| [A\\|b](<urn:a>) | &lt;x><br>\\*y\\* | 2 |\n"
    )


@given(
    st.lists(st.lists(st.text(max_size=30), min_size=5, max_size=5), min_size=1, max_size=4),
    st.integers(20, 100),
)
def test_every_line_of_a_drawn_table_fits_and_is_as_long(
    texts: list[list[str]], width: int
) -> None:
    rows = tuple(tuple(literal(text) for text in row) for row in texts)

    lines = Table(("a", "b", "c", "d", "e"), rows).to_text(width=width).split("\n")

    measured = {wcwidth.width(line) for line in lines if line}
    assert len(measured) == 1
    assert max(measured) <= width


def test_a_narrow_terminal_gets_a_small_table_for_each_row() -> None:
    names = ("name", "second", "third")
    rows = (
        (literal("Aluevaltuusto"), None, literal("ä" * 20)),
        (literal("B"), literal("漢字"), None),
    )

    assert Table(names, rows).to_text(width=30) == (
        "┌────────┬───────────────────┐\n"
        "│ name   │ Aluevaltuusto     │\n"
        "│ third  │ äääääääääääääääää │\n"
        "│        │ äää               │\n"
        "└────────┴───────────────────┘\n"
        "┌────────┬───────────────────┐\n"
        "│ name   │ B                 │\n"
        "│ second │ 漢字              │\n"
        "└────────┴───────────────────┘\n"
    )


def test_a_value_can_not_move_the_cursor() -> None:
    drawn = Table(("a",), ((literal("\x1b[2J\x07\u202eabc\r\nd"),),)).to_text()

    assert not set("\x1b\x07\u202e\r") & set(drawn)
    assert "abc" in drawn


def test_numbers_stand_to_the_right() -> None:
    rows = tuple((literal(n, datatype="integer"),) for n in ("7", "1234"))

    assert "│    7 │" in Table(("n",), rows).to_text()


def test_a_table_without_rows_has_its_head() -> None:
    assert "name" in Table(("name",), ()).to_text()
    assert "name" in Table(("name", "b", "c"), ()).to_text(width=20)
    assert Table(("name",), ()).to_markdown() == "| name |\n| --- |\n"
