"""Tables as an Excel workbook that looks made by a person: the same tables, the same bytes."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from kytkos.errors import OutputError
from kytkos.tables import FORMULA_STARTS, Column, Table
from kytkos.terms import INTEGERS, NUMBERS, XSD, Term

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

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
# What a workbook does without: what it tells twice, the colours of drawings, and what is the
# same where it is not said.
_SPARE_PART = re.compile(r"docProps/app\.xml|xl/theme/theme1\.xml")
_SPARE = re.compile(
    r'\A<\?xml[^>]*>\n|<pageMargins[^>]*/>|<color theme="1"/>|<scheme val="minor"/>'
    r'|<[^<>]*"[^"]*(?:docProps/app|theme/theme1)\.xml"[^<>]*/>'
)
_RELATIONS = re.compile(r'(<worksheet [^>]*) xmlns:r="[^"]*"')
_SPANS = re.compile(r'(<row r="\d+") spans="[\d:]+"')
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
    import xlsxwriter

    saved = io.BytesIO()
    book = xlsxwriter.Workbook(saved, {"in_memory": True})
    book.set_properties({"author": "Kytkös", "created": _FROZEN})
    styles = _Styles(book, "d.m.yyyy" if lang == "fi" else "yyyy-mm-dd")
    names = list(_sheet_names([contents.name if contents else "", *(s.name for s in sheets)]))
    if contents:
        _fill_contents(book.add_worksheet(names[0]), styles, contents, sheets, names[1:])
    for sheet, name in zip(sheets, names[1:], strict=True):
        if len(sheet.table) > MAX_ROWS - _HEADER:
            hint = "Take CSV, or narrow the query."
            raise OutputError(f"{name}: {len(sheet.table)} rows are too many for Excel", hint=hint)
        _fill(book.add_worksheet(name), styles, sheet)
    book.close()
    with zipfile.ZipFile(saved) as parts:
        needed = [name for name in parts.namelist() if not _SPARE_PART.fullmatch(name)]
        return archive({name: _lean(parts.read(name).decode()).encode() for name in needed})


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files, without the time of day that an archive would tell."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as packed:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, compresslevel=9)
    return saved.getvalue()


def _lean(part: str) -> str:
    """Leave out of a part of a workbook what its readers reckon, or do without.

    A cell says where it is, although it need not: some libraries read no others.

    Source: ECMA-376, Part 1, sections 18.3.1.62 (pageMargins) and 18.3.1.73 (row).
    """
    lean = _SPARE.sub("", part)
    if "r:id=" not in lean:
        lean = _RELATIONS.sub(r"\1", lean)
    return _SPANS.sub(r"\1", lean)


class _Styles:
    """How cells look; what looks alike is one style of the workbook."""

    def __init__(self, book: "xlsxwriter.Workbook", date_format: str) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Format] = {}
        self._looks: dict[str, dict[str, object]] = {
            "title": {"bold": True, "font_size": 14},
            "note": {"italic": True, "font_size": 10, "font_color": "#595959"},
            "heading": {
                "bold": True, "font_color": "white", "bg_color": "#1F4E79", "bottom": 1,
                "bottom_color": "#1F4E79", "valign": "vcenter", "text_wrap": True,
            },
            "text": {"valign": "top", "text_wrap": True},
            "link": {
                "valign": "top", "text_wrap": True, "font_color": "#0563C1", "underline": 1,
            },
            "number": {"valign": "top"},
            "day": {"valign": "top", "num_format": date_format},
        }  # fmt: skip

    def find(self, look: str, text: str = "") -> "Format":
        """Give the style of a cell; a text like a formula stays text when it is edited."""
        key = look, text.startswith(FORMULA_STARTS)
        if key not in self._made:
            self._made[key] = self._book.add_format({**self._looks[look], "quote_prefix": key[1]})
        return self._made[key]


def _fill(target: "Worksheet", styles: _Styles, sheet: Sheet) -> None:
    columns = sheet.table.columns()
    headings = [sheet.headings.get(c.variable, c.variable) for c in columns]
    _head(target, styles, sheet.title, sheet.note, headings)
    widths = [_width(h, sheet, c) for h, c in zip(headings, columns, strict=True)]
    links = 0
    for number, row in enumerate(sheet.table.rows, start=_HEADER):
        height = 1
        for index, column in enumerate(columns):
            term, link = row[column.shown], row[column.link]
            if term is None:
                continue
            value = _value(term)
            text = ""
            if is_text := isinstance(value, str):
                text = _clean(sheet.shorten.get(value, value) if term.is_iri else value)
                height = max(height, _lines(text, widths[index]))
            if link and link.is_iri and links < MAX_LINKS and _is_web(link.value):
                links += 1
                target.write_url(number, index, link.value, styles.find("link", text), text)
            elif is_text:
                target.write_string(number, index, text, styles.find("text", text))
            elif isinstance(value, bool):
                target.write_boolean(number, index, value, styles.find("number"))
            elif isinstance(value, date):
                target.write_datetime(number, index, value, styles.find("day"))
            else:
                target.write_number(number, index, value, styles.find("number"))
        if height > 1:  # not every program makes room by itself
            target.set_row(number, min(height * _LINE, _TALLEST))
    for index, width in enumerate(widths):
        target.set_column(index, index, width)
    last = max(len(columns) - 1, 0)
    target.autofilter(_HEADER - 1, 0, _HEADER - 1 + len(sheet.table), last)
    _print_well(target)


def _fill_contents(
    target: "Worksheet",
    styles: _Styles,
    contents: Contents,
    sheets: Sequence[Sheet],
    names: Sequence[str],
) -> None:
    _head(target, styles, contents.title, contents.note, contents.headings)
    for number, (sheet, name) in enumerate(zip(sheets, names, strict=True), start=_HEADER):
        quoted = name.replace("'", "''")
        target.write_url(number, 0, f"internal:'{quoted}'!A1", styles.find("link", name), name)
        title = _clean(sheet.title)
        target.write_string(number, 1, title, styles.find("text", title))
        target.write_number(number, 2, len(sheet.table))
    widths = (max(map(len, names), default=0), max((len(s.title) for s in sheets), default=0), 8)
    for index, width in enumerate(widths):
        target.set_column(index, index, max(width, _NARROW) + 3)
    _print_well(target)


def _head(
    target: "Worksheet", styles: _Styles, title: str, note: str, headings: Sequence[str]
) -> None:
    for row, look, text in ((0, "title", title), (1, "note", note)):
        if clean := _clean(text):
            target.write_string(row, 0, clean, styles.find(look, clean))
    for index, heading in enumerate(map(_clean, headings)):
        target.write_string(_HEADER - 1, index, heading, styles.find("heading", heading))
    target.freeze_panes(_HEADER, 0)


def _print_well(target: "Worksheet") -> None:
    target.set_landscape()
    target.set_paper(9)  # A4
    target.fit_to_pages(1, 0)
    target.repeat_rows(_HEADER - 1)


def _clean(text: str) -> str:
    """Give a text as Excel can hold it."""
    clean = _NOT_IN_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 1] + "…"


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
        candidate, number = _cut(clean, 31), 1
        while candidate.lower() in taken or candidate.lower() == "history":
            number += 1
            candidate = f"{_cut(clean, 30 - len(str(number)))} {number}"
        taken.add(candidate.lower())
        yield candidate


def _cut(text: str, length: int) -> str:
    """Cut a text as Excel counts: a letter beyond the first 65,536 of Unicode is two."""
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore")
