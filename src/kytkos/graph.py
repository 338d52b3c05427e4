"""Turtle and TriG files as one graph: a named graph a file, and where each thing stands.

The named graphs are packaging only; queries and checks see their union.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kytkos.errors import DataError
from kytkos.terms import RDF_LANG_STRING, XSD, Place, Prefixes, Term

if TYPE_CHECKING:
    from kytkos.whereabouts import Sought

FORMATS = {".ttl": ox.RdfFormat.TURTLE, ".trig": ox.RdfFormat.TRIG}

# Each begins with letters, which are looked for much faster than the beginnings of lines.
_PREFIXES = [re.compile(rf"{word}\s+([^\s:]*):\s*<([^>]*)>") for word in ("refix", "REFIX")]
_POSITION = re.compile(r"^Parser error (?:at|between) [^:]*: ")


@dataclass(frozen=True)
class Graph:
    """The union of some files; `files` maps the name of each named graph to its path."""

    store: ox.Store
    files: dict[str, Path]
    prefixes: Prefixes
    root: Path = field(default_factory=Path)

    @cached_property
    def triples(self) -> int:
        """The number of distinct triples in the union."""
        query = "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } }"
        answer = self.store.query(query, use_default_graph_as_union=True)
        assert isinstance(answer, ox.QuerySolutions)
        return sum(int(number.value) for (number,) in answer)

    def place_of(self, iri: str, path: str = "", value: Term | None = None) -> Place | None:
        """Find where a thing is described, or where what is said of it stands, or None."""
        from kytkos.whereabouts import Sought

        return self.places([Sought(iri, path, value)])[0]

    def places(self, sought: "Sequence[Sought]") -> list[Place | None]:
        """Find the places of many; each file is read once, and only where it is needed."""
        from kytkos.whereabouts import find

        shown = {name: _relative(path, self.root) for name, path in self.files.items()}
        return find(self.store, self.files, shown, sought)


def load(paths: Iterable[Path], root: Path) -> Graph:
    """Load Turtle and TriG files, in the order of their names, each into a graph of its own.

    Args:
        paths: files, or folders to search for `.ttl` and `.trig`.
        root: the folder that paths are shown relative to.

    Raises:
        DataError: a file is not there, not UTF-8, or not well-formed.
    """
    store = ox.Store()
    files: dict[str, Path] = {}
    namespaces: dict[str, str] = {}
    for path in _files(paths):
        name = _relative(path, root)
        files[f"file:{name}"] = path
        namespaces.update(load_file(store, path, name))
    return Graph(store, files, Prefixes(namespaces), root)


def load_file(store: ox.Store, path: Path, shown: str) -> dict[str, str]:
    """Load one file into the graph `file:{shown}`; give the prefixes it declares."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"can't read the file: {error.strerror}", place=Place(shown)) from error
    return load_content(store, content, shown)


def to_term(node: "ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple") -> Term:
    """Give the term for a node of the store."""
    if isinstance(node, ox.NamedNode):
        return Term("uri", node.value)
    if isinstance(node, ox.BlankNode):
        return Term("bnode", node.value)
    if isinstance(node, ox.Triple):
        return Term("literal", str(node))
    datatype = node.datatype.value
    plain = datatype in (XSD + "string", RDF_LANG_STRING)
    return Term("literal", node.value, node.language or "", "" if plain else datatype)


def load_content(store: ox.Store, content: bytes, shown: str, where: str = "") -> dict[str, str]:
    """Load the content of a file into the graph `file:{shown}`; give its prefixes.

    Args:
        store: where to.
        content: Turtle or TriG, as the end of `shown` tells.
        shown: the path of the file.
        where: what an error calls the file, if not by its path.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    where = where or shown
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        hint = "Save the file in UTF-8."
        raise DataError("the file is not in UTF-8", hint=hint, place=Place(where, line)) from error
    name = ox.NamedNode(f"file:{shown}")
    rdf_format = FORMATS[PurePosixPath(shown).suffix]
    try:
        if rdf_format == ox.RdfFormat.TURTLE:
            store.load(content, format=rdf_format, base_iri=name.value, to_graph=name)
        else:
            store.load(content, format=rdf_format, base_iri=name.value)
    except SyntaxError as error:
        place = Place(where, error.lineno or 0, error.offset or 0)
        message = _POSITION.sub("", error.msg)
        hint = "Before this place a full stop, semicolon or quotation mark may be missing."
        raise DataError(message, hint=hint, place=place) from error
    return _prefixes(text)


def _prefixes(text: str) -> dict[str, str]:
    """Find the prefixes that a Turtle file declares, at the beginnings of lines."""
    found: dict[str, str] = {}
    for pattern in _PREFIXES:
        for declared in pattern.finditer(text):
            line = text.rfind("\n", 0, declared.start()) + 1
            if text[line : declared.start()].strip().lower() in ("@p", "p"):
                found[declared[1]] = declared[2]
    return found


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in FORMATS and p.is_file())
        elif path.suffix not in FORMATS:
            hint = f"Data files end in {' or '.join(FORMATS)}."
            raise DataError("not a data file", hint=hint, place=Place(str(path)))
        else:
            yield path


def _relative(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
