"""The answer to a SELECT: variables and rows of terms."""

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from kytkos.terms import NUMBERS, XSD, Term

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Row = tuple[Term | None, ...]

# What a spreadsheet takes for the beginning of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

MOST_SHOWN = 60  # rows that a notebook shows

_BARE = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD + "double": re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+"),
}
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_LIKE_NUMBER = re.compile(r"[0-9][0-9.,:/\- ]*([eE][0-9]+)?")
_MARKDOWN = re.compile(r"[\\`*_\[\]|]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


_SHOWN = {
    "fi": "{shown} ensimmäistä riviä {all} rivistä",
    "sv": "de {shown} första raderna av {all}",
    "en": "the first {shown} of {all} rows",
}


class Words(NamedTuple):
    """What people call a table and what is in it.

    `headings` maps a variable to what its column is called, `names` an IRI, or a truth value,
    to what is shown in its place; both are in the language `lang`, and so is the title.
    """

    lang: str = "en"
    title: str = ""
    headings: Mapping[str, str] = {}
    names: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Table:
    """Variables without their question mark, and rows with a term or None for each.

    `words` is how it shows itself in a notebook; tables with the same rows are equal.
    """

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    words: Words = field(default=Words(), compare=False, repr=False)

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> "Table":
        """Read the SPARQL 1.1 Query Results JSON Format.

        Source: SPARQL 1.1 Query Results JSON Format, section 3.
        """
        variables = tuple(answer["head"]["vars"])
        rows = tuple(
            tuple(Term.from_json(b[v]) if v in b else None for v in variables)
            for b in answer["results"]["bindings"]
        )
        return cls(variables, rows)

    def to_json(self) -> str:
        """Write the SPARQL 1.1 Query Results JSON Format."""
        import json

        bindings = [
            {v: t.to_json() for v, t in zip(self.variables, row, strict=True) if t is not None}
            for row in self.rows
        ]
        answer = {"head": {"vars": list(self.variables)}, "results": {"bindings": bindings}}
        return json.dumps(answer, ensure_ascii=False, indent=1) + "\n"

    def to_xml(self) -> str:
        """Write the SPARQL Query Results XML Format.

        Source: SPARQL Query Results XML Format (Second Edition), section 2.
        """
        from xml.sax.saxutils import escape, quoteattr

        variables = "".join(f"<variable name={quoteattr(v)}/>" for v in self.variables)
        lines = [
            '<?xml version="1.0"?>',
            '<sparql xmlns="http://www.w3.org/2005/sparql-results#">',
            f"<head>{variables}</head>",
            "<results>",
        ]
        for row in self.rows:
            bindings = "".join(
                f"<binding name={quoteattr(v)}>{_xml(t, escape(_printable(t.value)))}</binding>"
                for v, t in zip(self.variables, row, strict=True)
                if t is not None
            )
            lines.append(f"<result>{bindings}</result>")
        return "\n".join([*lines, "</results>", "</sparql>", ""])

    def to_csv(self) -> str:
        r"""Write the SPARQL 1.1 CSV results format: values only, lines end in `\r\n`.

        Source: SPARQL 1.1 Query Results CSV and TSV Formats, section 3.
        """
        import csv

        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.variables)
        writer.writerows(["" if t is None else t.value for t in row] for row in self.rows)
        return out.getvalue()

    def to_tsv(self) -> str:
        r"""Write the SPARQL 1.1 TSV results format: terms as in Turtle, lines end in `\n`.

        Source: SPARQL 1.1 Query Results CSV and TSV Formats, section 4.
        """
        lines = ["\t".join(f"?{v}" for v in self.variables)]
        lines += ["\t".join("" if t is None else _tsv(t) for t in row) for row in self.rows]
        return "\n".join(lines) + "\n"

    def to_excel_csv(self, headings: Mapping[str, str] | None = None) -> str:
        r"""Write the CSV that a Finnish Excel opens as it stands.

        Semicolons between values, decimal commas, a byte order mark first, lines end in
        `\r\n`. Text that Excel would take for a number or a date is written `="5.1"`; text
        that it would take for a formula gets an apostrophe before it.

        Args:
            headings: what to call a variable in the first line.
        """
        import csv

        names = headings or {}
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(
            f"{names.get(v, v)} (IRI)" if f"{v}Label" in self.variables else names.get(v, v)
            for v in self.variables
        )
        writer.writerows(["" if t is None else _excel(t) for t in row] for row in self.rows)
        return "\ufeff" + out.getvalue()

    def to_markdown(
        self, shorten: Mapping[str, str] | None = None, headings: Mapping[str, str] | None = None
    ) -> str:
        """Write a GitHub-flavoured Markdown table; a label links to the thing it names.

        Args:
            shorten: text to show in place of an IRI or a truth value.
            headings: what to call a variable in the first line.
        """
        named = headings or {}
        columns = self.columns()
        lines = [
            [markdown_text(named.get(c.variable, c.variable)) for c in columns],
            ["---:" if self.is_numeric(c.shown) else "---" for c in columns],
        ]
        for row in self.rows:
            cells = []
            for column in columns:
                shown, link = row[column.shown], row[column.link]
                text = "" if shown is None else markdown_text(_short(shown, shorten or {}))
                iri = link.value if shown and link and link.is_iri else ""
                cells.append(f"[{text}](<{iri}>)" if iri else text)
            lines.append(cells)
        return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)

    def to_text(
        self,
        shorten: Mapping[str, str] | None = None,
        width: int = 0,
        headings: Mapping[str, str] | None = None,
    ) -> str:
        """Draw the table with lines for a terminal.

        A variable that has its label beside it (`body`, `bodyLabel`) gives way to the label.
        Where the terminal is too narrow for the columns, each row becomes a small table.

        Args:
            shorten: text to show in place of an IRI or a truth value.
            width: columns of the terminal; 0 keeps each row on one line.
            headings: what to call a variable.
        """
        named = headings or {}
        columns = self.columns()
        head = [_printable(named.get(c.variable, c.variable)) for c in columns]
        body = [
            [
                "" if t is None else _printable(_short(t, shorten or {}))
                for t in (row[c.shown] for c in columns)
            ]
            for row in self.rows
        ]
        from kytkos.drawing import drawn

        return drawn(head, body, [self.is_numeric(c.shown) for c in columns], width)

    def to_html(self) -> str:
        """Write an HTML table of the first `MOST_SHOWN` rows; a label links to its thing.

        Everything is escaped; the language of a text is said where it is not the table's.
        """
        from html import escape

        words, columns = self.words, self.columns()
        numeric = [self.is_numeric(c.shown) for c in columns]

        def cell(row: Row, column: Column, is_number: bool) -> str:
            term, link = row[column.shown], row[column.link]
            if term is None:
                return "<td></td>"
            text = escape(_printable(_short(term, words.names)))
            if link and link.is_iri and link.value.startswith(("http://", "https://")):
                text = f'<a href="{escape(link.value)}">{text}</a>'
            lang = f' lang="{escape(term.lang)}"' if term.lang not in ("", words.lang) else ""
            return f"<td{lang}{aligned(is_number)}>{text}</td>"

        def aligned(is_number: bool) -> str:  # a notebook would put all to the right
            return f' style="text-align: {"right" if is_number else "left"}"'

        lines = [f'<table lang="{escape(words.lang)}">']
        title = ": ".join(filter(None, (words.title, self._cut_note())))
        if title:
            lines.append(f"<caption>{escape(title)}</caption>")
        heads = (
            f'<th scope="col" title="{escape(c.variable)}"{aligned(n)}>'
            f"{escape(words.headings.get(c.variable, c.variable))}</th>"
            for c, n in zip(columns, numeric, strict=True)
        )
        lines.append(f"<thead><tr>{''.join(heads)}</tr></thead>")
        lines.append("<tbody>")
        for row in self.rows[:MOST_SHOWN]:
            cells = (cell(row, c, n) for c, n in zip(columns, numeric, strict=True))
            lines.append(f"<tr>{''.join(cells)}</tr>")
        return "\n".join([*lines, "</tbody>", "</table>", ""])

    def named(self) -> "Table":
        """Give the table as people read it: names for IRIs, a label in place of its thing.

        Variables keep their names. An IRI of which `words` has no name stays as it is.
        """
        columns, names = self.columns(), self.words.names

        def cell(term: Term | None) -> Term | None:
            if term is None or not term.is_iri:
                return term
            return Term("literal", _short(term, names))

        rows = (tuple(cell(row[c.shown]) for c in columns) for row in self.rows)
        return replace(self, variables=tuple(c.variable for c in columns), rows=tuple(rows))

    def to_pandas(self) -> "pd.DataFrame":
        """Make a pandas frame with a column a variable.

        Whole numbers are `Int64`, others `Float64`, truth values `boolean`, days
        `datetime64[s]`, all else, IRIs too, `string`. What is not bound is missing.

        Raises:
            OutputError: pandas is not installed.
        """
        from kytkos.frames import pandas_frame

        return pandas_frame(self._by_variable())

    def to_polars(self) -> "pl.DataFrame":
        """Make a polars frame with a column a variable.

        Whole numbers are `Int64`, others `Float64`, truth values `Boolean`, days `Date`,
        all else, IRIs too, `String`. What is not bound is null.

        Raises:
            OutputError: polars is not installed.
        """
        from kytkos.frames import polars_frame

        return polars_frame(self._by_variable())

    def columns(self) -> tuple["Column", ...]:
        """Give the columns for people: a thing's label stands for the thing."""
        positions = {v: i for i, v in enumerate(self.variables)}
        return tuple(
            Column(v, i, positions.get(v.removesuffix("Label"), i))
            for v, i in positions.items()
            if f"{v}Label" not in positions
        )

    def is_numeric(self, column: int) -> bool:
        """Tell whether a column has numbers, and nothing else."""
        terms = [row[column] for row in self.rows if row[column] is not None]
        return bool(terms) and all(t is not None and t.datatype in NUMBERS for t in terms)

    def records(self) -> Iterator[dict[str, Term | None]]:
        """Give each row as a mapping from variable to term."""
        for row in self.rows:
            yield dict(zip(self.variables, row, strict=True))

    def grouped(self, by: str) -> dict[str, list[dict[str, Term | None]]]:
        """Group the records by the value of one variable, in the order of the rows.

        A row where the variable is not bound belongs to no group.
        """
        groups: dict[str, list[dict[str, Term | None]]] = defaultdict(list)
        for record in self.records():
            key = record[by]
            if key is not None:
                groups[key.value].append(record)
        return dict(groups)

    def iris(self) -> Iterable[str]:
        """Give each IRI in the table once."""
        return {t.value for row in self.rows for t in row if t is not None and t.is_iri}

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        import shutil

        width = shutil.get_terminal_size().columns
        table = replace(self, rows=self.rows[:MOST_SHOWN])
        drawn = table.to_text(self.words.names, width, self.words.headings)
        return "\n".join(filter(None, (self.words.title, drawn.rstrip("\n"), self._cut_note())))

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _cut_note(self) -> str:
        if len(self) <= MOST_SHOWN:
            return ""
        return _SHOWN[self.words.lang].format(shown=MOST_SHOWN, all=len(self))

    def _by_variable(self) -> dict[str, list[Term | None]]:
        return {v: [row[i] for row in self.rows] for i, v in enumerate(self.variables)}


class Column(NamedTuple):
    """One column for people: its variable, which values it shows, and which it links to."""

    variable: str
    shown: int
    link: int


def _short(term: Term, shorten: Mapping[str, str]) -> str:
    named = term.is_iri or term.datatype == XSD + "boolean"
    return shorten.get(term.value, term.value) if named else term.value


def _xml(term: Term, text: str) -> str:
    if term.type != "literal":
        return f"<{term.type}>{text}</{term.type}>"
    tag = f' xml:lang="{term.lang}"' if term.lang else ""
    tag += f' datatype="{term.datatype}"' if term.datatype else ""
    return f"<literal{tag}>{text}</literal>"


def _tsv(term: Term) -> str:
    if term.type == "uri":
        return f"<{term.value}>"
    if term.type == "bnode":
        return f"_:{term.value}"
    if term.datatype in _BARE and _BARE[term.datatype].fullmatch(term.value):
        return term.value
    quoted = f'"{term.value.translate(_ESCAPES)}"'
    if term.lang:
        return f"{quoted}@{term.lang}"
    return f"{quoted}^^<{term.datatype}>" if term.datatype else quoted


def _excel(term: Term) -> str:
    if term.datatype in NUMBERS:
        return term.value.replace(".", ",")
    if term.type == "literal" and not term.datatype and _LIKE_NUMBER.fullmatch(term.value):
        return f'="{term.value}"'
    return f"'{term.value}" if term.value.startswith(FORMULA_STARTS) else term.value


def markdown_text(text: str) -> str:
    """Write a text so that Markdown shows it as it is, in a cell of a table too."""
    return _MARKDOWN.sub(r"\\\g<0>", _printable(text)).replace("<", "&lt;").replace("\n", "<br>")


def _printable(text: str) -> str:
    """Replace control characters, with which a value could move the cursor or colour the text."""
    return _CONTROL.sub("\ufffd", "\n".join(text.expandtabs(4).splitlines()))
