"""Tables as an Excel workbook that looks made by a person: the same tables, the same bytes."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any

from kytkos.errors import OutputError
from kytkos.tables import FORMULA_STARTS, Column, Table
from kytkos.terms import INTEGERS, NUMBERS, XSD, Term

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.styles import Font
    from openpyxl.worksheet.worksheet import Worksheet

# Limits of Excel. Source: Microsoft, "Excel specifications and limits".
MAX_ROWS = 1_048_576
MAX_LINKS = 65_530
MAX_TEXT = 32_767

_FROZEN = datetime(
    2000, 1, 1
)  # a workbook tells no time, so that the same data gives the same bytes
_NARROW, _WIDE = 8, 56  # widths of columns, in characters
_LINE, _TALLEST = 15.0, 409.0  # heights of rows, in points
_HEADER = 4  # the row of the headings: title, note and an empty row are above it
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_NAME = re.compile(r"[\[\]:*?/\\]")
_EXACT_DIGITS = 15  # of a number in Excel


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with what stands above it.

    `headings` maps a variable to what its column is called, `shorten` an IRI to what is
    shown in its place; the cell links to the IRI.
    """

    name: str
    title: str
    table: Table
    note: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)
    shorten: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """What the first sheet of a workbook of several says."""

    name: str
    title: str
    note: str
    headings: tuple[str, str, str]


def workbook(sheets: Sequence[Sheet], contents: Contents | None = None, lang: str = "fi") -> bytes:
    """Make an XLSX file.

    Args:
        contents: a first sheet, with a link to each of the others.
        lang: `fi` shows days as 13.4.2026, others as 2026-04-13.

    Raises:
        OutputError: a table has more rows than Excel can hold.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    names = list(_sheet_names([contents.name if contents else "", *(s.name for s in sheets)]))
    if contents:
        _fill_contents(book.create_sheet(names[0]), contents, sheets, names[1:])
    for sheet, name in zip(sheets, names[1:], strict=True):
        if len(sheet.table) > MAX_ROWS - _HEADER:
            hint = "Take CSV, or narrow the query."
            raise OutputError(f"{name}: {len(sheet.table)} rows are too many for Excel", hint=hint)
        _fill(book.create_sheet(name), sheet, "d.m.yyyy" if lang == "fi" else "yyyy-mm-dd")
    return _saved(book)


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files, without the time of day that an archive would tell."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content)
    return saved.getvalue()


def _fill(target: "Worksheet", sheet: Sheet, date_format: str) -> None:
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    columns = sheet.table.columns()
    headings = [sheet.headings.get(c.variable, c.variable) for c in columns]
    _head(target, sheet.title, sheet.note, headings)
    widths = [_width(h, sheet, c) for h, c in zip(headings, columns, strict=True)]
    links = 0
    top, right = Alignment(vertical="top", wrap_text=True), Alignment(vertical="top")
    for number, row in enumerate(sheet.table.rows, start=_HEADER + 1):
        height = 1
        for index, column in enumerate(columns, start=1):
            term = row[column.shown]
            if term is None:
                continue
            cell = target.cell(number, index)
            _write(cell, term, sheet.shorten, date_format)
            cell.alignment = top if cell.data_type == "s" else right
            if cell.data_type == "s":
                height = max(height, _lines(str(cell.value), widths[index - 1]))
            link = row[column.link]
            if link and link.is_iri and links < MAX_LINKS and _is_web(link.value):
                _link(cell, link.value)
                links += 1
        if height > 1:  # not every program makes room by itself
            target.row_dimensions[number].height = min(height * _LINE, _TALLEST)
    for index, width in enumerate(widths, start=1):
        target.column_dimensions[get_column_letter(index)].width = width
    last = f"{get_column_letter(len(columns) or 1)}{_HEADER + len(sheet.table)}"
    target.auto_filter.ref = f"A{_HEADER}:{last}"
    target.freeze_panes = f"A{_HEADER + 1}"
    _print_well(target)


def _fill_contents(
    target: "Worksheet", contents: Contents, sheets: Sequence[Sheet], names: Sequence[str]
) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    _head(target, contents.title, contents.note, contents.headings)
    for number, (sheet, name) in enumerate(zip(sheets, names, strict=True), start=_HEADER + 1):
        cell = target.cell(number, 1)
        _text(cell, name)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{name}'!A1")
        _blue(cell)
        _text(target.cell(number, 2), sheet.title)
        target.cell(number, 3, len(sheet.table))
    widths = (max(map(len, names), default=0), max((len(s.title) for s in sheets), default=0), 8)
    for letter, width in zip("ABC", widths, strict=True):
        target.column_dimensions[letter].width = max(width, _NARROW) + 3
    target.freeze_panes = f"A{_HEADER + 1}"
    _print_well(target)


def _head(target: "Worksheet", title: str, note: str, headings: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    _text(target.cell(1, 1), title)
    target.cell(1, 1).font = Font(name="Calibri", size=14, bold=True)
    if note:
        _text(target.cell(2, 1), note)
        target.cell(2, 1).font = Font(name="Calibri", size=10, italic=True, color="FF595959")
    for index, heading in enumerate(headings, start=1):
        cell = target.cell(_HEADER, index)
        _text(cell, heading)
        cell.font = Font(name="Calibri", size=11, bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor="FF1F4E79")
        cell.border = Border(bottom=Side("thin", color="FF1F4E79"))
        cell.alignment = Alignment(vertical="center", wrap_text=True)


def _print_well(target: "Worksheet") -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    target.page_setup.orientation = "landscape"
    target.page_setup.paperSize = 9  # A4
    target.page_setup.fitToWidth = 1
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.print_title_rows = f"{_HEADER}:{_HEADER}"


def _write(
    cell: "Cell | MergedCell", term: Term, shorten: Mapping[str, str], date_format: str
) -> None:
    value = _value(term)
    if isinstance(value, str):
        _text(cell, shorten.get(value, value) if term.is_iri else value)
    else:
        cell.value = value
        if isinstance(value, date):
            cell.number_format = date_format


def _text(cell: "Cell | MergedCell", text: str) -> None:
    """Write a text as text, even one that Excel would take for a formula or an error."""
    clean = _NOT_IN_XML.sub("\ufffd", text)
    cell.value = clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 1] + "…"
    cell.data_type = "s"
    cell.quotePrefix = clean.startswith(FORMULA_STARTS)


def _value(term: Term) -> Any:
    """Give a number, a day or a truth value where Excel can hold it exactly, else the text."""
    text = term.value
    try:
        if term.datatype in INTEGERS and len(text.lstrip("+-")) <= _EXACT_DIGITS:
            return int(text)
        if term.datatype in NUMBERS - INTEGERS:
            number = float(text)
            return number if abs(number) < float("inf") else text  # neither INF nor NaN
        if term.datatype == XSD + "date":
            day = date.fromisoformat(text)
            return day if day.year >= 1901 else text  # Excel's own days begin wrongly in 1900
    except ValueError:
        return text
    if term.datatype == XSD + "boolean" and text in ("true", "false", "1", "0"):
        return text in ("true", "1")
    return text


def _link(cell: "Cell | MergedCell", iri: str) -> None:
    cell.hyperlink = iri
    _blue(cell)


def _blue(cell: "Cell | MergedCell") -> None:
    cell.font = _link_font()


@cache
def _link_font() -> "Font":
    from openpyxl.styles import Font

    return Font(name="Calibri", size=11, color="FF0563C1", underline="single")


def _is_web(iri: str) -> bool:
    return iri.startswith(("http://", "https://")) and len(iri) <= 2_079


def _width(heading: str, sheet: Sheet, column: Column) -> float:
    longest = len(heading) + 3  # the arrow of the filter
    for row in sheet.table.rows:
        term = row[column.shown]
        if term is not None:
            text = sheet.shorten.get(term.value, term.value) if term.is_iri else term.value
            longest = max(longest, *(len(line) + 1 for line in text.splitlines() or [""]))
    return min(max(longest, _NARROW), _WIDE)


def _lines(text: str, width: float) -> int:
    """Reckon how many lines a text takes; words break early."""
    return sum(max(1, ceil(len(line) * 1.1 / width)) for line in text.splitlines() or [""])


def _sheet_names(names: Sequence[str]) -> Iterator[str]:
    """Make names that Excel takes: at most 31 characters, without []:*?/\\, each once."""
    taken: set[str] = set()
    for name in names:
        clean = _NOT_IN_XML.sub("", _NOT_IN_NAME.sub(" ", name)).strip("' ") or "Sheet"
        candidate, number = clean[:31], 1
        while candidate.lower() in taken or candidate.lower() == "history":
            number += 1
            candidate = f"{clean[: 30 - len(str(number))]} {number}"
        taken.add(candidate.lower())
        yield candidate


def _saved(book: "Workbook") -> bytes:
    """Save without the time of day, which both the file and its archive would tell."""
    from openpyxl.writer.excel import ExcelWriter

    book.properties.creator = "Kytkös"
    book.properties.created = book.properties.modified = _FROZEN
    unsorted = io.BytesIO()
    with zipfile.ZipFile(unsorted, "w", zipfile.ZIP_STORED) as loose:
        ExcelWriter(book, loose).save()
    with zipfile.ZipFile(unsorted) as source:
        return archive({name: source.read(name) for name in source.namelist()})
