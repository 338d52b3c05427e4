"""RDF terms, the names people give them, and places in files."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

DEF = "https://w3id.org/kytkos/def#"
SHAPES = "https://w3id.org/kytkos/shapes#"
SCHEME = "https://w3id.org/kytkos/scheme/"
ID = "https://w3id.org/kytkos/id/"
XSD = "http://www.w3.org/2001/XMLSchema#"
_INTEGERS = """integer int long short byte nonNegativeInteger positiveInteger nonPositiveInteger
    negativeInteger unsignedInt unsignedLong unsignedShort unsignedByte"""
INTEGERS = frozenset(XSD + local for local in _INTEGERS.split())
NUMBERS = INTEGERS | {XSD + "decimal", XSD + "double", XSD + "float"}
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

LANGUAGES = ("fi", "sv", "en")

TermType = Literal["uri", "literal", "bnode"]


class Term(NamedTuple):
    """An RDF term in the form of the SPARQL 1.1 results format.

    `datatype` is empty for plain and language-tagged strings, as in the JSON form.
    `str(term)` is its value, so that a template can print it.

    Source: SPARQL 1.1 Query Results JSON Format, section 3.2.2.
    """

    type: TermType
    value: str
    lang: str = ""
    datatype: str = ""

    def __str__(self) -> str:
        return self.value

    @property
    def is_iri(self) -> bool:
        """Tell whether the term is an IRI."""
        return self.type == "uri"

    @classmethod
    def from_json(cls, binding: Mapping[str, str]) -> "Term":
        """Read one binding; `typed-literal`, which Virtuoso still writes, is a literal."""
        kind = binding["type"]
        datatype = binding.get("datatype", "")
        return cls(
            type="literal" if kind == "typed-literal" else kind,  # type: ignore[arg-type]
            value=binding["value"],
            lang=binding.get("xml:lang", "").lower(),
            datatype="" if datatype in (XSD + "string", RDF_LANG_STRING) else datatype,
        )

    def to_json(self) -> dict[str, str]:
        """Write the term as a binding of the SPARQL 1.1 JSON results format."""
        binding: dict[str, str] = {"type": self.type, "value": self.value}
        if self.lang:
            binding["xml:lang"] = self.lang
        if self.datatype:
            binding["datatype"] = self.datatype
        return binding

    def python(self) -> Any:
        """Give the value as a number where its datatype is numeric, else as text."""
        if self.datatype in INTEGERS:
            return int(self.value)
        return float(self.value) if self.datatype in NUMBERS else self.value


_NOT_IN_IRI = re.compile(r'[\x00-\x20"<>\\^`{|}%#?\[\]\x7f]')
_ENCODED = re.compile("%([0-9A-F]{2})")


def file_iri(shown: str) -> str:
    """Name the graph of a file, by the path that is shown of it.

    >>> file_iri("data/two words.ttl")
    'file:data/two%20words.ttl'
    """
    return "file:" + _NOT_IN_IRI.sub(lambda found: f"%{ord(found[0]):02X}", shown)


def path_of(iri: str) -> str:
    """Give the path that is shown of a file, by the name of its graph."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), iri.removeprefix("file:"))


def printable(text: str) -> str:
    """Escape what does not print, or is no character: of a file's name, for example."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class Place(NamedTuple):
    """A place in a file: its path as the user names it, and lines and columns from 1."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = (self.path, *(str(n) for n in (self.line, self.column) if n))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Prefixes and their namespaces, to write an IRI as a CURIE and back.

    >>> Prefixes({"ex": "https://example.org/"}).curie("https://example.org/a")
    'ex:a'
    """

    namespaces: Mapping[str, str]

    def curie(self, iri: str) -> str:
        """Shorten an IRI by its longest matching namespace; else give it as it is."""
        fitting = [(len(ns), p, ns) for p, ns in self.namespaces.items() if iri.startswith(ns)]
        if not fitting:
            return iri
        _, prefix, namespace = max(fitting)
        return f"{prefix}:{iri[len(namespace) :]}"

    def expand(self, curie: str) -> str | None:
        """Give the IRI of a CURIE, or None where its prefix is not known."""
        prefix, colon, local = curie.partition(":")
        namespace = self.namespaces.get(prefix) if colon else None
        return None if namespace is None or local.startswith("//") else namespace + local

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(sorted(self.namespaces.items()))
