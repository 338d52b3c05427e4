"""The answer to a SELECT: variables and rows of terms."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kytkos.terms import Term

Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Variables without their question mark, and rows with a term or None for each."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]

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
        bindings = [
            {v: t.to_json() for v, t in zip(self.variables, row, strict=True) if t is not None}
            for row in self.rows
        ]
        answer = {"head": {"vars": list(self.variables)}, "results": {"bindings": bindings}}
        return json.dumps(answer, ensure_ascii=False, indent=1) + "\n"

    def to_csv(self) -> str:
        r"""Write the SPARQL 1.1 CSV results format: values only, lines end in `\r\n`.

        Source: SPARQL 1.1 Query Results CSV and TSV Formats, section 3.
        """
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.variables)
        writer.writerows(["" if t is None else t.value for t in row] for row in self.rows)
        return out.getvalue()

    def to_text(self, shorten: Mapping[str, str] | None = None, width: int = 0) -> str:
        """Draw the table with lines for a terminal.

        A variable that has its label beside it (`body`, `bodyLabel`) gives way to the label.

        Args:
            shorten: text to show in place of an IRI.
            width: columns of the terminal; 0 keeps each row on one line.
        """
        from prettytable import PrettyTable, TableStyle

        names = shorten or {}
        shown = [i for i, v in enumerate(self.variables) if f"{v}Label" not in self.variables]
        drawn = PrettyTable([self.variables[i] for i in shown], align="l")
        drawn.set_style(TableStyle.SINGLE_BORDER)
        if width:
            drawn.max_table_width = width - 1  # prettytable draws one column more
        for row in self.rows:
            terms = (row[i] for i in shown)
            drawn.add_row(["" if t is None else names.get(t.value, t.value) for t in terms])
        return f"{drawn.get_string()}\n"

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
