"""How often and when something is to be done, in words: those of the pages, in `texts.toml`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from kytkos.terms import Term

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FINNISH_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often, as an obligation says it.

    `period` is the code of the kind of period (`calendar-year`, `once`); months are 1–12, days
    ISO dates; what is not said is None or empty.
    """

    period: str
    at_least: int | None = None
    at_most: int | None = None
    is_minimum: bool = False
    month_from: int | None = None
    month_to: int | None = None
    due_from: str = ""
    due_by: str = ""

    @classmethod
    def read(cls, row: Mapping[str, Term | None]) -> "Cadence":
        """Read it from a row with the properties of an obligation, ?perPeriod and others."""

        def value(name: str) -> str:
            term = row.get(name)
            return term.value if term else ""

        def number(name: str) -> int | None:
            return int(value(name)) if value(name) else None

        return cls(
            value("perPeriod").rpartition("/")[2],
            number("atLeast"),
            number("atMost"),
            value("isMinimum") == "true",
            number("monthFrom"),
            number("monthTo"),
            value("dueFrom"),
            value("dueBy"),
        )

    def text(self, lang: str) -> str:
        """Say it in a language.

        >>> Cadence("calendar-year", 3, 4).text("fi")
        '3–4 kertaa vuodessa'
        >>> Cadence("calendar-year", 1, month_from=5, month_to=6).text("sv")
        'en gång per år i maj–juni'
        """
        words = _words()

        def word(key: str) -> Any:
            return words[key][lang]

        if self.at_least is None:
            return str(word(self.period)) if self.period in words else ""
        number = f"{self.at_least}–{self.at_most}" if self.at_most else str(self.at_least)
        period = word(f"period_{self.period}") if f"period_{self.period}" in words else ""
        count = "once" if number == "1" else "times"
        said = word(count if period else f"{count}_only").format(
            *([number] * (count == "times")), period
        )
        parts = [word("at_least")] * self.is_minimum + [said]
        if self.month_from and self.month_to:
            names = word("months_of_window")
            first, last = names[self.month_from - 1], names[self.month_to - 1]
            one, several = word("month_window")
            parts.append(one.format(first) if first == last else several.format(first, last))
        if self.due_from and self.due_by:
            parts.append(
                word("due_between").format(day(self.due_from, lang), day(self.due_by, lang))
            )
        elif self.due_by:
            parts.append(word("due_by").format(day(self.due_by, lang)))
        elif self.due_from:
            parts.append(word("due_from").format(day(self.due_from, lang)))
        return " ".join(map(str, parts))


def day(iso: str, lang: str) -> str:
    """Write a day as people do.

    >>> day("2026-04-13", "fi"), day("2026-04-13", "en"), day("2025-08", "sv")
    ('13.4.2026', '13 April 2026', '8/2025')
    """
    parts = iso.split("-")
    if len(parts) == 2:
        return f"{int(parts[1])}/{parts[0]}"
    if len(parts) != 3:
        return iso
    year, month, number = parts
    if lang == "en":
        return f"{int(number)} {_words()['months']['en'][int(month) - 1]} {year}"
    return f"{int(number)}.{int(month)}.{year}"


def iso_day(text: str) -> str:
    """Give the ISO form of a day, written as 2026-04-13 or 13.4.2026; nothing where it is none.

    A year has four digits, and others before and after it.

    >>> iso_day("13.4.2026"), iso_day("31.4.2026")
    ('2026-04-13', '')
    """
    finnish = _FINNISH_DAY.fullmatch(text.strip())
    written = "{2}-{1:0>2}-{0:0>2}".format(*finnish.groups()) if finnish else text.strip()
    if not _ISO_DAY.fullmatch(written) or not "1000" <= written[:4] <= "9990":
        return ""
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError:
        return ""


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files("kytkos").joinpath("texts.toml").read_text(encoding="utf-8"))
