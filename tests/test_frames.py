import sys
from datetime import UTC, date, datetime

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kytkos.errors import OutputError
from kytkos.tables import MOST_SHOWN, Table, Words
from kytkos.terms import XSD, Term

IRI = Term("uri", "https://example.org/a")


def typed(value: str, datatype: str) -> Term:
    return Term("literal", value, datatype=XSD + datatype)


# A column, the types it gets, and its first value; the second is missing in each.
COLUMNS = [
    ([typed("2", "integer"), typed("-3", "short")], "Int64", pl.Int64(), 2),
    ([typed("2", "integer"), typed("0.5", "decimal")], "Float64", pl.Float64(), 2.0),
    ([typed("1e3", "double")], "Float64", pl.Float64(), 1000.0),
    ([typed("true", "boolean"), typed("0", "boolean")], "boolean", pl.Boolean(), True),
    ([typed("2026-04-13", "date")], "datetime64[s]", pl.Date(), date(2026, 4, 13)),
    (
        [typed("2026-04-13T12:00:00+03:00", "dateTime")],
        "datetime64[us, UTC]",
        pl.Datetime("us", "UTC"),
        datetime(2026, 4, 13, 9, tzinfo=UTC),
    ),
    ([IRI], "string", pl.String(), IRI.value),
    ([Term("literal", "Loppi", "fi")], "string", pl.String(), "Loppi"),
    # What pandas or polars would lose, or take for something else, stays text.
    ([typed("2026-04-13", "date"), typed("2025-05", "gYearMonth")], "string", pl.String(), None),
    ([typed("2026", "gYear")], "string", pl.String(), None),
    ([typed("2026-04-13Z", "date")], "string", pl.String(), None),
    ([typed("2026-04-13T12:00:00", "dateTime")], "string", pl.String(), None),
    ([typed("9223372036854775808", "integer")], "string", pl.String(), None),
    ([typed("two", "integer")], "string", pl.String(), None),
    ([typed("maybe", "boolean")], "string", pl.String(), None),
]


@pytest.mark.parametrize(("terms", "in_pandas", "in_polars", "first"), COLUMNS)
def test_a_column_has_the_type_of_its_values(
    terms: list[Term], in_pandas: str, in_polars: pl.DataType, first: object
) -> None:
    table = Table(("x",), ((terms[0],), (None,), *((term,) for term in terms[1:])))

    pandas, polars = table.to_pandas(), table.to_polars()

    first = terms[0].value if first is None else first
    assert str(pandas["x"].dtype) == in_pandas
    assert pandas["x"].isna().tolist()[:2] == [False, True]
    found = pandas["x"][0]
    assert (found.date() if in_pandas == "datetime64[s]" else found) == first
    assert polars["x"].dtype == in_polars
    assert polars["x"].to_list()[:2] == [first, None]


DATATYPES = ["", "integer", "decimal", "double", "boolean", "date", "dateTime", "gYear", "string"]
TEXTS = st.text() | st.sampled_from(["1", "0.5", "INF", "NaN", "true", "0001-01-01", "9999-12-31"])
TERMS = st.none() | st.builds(
    lambda value, datatype: Term("literal", value, datatype=datatype and XSD + datatype),
    TEXTS,
    st.sampled_from(DATATYPES),
)


@given(st.lists(st.tuples(TERMS, TERMS), max_size=4))
def test_any_answer_becomes_a_frame_with_a_value_where_a_term_is_bound(
    rows: list[tuple[Term | None, Term | None]],
) -> None:
    table = Table(("a", "b"), tuple(rows))

    pandas, polars = table.to_pandas(), table.to_polars()

    assert pandas.shape == polars.shape == (len(rows), 2)
    for index, name in enumerate(table.variables):
        bound = [row[index] is not None for row in rows]
        assert polars[name].is_not_null().to_list() == bound
        if str(pandas[name].dtype) != "Float64":  # where pandas takes NaN for missing
            assert pandas[name].notna().tolist() == bound


def test_an_answer_without_rows_keeps_its_columns() -> None:
    table = Table(("a", "b"), ())

    assert list(table.to_pandas().columns) == table.to_polars().columns == ["a", "b"]


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_without_the_package_the_error_names_it(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    table = Table(("a",), ((IRI,),))
    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr("sys.meta_path", [NotInstalled(package), *sys.meta_path])

    with pytest.raises(OutputError, match=f"{package} is not installed") as caught:
        getattr(table, f"to_{package}")()

    assert caught.value.hint == f"pip install {package}"


class NotInstalled:
    """Finds a package as little as if it were not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == self._package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_a_package_that_is_broken_is_no_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    monkeypatch.setattr("sys.meta_path", [Broken(), *sys.meta_path])

    with pytest.raises(ModuleNotFoundError, match="numpy"):
        Table(("a",), ()).to_pandas()


class Broken:
    """Finds pandas without what it needs."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'numpy'", name="numpy")


EVIL = Table(
    ("thing", "thingLabel", "said"),
    (
        (Term("uri", 'https://e.org/"><script>'), Term("literal", "<b>&", "sv"), None),
        (Term("uri", "javascript:alert(1)"), Term("literal", "x", "fi"), typed("3", "integer")),
    ),
    Words("fi", "A < B", {"said": "Sanottu <i>"}),
)


def test_nothing_in_a_table_becomes_markup() -> None:
    shown = EVIL.to_html()

    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert "javascript:" not in shown
    assert "<caption>A &lt; B</caption>" in shown


def test_a_notebook_shows_whose_language_a_text_is_in() -> None:
    shown = EVIL._repr_html_()

    assert shown.startswith('<table lang="fi">')
    assert shown.count(' lang="sv"') == 1
    assert shown.count(" lang=") == 2


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = tuple((typed(str(n), "integer"),) for n in range(MOST_SHOWN + 1))

    for lang, said in (("fi", "riviä 61 rivistä"), ("sv", "av 61"), ("en", "of 61 rows")):
        table = Table(("n",), rows, Words(lang))
        assert said in table.to_html()
        assert said in str(table)
        assert table.to_html().count("<td") == MOST_SHOWN
    assert "<caption>" not in Table(("n",), rows[:MOST_SHOWN]).to_html()


def test_names_take_the_places_of_iris() -> None:
    table = Table(
        ("body", "bodyLabel", "version"),
        ((IRI, Term("literal", "KH Turva", "fi"), IRI),),
        Words("fi", names={IRI.value: "Luonnos"}),
    )

    named = table.named()

    assert named.variables == ("bodyLabel", "version")
    assert [str(term) for term in named.rows[0]] == ["KH Turva", "Luonnos"]


def test_how_a_table_is_called_makes_it_no_other() -> None:
    assert Table(("a",), ()) == Table(("a",), (), Words("sv", "Svar"))
    assert isinstance(EVIL.to_pandas(), pd.DataFrame)
