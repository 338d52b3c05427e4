"""Turtle and TriG files as one graph: a named graph a file, and where each thing stands.

The named graphs are packaging only; queries and checks see their union.
"""

import codecs
import os
import re
import stat
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kytkos.errors import DataError
from kytkos.terms import RDF_LANG_STRING, XSD, Place, Prefixes, Term, file_iri, printable

if TYPE_CHECKING:
    from kytkos.syntax import Salvage
    from kytkos.whereabouts import Sought

FORMATS = {".ttl": ox.RdfFormat.TURTLE, ".trig": ox.RdfFormat.TRIG}

# Each begins with letters, which are looked for much faster than the beginnings of lines.
_PREFIXES = {
    word: re.compile(rb"%s\s+([^\s:]*):\s*<([^>]*)>" % word) for word in (b"refix", b"REFIX")
}
_CHUNK = 2**20


@dataclass(frozen=True)
class Graph:
    """The union of some files; `files` maps the name of each named graph to its path."""

    store: ox.Store
    files: dict[str, Path]
    prefixes: Prefixes
    root: Path = field(default_factory=Path)
    salvaged: "tuple[Salvage, ...]" = ()  # of the files that could not be read as a whole

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

        called = _Called(self.root)
        shown = {name: called(path) for name, path in self.files.items()}
        return find(self.store, self.files, shown, sought)


def load(paths: Iterable[Path], root: Path, *, lenient: Container[Path] = ()) -> Graph:
    """Load Turtle and TriG files, in the order of their names, each into a graph of its own.

    Args:
        paths: files, or folders to search for `.ttl` and `.trig`.
        root: the folder that paths are shown relative to.
        lenient: those of the paths of whose files what can be read is enough.

    Raises:
        DataError: a file is not there, not UTF-8, or not well-formed.
    """
    store = ox.Store()
    files: dict[str, Path] = {}
    namespaces: dict[str, str] = {}
    salvaged: list[Salvage] = []
    called = _Called(root)
    for given in paths:
        for path in _files(given):
            name = called(path)
            files[file_iri(name)] = path
            try:
                namespaces.update(load_file(store, path, name, namespaces))
            except DataError as error:
                if given not in lenient:
                    raise
                salvaged.append(_salvage(error, store, name))
                namespaces.update(salvaged[-1].namespaces)
    return Graph(store, files, Prefixes(namespaces), root, tuple(salvaged))


def load_file(
    store: ox.Store, path: Path, shown: str, known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Load one file into the graph `file:{shown}`; give the prefixes it declares.

    Args:
        store: where to.
        path: the file.
        shown: what to call it.
        known: prefixes that others declare.

    Raises:
        DataError: it is not there, no plain file, not UTF-8, or not well-formed.
    """
    try:
        content = _content(path)
    except OSError as error:
        from kytkos.syntax import unreadable

        raise unreadable(shown, error.strerror or str(error)) from error
    return load_content(store, content, shown, known=known)


def _content(path: Path) -> bytes:
    """Read a file with few calls of the system: at each, another thread may take over."""
    # Whoever opens a pipe waits for another to write to it, if not told otherwise.
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(0, "not a file")
        content = os.read(file, about.st_size)
        while (left := about.st_size - len(content)) and (more := os.read(file, left)):
            content += more
        return content
    finally:
        os.close(file)


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


def load_content(
    store: ox.Store,
    content: bytes,
    shown: str,
    where: str = "",
    known: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Load the content of a file into the graph `file:{shown}`; give its prefixes.

    Args:
        store: where to.
        content: Turtle or TriG, as the end of `shown` tells.
        shown: the path of the file.
        where: what an error calls the file, if not by its path.
        known: prefixes that others declare.

    Raises:
        DataError: it is not UTF-8, or not well-formed.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    name = ox.NamedNode(file_iri(shown))
    rdf_format = FORMATS[PurePosixPath(shown).suffix]
    try:
        _check_encoding(content)
        if rdf_format == ox.RdfFormat.TURTLE:
            store.load(content, format=rdf_format, base_iri=name.value, to_graph=name)
        else:
            store.load(content, format=rdf_format, base_iri=name.value)
    except (SyntaxError, UnicodeDecodeError, MemoryError) as error:  # of the parser's buffer
        from kytkos.syntax import broken

        raise broken(content, where or shown, rdf_format, known or {}) from error
    return _prefixes(content)


def _check_encoding(content: bytes) -> None:
    """Decode all of it, for the store looks at no comments."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(content), _CHUNK):
        decoder.decode(content[start : start + _CHUNK])
    decoder.decode(b"", final=True)


def _salvage(error: DataError, store: ox.Store, shown: str) -> "Salvage":
    """Load what could be read of a file."""
    from kytkos.syntax import BrokenFileError

    if not isinstance(error, BrokenFileError):
        raise error
    graph = None if shown.endswith(".trig") else ox.NamedNode(file_iri(shown))
    quads = error.salvage.quads
    if graph:
        quads = tuple(ox.Quad(q.subject, q.predicate, q.object, graph) for q in quads)
    store.extend(quads)
    return error.salvage


def _prefixes(content: bytes) -> dict[str, str]:
    """Find the prefixes that a Turtle file declares, at the beginnings of lines."""
    found: dict[str, str] = {}
    for begin, pattern in _PREFIXES.items():
        at = content.find(begin)  # much faster than the pattern
        while at >= 0:
            if declared := pattern.match(content, at):
                line = content.rfind(b"\n", 0, at) + 1
                if content[line:at].strip().lower() in (b"@p", b"p"):
                    found[declared[1].decode()] = declared[2].decode()
            at = content.find(begin, at + 1)
    return found


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.suffix in FORMATS and not p.is_dir())
    elif path.suffix not in FORMATS:
        hint = f"Data files end in {' or '.join(FORMATS)}."
        raise DataError("not a data file", hint=hint, place=Place(str(path)))
    elif not (path.exists() or path.is_symlink()):
        raise DataError("can't read the file: there is none", place=Place(str(path)))
    else:
        yield path


class _Called:
    """What files are called: by their paths from a folder, where they are in it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folders: dict[Path, Path] = {}  # to ask for each link of a path once

    def __call__(self, path: Path) -> str:
        if path.is_symlink() and path.exists():
            whole = path.resolve()
        else:
            folder = path.parent
            if folder not in self._folders:
                self._folders[folder] = folder.resolve()
            whole = self._folders[folder] / path.name
        try:
            return printable(whole.relative_to(self._root).as_posix())
        except ValueError:
            return printable(path.as_posix())
