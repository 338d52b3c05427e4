"""What a request asks, and in which form it wants the answer.

Source: SPARQL 1.1 Protocol, section 2.1 (query operation) and 2.2 (update operation).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from kytkos.shacl.prebinding import tokens

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"

# The forms of an answer, the one first that is given where the client does not choose.
TABLES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "html": "text/html",
}
GRAPHS = {
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "html": "text/html",
}
DOCUMENTS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown",
    "excel-csv": "text/csv",
}
_ALSO = {"application/json": "json", "application/xml": "xml", "text/xml": "xml"}

_UPDATES = {
    "INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH",
}  # fmt: skip
_PROLOGUE = {"BASE", "PREFIX"}
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class RefusedError(Exception):
    """A request that is not answered: the HTTP status, why, and what to do."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message + (f"\n\nhint: {self.hint}" if self.hint else "") + "\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and the dataset that the request names; with neither graph it names none."""

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()

    @property
    def names_dataset(self) -> bool:
        """Tell whether the request or the query says which graphs are asked."""
        return bool(self.default_graphs or self.named_graphs) or "FROM" in words(self.query)


def parameters(text: str | bytes) -> list[tuple[str, str]]:
    """Read the parameters of an address or a form.

    Raises:
        RefusedError: they are not UTF-8, or there are too many.
    """
    try:
        given = text.decode("utf-8") if isinstance(text, bytes) else text
        return parse_qsl(given, keep_blank_values=True, errors="strict", max_num_fields=200)
    except UnicodeDecodeError as error:
        raise RefusedError(400, "the parameters are not in UTF-8") from error
    except ValueError as error:
        raise RefusedError(400, f"the parameters can't be read: {error}") from error


def asked(method: str, address: str, content_type: str, body: bytes) -> Asked | None:
    """Read a request to the endpoint; None where it asks nothing.

    Args:
        method: `GET`, `HEAD` or `POST`.
        address: the part of the address after `?`.
        content_type: that of the body, as the request gives it.
        body: of a `POST`.

    Raises:
        RefusedError: the request is not one of the protocol, or would change something.
    """
    given = parameters(address)
    queries = [value for name, value in given if name == "query"]
    if method == "POST":
        kind, _, rest = content_type.partition(";")
        kind = kind.strip().lower()
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", rest, re.IGNORECASE)
        if charset and charset.group(1).lower() not in ("utf-8", "utf8"):
            raise RefusedError(415, f"the body is in {charset.group(1)}", "Send it in UTF-8.")
        if kind == FORM:
            if queries:
                raise RefusedError(400, "the query is in the address of a form that is posted")
            given = [*given, *parameters(body)]
            queries = [value for name, value in given if name == "query"]
        elif kind == QUERY:
            if queries:
                raise RefusedError(400, "there is a query in the address and one in the body")
            try:
                queries = [body.decode("utf-8")]
            except UnicodeDecodeError as error:
                raise RefusedError(400, "the query is not in UTF-8") from error
        elif kind == UPDATE:
            raise _read_only()
        else:
            hint = f"Send {QUERY}, or {FORM} with the parameter `query`."
            raise RefusedError(415, f"a body of type `{kind or 'none'}` is not read", hint)
    if any(name == "update" for name, _ in given):
        raise _read_only()
    if len(queries) > 1:
        raise RefusedError(400, "there are several queries", "Send one parameter `query`.")
    if not queries or (method != "POST" and not queries[0].strip()):
        if method == "POST":
            raise RefusedError(400, "there is no query", "Send the parameter `query`.")
        return None
    wanted = Asked(
        queries[0],
        tuple(value for name, value in given if name == "default-graph-uri"),
        tuple(value for name, value in given if name == "named-graph-uri"),
    )
    check(wanted.query)
    return wanted


def check(query: str) -> None:
    """Refuse what would change the data or ask another server.

    Raises:
        RefusedError: it is an update, or has a `SERVICE`.
    """
    found = words(query)
    for word in found:
        if word in _UPDATES:
            raise _read_only()
        if word not in _PROLOGUE:
            break
    if "SERVICE" in found:
        raise RefusedError(
            403, "SERVICE is refused: this server asks no other", "Ask that one itself."
        )


def words(query: str) -> list[str]:
    """Give the keywords of a query, in capitals."""
    plain = _ESCAPE.sub(lambda found: chr(int(found.group(1) or found.group(2), 16)), query)
    return [token.group().upper() for token in tokens(plain) if token.lastgroup == "word"]


def choose(accept: str, wanted: str, offers: dict[str, str]) -> str:
    """Choose the form of an answer: the one named, else the best that the client accepts.

    >>> choose("text/csv;q=0.5, application/sparql-results+xml", "", TABLES)
    'xml'

    Raises:
        RefusedError: 406, where none is accepted, or 400, where none has that name.
    """
    import mimeparse

    if wanted:
        if wanted in offers:
            return wanted
        raise RefusedError(
            400, f"there is no format `{wanted}`", f"There are: {', '.join(offers)}."
        )
    by_type: dict[str, str] = {}
    for name, media_type in offers.items():
        by_type.setdefault(media_type, name)
    by_type |= {media: name for media, name in _ALSO.items() if name in offers}
    # Of two that are as good, the library takes the later.
    supported = [*reversed(by_type)]
    first = offers[next(iter(offers))]
    supported.remove(first)
    try:
        best = mimeparse.best_match([*supported, first], accept or "*/*")
    except mimeparse.MimeTypeParseException as error:
        raise RefusedError(400, f"Accept can't be read: {error}") from error
    if not best:
        raise RefusedError(406, "none of the forms is accepted", f"There are: {_listed(offers)}.")
    return by_type[best]


def prefers(accept: str, one: str, others: Sequence[str]) -> bool:
    """Tell whether a client would rather have one media type than any of the others."""
    import mimeparse

    try:
        return bool(mimeparse.best_match([*others, one], accept) == one) and accept.strip() != "*/*"
    except mimeparse.MimeTypeParseException:
        return False


def _listed(offers: dict[str, str]) -> str:
    return ", ".join(dict.fromkeys(offers.values()))


def _read_only() -> RefusedError:
    return RefusedError(403, "this server is read only: it takes queries, no updates")
