import io
import xml.etree.ElementTree as ET
import zipfile
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from kytkos import sheets
from kytkos.errors import OutputError
from kytkos.sheets import Contents, Sheet, workbook
from kytkos.tables import Table
from kytkos.terms import XSD, Term

BODY = "https://w3id.org/kytkos/id/body/kh-turva"


def literal(value: str, kind: str = "") -> Term:
    return Term("literal", value, datatype=XSD + kind if kind else "")


def opened(content: bytes, name: str | None = None) -> Worksheet:
    book = load_workbook(io.BytesIO(content))
    return book[name] if name else book.worksheets[0]


def written(*terms: Term | None, lang: str = "fi") -> Worksheet:
    variables = tuple(f"v{n}" for n in range(len(terms)))
    return opened(workbook([Sheet("s", "Otsikko", Table(variables, (terms,)))], lang=lang))


def test_a_sheet_has_a_title_headings_a_filter_and_a_frozen_header() -> None:
    table = Table(("body", "bodyLabel"), ((Term("uri", BODY), Term("literal", "KH Turva", "fi")),))
    made = Sheet("bodies", "Toimielimet", table, "bodies · x = y", {"bodyLabel": "Toimielin"})

    sheet = opened(workbook([made]))

    assert sheet["A1"].value == "Toimielimet"
    assert sheet["A1"].font.bold
    assert sheet["A2"].value == "bodies · x = y"
    assert sheet["A4"].value == "Toimielin"
    assert sheet.freeze_panes == "A5"
    assert sheet.auto_filter.ref == "A4:A5"


def test_a_label_stands_for_its_thing_and_links_to_it() -> None:
    table = Table(("body", "bodyLabel"), ((Term("uri", BODY), Term("literal", "KH Turva", "fi")),))

    sheet = opened(workbook([Sheet("s", "t", table)]))

    assert sheet["A5"].value == "KH Turva"
    assert sheet["A5"].hyperlink is not None
    assert sheet["A5"].hyperlink.target == BODY
    assert sheet["B5"].value is None


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "=HYPERLINK(", "#N/A", "0", "TRUE"])
def test_text_stays_text_whatever_it_begins_with(start: str) -> None:
    cell = written(literal(f"{start}1+1"))["A5"]

    assert cell.value == f"{start}1+1"
    assert cell.data_type == "s"


def test_a_formula_stays_text_when_the_cell_is_edited() -> None:
    assert written(literal("=1+1"))["A5"].quotePrefix
    assert not written(literal("1+1"))["A5"].quotePrefix


def test_numbers_days_and_truth_values_are_what_they_are() -> None:
    sheet = written(
        literal("-12", "integer"), literal("465089.50", "decimal"), literal("1.5E3", "double"),
        literal("2026-04-13", "date"), literal("true", "boolean"), None,
    )  # fmt: skip

    assert [cell.value for cell in sheet[5]][:5] == [
        -12, 465089.5, 1500, datetime(2026, 4, 13), True,
    ]  # fmt: skip
    assert sheet["D5"].number_format == "d.m.yyyy"
    assert written(literal("2026-04-13", "date"), lang="en")["A5"].number_format == "yyyy-mm-dd"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1234567890123456789", "integer"),
        ("x", "integer"),
        ("NaN", "double"),
        ("INF", "double"),
        ("1850-01-01", "date"),
        ("2026-13-40", "date"),
        ("2026-05", "gYearMonth"),
        ("07", ""),
    ],
)
def test_what_excel_would_spoil_stays_text(value: str, kind: str) -> None:
    assert written(literal(value, kind))["A5"].value == value


def test_columns_are_as_wide_as_what_they_hold_within_reason() -> None:
    sheet = written(literal("x" * 20), literal("x" * 500), literal("x"))

    # A file has some five pixels more than Excel shows.
    widths = [int(sheet.column_dimensions[letter].width) for letter in "ABC"]
    assert widths == [21, 56, 8]


def test_a_row_is_as_high_as_its_longest_text() -> None:
    sheet = written(literal("x"), literal("y" * 100))

    assert sheet.row_dimensions[5].height == 30
    assert written(literal("x")).row_dimensions[5].height is None


@given(st.text(max_size=50), st.text(max_size=50))
def test_no_text_breaks_the_file(value: str, name: str) -> None:
    content = workbook([Sheet(name, value, Table(("v",), ((literal(value),),)))])

    expected = sheets._NOT_IN_XML.sub("\ufffd", value)
    read = opened(content)["A5"].value
    assert (read or "") == expected.replace("\r\n", "\n").replace("\r", "\n")


def test_long_text_is_cut_where_excel_ends() -> None:
    value = written(literal("x" * 40_000))["A5"].value

    assert isinstance(value, str)
    assert len(value) == 32_767
    assert value.endswith("…")


def test_more_rows_than_excel_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 5)
    table = Table(("v",), ((literal("a"),), (literal("b"),)))

    with pytest.raises(OutputError, match="2 rows are too many"):
        workbook([Sheet("s", "t", table)])


def test_more_links_than_excel_holds_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_LINKS", 1)
    table = Table(("v",), ((Term("uri", BODY),), (Term("uri", BODY),)))

    sheet = opened(workbook([Sheet("s", "t", table)]))

    assert sheet["A5"].hyperlink is not None
    assert sheet["A6"].hyperlink is None
    assert sheet["A6"].value == BODY


def test_the_first_sheet_leads_to_the_others() -> None:
    tables = [Sheet(name, f"about {name}", Table(("v",), ())) for name in ("one", "two")]
    contents = Contents("Sisällys", "Kaikki", "", ("Taulukko", "Mitä", "Rivejä"))

    content = workbook(tables, contents)

    sheet = opened(content, "Sisällys")
    assert [cell.value for cell in sheet[6]] == ["two", "about two", 0]
    assert sheet["A6"].hyperlink is not None
    assert sheet["A6"].hyperlink.location == "'two'!A1"


def test_names_of_sheets_are_made_so_that_excel_takes_them() -> None:
    names = ["a/b:c", "x" * 40, "x" * 40, "X" * 31, "history", ""]
    content = workbook([Sheet(name, "t", Table(("v",), ())) for name in names])

    made = load_workbook(io.BytesIO(content)).sheetnames
    assert made[0] == "a b c"
    assert len({name.lower() for name in made}) == len(names)
    assert all(0 < len(name) <= 31 for name in made)


def test_the_same_table_gives_the_same_bytes() -> None:
    sheet = Sheet("s", "t", Table(("v",), ((Term("uri", BODY),),)))

    first = workbook([sheet])

    assert workbook([sheet]) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {2000}
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_each_cell_says_where_it_is() -> None:
    made = workbook([Sheet("s", "t", Table(("u", "v"), ((literal("a"), literal("b")),)))])

    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        read = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    cells = [e.get("r") for e in read.iter() if e.tag.endswith("}c")]
    assert {"A5", "B5"} <= set(cells)
    assert None not in cells


def test_a_text_that_looks_like_xml_is_kept() -> None:
    text = (
        '<row r="1" spans="1:4"><c r="A1" s="1"><color theme="1"/>docProps/app.xml</c></row>'
        '<pageMargins left="1"/> xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships"'
    )

    assert written(literal(text))["A5"].value == text


def test_a_workbook_has_no_part_that_it_does_without() -> None:
    made = workbook([Sheet("s", "t", Table(("v",), ((Term("uri", BODY),),)))])

    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert "docProps/core.xml" in parts
    assert not parts.keys() & {"docProps/app.xml", "xl/theme/theme1.xml"}
    said = "".join(parts.values())
    assert [
        word for word in ("app.xml", "theme", "scheme=", "spans", "<?xml") if word in said
    ] == []
