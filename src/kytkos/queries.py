"""The query library: `.rq` files with grlc headers, and their parameters."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from kytkos.errors import QueryError, did_you_mean, why_unread
from kytkos.terms import Place, Term

_HEADER = re.compile(r"^#\+\s*([\w-]+)\s*:\s*(.*?)\s*$", re.MULTILINE)
_HEADER_LINE = re.compile(r"^#\+(.*)$", re.MULTILINE)
_VALUES = re.compile(r"VALUES\s+\?(\w+)\s*\{([^{}]*)\}")
_BEFORE_U = re.compile(r"(?<!\\)((?:\\\\)+)([uU])")
_PREFIX = re.compile(r"^\s*PREFIX\s+([^\s:]*):\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)


class Query(NamedTuple):
    """A SELECT with a header.

    `headers` holds the `#+ key: value` lines; `parameters` maps the variable of each
    one-variable `VALUES` line to its default, as written; `allowed` the variable of a
    parameter to its only values, where the header enumerates them.
    """

    name: str
    text: str
    headers: Mapping[str, str]
    parameters: Mapping[str, str]
    allowed: Mapping[str, tuple[str, ...]] = {}

    def summary(self, lang: str) -> str:
        """Give the summary in a language, else in English, else the name."""
        return self.headers.get(f"summary-{lang}") or self.headers.get("summary") or self.name

    def description(self, lang: str) -> str:
        """Give the description in a language, else in English, else nothing."""
        return self.headers.get(f"description-{lang}") or self.headers.get("description", "")

    @property
    def tags(self) -> tuple[str, ...]:
        """The themes of the query."""
        listed = self.headers.get("tags", "").strip("[]")
        return tuple(tag.strip() for tag in listed.split(",") if tag.strip())

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes that the query declares."""
        return dict(_PREFIX.findall(self.text))

    def default(self, name: str) -> str:
        """Give the default of a parameter, as written.

        Raises:
            QueryError: there is no parameter of that name.
        """
        if name in self.parameters:
            return self.parameters[name]
        hint = did_you_mean(name, self.parameters) or "It has no parameters."
        raise QueryError(f"query `{self.name}` has no parameter `{name}`", hint=hint)

    def bind(self, values: Mapping[str, Term]) -> "Query":
        """Replace the defaults of parameters.

        A value is written as the term it is, so that no text can end up as syntax.

        Raises:
            QueryError: there is no parameter of that name.
        """
        for name in values:
            self.default(name)
        written = {name: _written(value) for name, value in values.items()}

        def bound(match: re.Match[str]) -> str:
            name = match.group(1)
            return f"VALUES ?{name} {{ {written[name]} }}" if name in written else match.group(0)

        text = _VALUES.sub(bound, self.text)
        return self._replace(text=text, parameters={**self.parameters, **written})


def read_query(text: str, name: str) -> Query:
    """Read a query from its text."""
    headers = dict(_HEADER.findall(text))
    parameters = {name: values.strip() for name, values in _VALUES.findall(text)}
    return Query(name, text, headers, parameters, _enumerated(text))


def read_queries(folder: Path) -> dict[str, Query]:
    """Read the `.rq` files of a folder, not of its sub-folders, by name."""
    return {path.stem: _read_file(path) for path in sorted(folder.glob("*.rq"))}


def read_named(folder: Path, name: str) -> Query | None:
    """Read the `.rq` file of a name in a folder, not in its sub-folders, or give None."""
    path = folder / f"{name}.rq"
    return _read_file(path) if path.parent == folder and path.is_file() else None


def _read_file(path: Path) -> Query:
    try:
        return read_query(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        message = f"can't read the query: {why_unread(error)}"
        raise QueryError(message, place=Place(str(path))) from error


def _enumerated(text: str) -> dict[str, tuple[str, ...]]:
    """Read what grlc's `enumerate` lists: a parameter, then its values, one a line."""
    allowed: dict[str, tuple[str, ...]] = {}
    name = ""
    inside = False
    for line in _HEADER_LINE.findall(text):
        item = line.strip()
        if not item.startswith("- "):
            inside = item == "enumerate:"
        elif inside:
            value = item.removeprefix("- ").strip()
            if value.endswith(":"):
                name = value.removesuffix(":")
                allowed[name] = ()
            elif name:
                allowed[name] += (value.strip("\"'"),)
    return allowed


def _written(value: Term) -> str:
    if value.type == "uri":
        try:
            return str(ox.NamedNode(value.value))
        except ValueError as error:
            raise QueryError(f"not an IRI: {value.value}") from error
    if value.lang:
        literal = ox.Literal(value.value, language=value.lang)
    else:
        datatype = ox.NamedNode(value.datatype) if value.datatype else None
        literal = ox.Literal(value.value, datatype=datatype)
    # Some engines read \\u, a backslash and a letter, as the escape of a character.
    return _BEFORE_U.sub(lambda found: f"{found[1]}\\U{ord(found[2]):08X}", str(literal))
