import json

from hypothesis import given
from hypothesis import strategies as st

from kytkos.tables import Table
from kytkos.terms import Term

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


@given(
    st.lists(
        st.tuples(
            st.builds(Term, st.just("literal"), st.text(), st.sampled_from(["", "fi", "sv"])),
            st.none() | st.builds(Term, st.just("uri"), st.text(min_size=1)),
        )
    )
)
def test_json_is_read_back_as_it_was_written(rows: list[tuple[Term, Term | None]]) -> None:
    table = Table(("a", "b"), tuple(rows))

    assert Table.from_json(json.loads(table.to_json())) == table
