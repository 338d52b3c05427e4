"""Columns of terms as the columns of a data frame: one type a column."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

from kytkos.errors import OutputError
from kytkos.terms import INTEGERS, NUMBERS, XSD, Term

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Kind = Literal["integer", "number", "truth", "day", "time", "text"]
Columns = dict[str, list[Term | None]]

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_PANDAS: dict[Kind, str] = {
    "integer": "Int64",
    "number": "Float64",
    "truth": "boolean",
    "day": "datetime64[s]",
    "time": "datetime64[us, UTC]",
    "text": "string",
}


def pandas_frame(columns: Columns) -> "pd.DataFrame":
    """Make a pandas frame; what is not bound is `pd.NA`, a day that is not bound `NaT`.

    Raises:
        OutputError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise _missing("pandas", error) from error
    typed = {name: column(terms) for name, terms in columns.items()}
    return pd.DataFrame(
        {name: pd.Series(values, dtype=_PANDAS[kind]) for name, (kind, values) in typed.items()}
    )


def polars_frame(columns: Columns) -> "pl.DataFrame":
    """Make a polars frame; what is not bound is null.

    Raises:
        OutputError: polars is not installed.
    """
    try:
        import polars as pl
    except ModuleNotFoundError as error:
        raise _missing("polars", error) from error
    types: dict[Kind, Any] = {
        "integer": pl.Int64,
        "number": pl.Float64,
        "truth": pl.Boolean,
        "day": pl.Date,
        "time": pl.Datetime("us", "UTC"),
        "text": pl.String,
    }
    typed = {name: column(terms) for name, terms in columns.items()}
    return pl.DataFrame(
        [pl.Series(name, values, dtype=types[kind]) for name, (kind, values) in typed.items()]
    )


def column(terms: Sequence[Term | None]) -> tuple[Kind, list[Any]]:
    """Give the type of a column, and its values as Python has them.

    It is that of the datatypes where all bound terms share one, and text where they do not,
    or where a value is not what its datatype says, or a whole number needs more than 64 bits.
    IRIs are text, and so are a year, a month and a time without its zone.

    >>> column([Term("literal", "2026-04-13", datatype=XSD + "date"), None])
    ('day', [datetime.date(2026, 4, 13), None])
    """
    kinds = {_kind(term) for term in terms if term is not None}
    if len(kinds - {"integer", "number"}) == 0 and "number" in kinds:
        kinds = {"number"}
    kind = kinds.pop() if len(kinds) == 1 else "text"
    try:
        return kind, [None if term is None else _READERS[kind](term.value) for term in terms]
    except (KeyError, ValueError):
        return "text", [None if term is None else term.value for term in terms]


def _kind(term: Term) -> Kind:
    if term.datatype in INTEGERS:
        return "integer"
    if term.datatype in NUMBERS:
        return "number"
    kinds: dict[str, Kind] = {"boolean": "truth", "date": "day", "dateTime": "time"}
    return kinds.get(term.datatype.removeprefix(XSD), "text")


def _integer(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


_READERS: dict[Kind, Callable[[str], Any]] = {
    "integer": _integer,
    "number": float,
    "truth": _TRUTHS.__getitem__,
    "day": date.fromisoformat,
    "time": _time,
    "text": str,
}


def _missing(package: str, error: ModuleNotFoundError) -> OutputError:
    """Make the error of a package that is not installed; one that is broken is no such."""
    if error.name != package:
        raise error
    return OutputError(f"{package} is not installed", hint=f"pip install {package}")
