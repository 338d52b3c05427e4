"""What a literal is worth: whether its text fits its datatype, and how two compare.

The store keeps an ill-typed literal as it was written, and rewrites a well-typed one:
`5.00` as `5`, `007` as `7`, and every type derived from `xsd:integer` as `xsd:integer`.

Source: XML Schema 1.1 Part 2; SPARQL 1.1, section 17.3 (operators).
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from kytkos.terms import XSD

_ZONE = r"(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_YEAR = r"-?([1-9]\d{3,}|0\d{3})"
_MONTH = r"(0[1-9]|1[0-2])"
_DAY = r"(0[1-9]|[12]\d|3[01])"
_TIME = r"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)"
_DATE = rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-(?P<day>{_DAY})"
_FLOAT = r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?|[+-]?INF|NaN"
_DAYS = r"(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"

_LEXICAL = {
    "boolean": r"true|false|1|0",
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)",
    "double": _FLOAT,
    "float": _FLOAT,
    "date": _DATE + _ZONE,
    "time": _TIME + _ZONE,
    "dateTime": f"{_DATE}T{_TIME}{_ZONE}",
    "dateTimeStamp": f"{_DATE}T{_TIME}{_ZONE[:-1]}",
    "gYear": _YEAR + _ZONE,
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": f"--{_MONTH}{_ZONE}",
    "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}",
    "gDay": f"---{_DAY}{_ZONE}",
    "duration": rf"-?P(?=.)(\d+Y)?(\d+M)?{_DAYS}",
    "dayTimeDuration": rf"-?P(?=.){_DAYS}",
    "yearMonthDuration": r"-?P(?=.)(\d+Y)?(\d+M)?",
    "hexBinary": r"([0-9A-Fa-f]{2})*",
    "base64Binary": r"((([A-Za-z0-9+/] ?){4})*(([A-Za-z0-9+/] ?){3}[A-Za-z0-9+/]"
    r"|([A-Za-z0-9+/] ?){2}[AEIMQUYcgkosw048] ?=|[A-Za-z0-9+/] ?[AQgw] ?= ?=))?",
}

_RANGES: dict[str, tuple[int | None, int | None]] = {
    XSD + "nonNegativeInteger": (0, None),
    XSD + "positiveInteger": (1, None),
    XSD + "nonPositiveInteger": (None, 0),
    XSD + "negativeInteger": (None, -1),
    XSD + "unsignedLong": (0, 2**64 - 1),
    XSD + "unsignedInt": (0, 2**32 - 1),
    XSD + "unsignedShort": (0, 2**16 - 1),
    XSD + "unsignedByte": (0, 2**8 - 1),
    XSD + "long": (-(2**63), 2**63 - 1),
    XSD + "int": (-(2**31), 2**31 - 1),
    XSD + "short": (-(2**15), 2**15 - 1),
    XSD + "byte": (-(2**7), 2**7 - 1),
}


def has_datatype(literal: ox.Literal, datatype: str) -> bool:
    """Tell whether a literal has a datatype and a text that fits it.

    The store has forgotten which type derived from `xsd:integer` a number had, so that a
    whole number has each of them whose range it is in.
    """
    return _has_datatype(literal.value, literal.datatype.value, datatype)


def comparable(literal: ox.Literal) -> tuple[str, Any] | None:
    """Give the value of a literal, and a kind: two of one kind compare with `<`.

    None where it has no value that compares. A time with a zone and one without do not compare.
    """
    return _comparable(literal.value, literal.datatype.value)


@lru_cache(maxsize=65536)
def _has_datatype(text: str, datatype: str, wanted: str) -> bool:
    if wanted in _RANGES and datatype in (wanted, XSD + "integer"):
        least, most = _RANGES[wanted]
        if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
            return False
        number = int(text)
        return (least is None or number >= least) and (most is None or number <= most)
    if wanted == XSD + "dateTimeStamp" and datatype == XSD + "dateTime":
        datatype = wanted
    if datatype != wanted:
        return False
    pattern = _LEXICAL.get(wanted.removeprefix(XSD))
    if pattern is None:
        return True
    found = re.fullmatch(pattern, text, re.ASCII)
    return found is not None and _is_day(found)


def _is_day(found: re.Match[str]) -> bool:
    parts = found.groupdict()
    if "day" not in parts:
        return True
    # Python's calendar ends at the year 9999; the days of the months return every 400 years.
    year = 2000 + int(parts["year"]) % 400
    try:
        return bool(date(year, int(parts["month"]), int(parts["day"])))
    except ValueError:
        return False


def _boolean(text: str) -> bool:
    return text in ("true", "1")


def _decimal(text: str) -> object:
    from decimal import Decimal

    return Decimal(text)


def _float(text: str) -> float:
    return float(text.replace("INF", "inf"))


def _year(text: str) -> date:
    return date(int(text), 1, 1)


def _year_month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _local_date(text: str) -> date:
    return date.fromisoformat(text[:10])


_KINDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    XSD + "string": ("string", str),
    XSD + "boolean": ("boolean", _boolean),
    XSD + "integer": ("number", int),
    XSD + "decimal": ("number", _decimal),
    XSD + "double": ("number", _float),
    XSD + "float": ("number", _float),
    XSD + "dateTime": ("dateTime", datetime.fromisoformat),
    XSD + "date": ("date", _local_date),
    XSD + "time": ("time", time.fromisoformat),
    XSD + "gYear": ("gYear", _year),
    XSD + "gYearMonth": ("gYearMonth", _year_month),
}


@lru_cache(maxsize=65536)
def _comparable(text: str, datatype: str) -> tuple[str, Any] | None:
    if datatype not in _KINDS or not _has_datatype(text, datatype, datatype):
        return None
    kind, value = _KINDS[datatype]
    zoned = kind in ("date", "time", "dateTime") and re.search(r"(Z|[+-]\d\d:\d\d)$", text)
    if text == "NaN" and kind == "number":
        return None
    try:
        return (f"{kind} with a zone" if zoned else kind), value(text)
    except ValueError:  # a year that Python's calendar does not have
        return None
