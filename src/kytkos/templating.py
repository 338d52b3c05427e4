"""What templates call beside the words of a language: filters, tests, layouts of figures."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from kytkos import figures
from kytkos.rows import Record, bound, by, distinct, where
from kytkos.settings import contact_link
from kytkos.terms import DEF, LANGUAGES, SCHEME, Term
from kytkos.wording import compared, digest, told

if TYPE_CHECKING:
    import jinja2

_HERE = Path(__file__).parent


@cache
def environment() -> "jinja2.Environment":
    """Make the environment of the templates, compiled once where that can be kept."""
    import jinja2

    templates = _HERE / "templates"
    compiled = None
    # As Python keeps its modules compiled beside them, where that folder can be written.
    if not sys.dont_write_bytecode:
        with suppress(OSError):
            (templates / "__pycache__").mkdir(exist_ok=True)
            if os.access(templates / "__pycache__", os.W_OK):
                compiled = jinja2.FileSystemBytecodeCache(str(templates / "__pycache__"))
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        bytecode_cache=compiled,
        auto_reload=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"by": by, "distinct": distinct, "where": where, "local": _local}
    made.filters |= {"number": _number, "spans": _spans, "month_spans": _month_spans}
    made.tests["inferred"] = _is_inferred
    made.filters["told"] = told
    made.filters["zip"] = partial(zip, strict=True)
    made.globals |= {
        "languages": LANGUAGES,
        "columns": figures.columns,
        "grid": figures.grid,
        "contact": contact_link,
        "placed_boxes": _placed_boxes,
        "wrapped": figures.wrapped,
        "compared": compared,
        "ring": figures.ring,
        "timeline": figures.timeline,
        "term": Term,
        "kyt": lambda local: DEF + local,
        "code": lambda local: SCHEME + local,
    }
    return made


class Headings:
    """The headings of tables whose cells stand below each other, each after its heading.

    A style sheet has them: each row of headings as a class, which is the same in every build.
    """

    def __init__(self) -> None:
        self._rows: dict[str, list[str]] = {}

    def __call__(self, heads: Sequence[str]) -> str:
        """Give the class of a row of headings."""
        texts = [Markup(head).striptags() for head in heads]
        name = f"h{digest(chr(0).join(texts))}"
        while self._rows.setdefault(name, texts) != texts:
            name += "x"
        return name

    @property
    def style(self) -> str:
        """The rules, for the style sheet."""
        rules = []
        for name, texts in sorted(self._rows.items()):
            said = (f"--c{number}:{_quoted(text)}" for number, text in enumerate(texts, start=1))
            rules.append(f".{name} {{ {';'.join(said)} }}\n")
        return "".join(rules)


def _quoted(text: str) -> str:
    """Write a string in CSS, so that nothing in it ends it or the style sheet.

    >>> _quoted("Mitä")
    "'Mitä'"
    """
    return "'" + re.sub(r"[^\w .,/–-]", lambda sign: f"\\{ord(sign[0]):x} ", text) + "'"


def _is_inferred(record: Record) -> bool:
    basis = record.get("basis")
    return basis is not None and basis.value == SCHEME + "basis/inferred"


def _number(term: Term | None) -> float:
    value = term.python() if term else 0
    return value if isinstance(value, (int, float)) else 0


def _placed_boxes(rows: Iterable[Record], variable: str) -> list[figures.Placed]:
    """Give each thing with its level and its lines of work, to be set in a grid."""
    return [
        (
            thing,
            next((row["level"] for row in of if row["level"]), None),
            [
                *bound(distinct(where(of, "column", None), "line"), "line"),
                *bound(distinct(of, "column"), "column"),
            ],
        )
        for first, of in by(rows, variable)
        if (thing := first[variable])
    ]


def _spans(rows: Iterable[Record]) -> list[tuple[Record, str, str]]:
    return [(row, str(row["date"]), str(row["endDate"] or "")) for row in rows]


def _month_spans(rows: Iterable[Record]) -> list[tuple[int, int]]:
    return [(int(_number(row["monthFrom"])), int(_number(row["monthTo"]))) for row in rows]


def _local(term: Term) -> str:
    return re.split(r"[/#]", term.value)[-1]
