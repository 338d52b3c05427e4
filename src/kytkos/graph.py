"""Turtle and TriG files as one graph: a named graph a file, and where each thing stands.

The named graphs are packaging only; queries and checks see their union.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from kytkos.errors import DataError
from kytkos.terms import Place, Prefixes

FORMATS = {".ttl": ox.RdfFormat.TURTLE, ".trig": ox.RdfFormat.TRIG}

_PREFIX = re.compile(r"^\s*@?prefix\s+([^\s:]*):\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)
_SUBJECT = re.compile(r"<[^>\s]*>|[\w.-]*:[^\s;,]*")
_POSITION = re.compile(r"^Parser error (?:at|between) [^:]*: ")


@dataclass(frozen=True)
class Graph:
    """The union of some files; `files` maps the name of each named graph to its path."""

    store: ox.Store
    files: dict[str, Path]
    prefixes: Prefixes
    root: Path = field(default_factory=Path)
    _lines: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)

    @cached_property
    def triples(self) -> int:
        """The number of distinct triples in the union."""
        return len({quad.triple for quad in self.store})

    def place_of(self, iri: str) -> Place | None:
        """Find the first line of the block that describes an IRI, or None.

        A subject begins a line, and stands once in all of the data, so that this is a
        search in one file. A block laid out otherwise gets its file without a line.
        """
        node = ox.NamedNode(iri)
        graphs = {q.graph_name for q in self.store.quads_for_pattern(node, None, None)}
        names = {g.value for g in graphs if isinstance(g, ox.NamedNode)}
        for name in sorted(names & self.files.keys()):
            if name not in self._lines:
                self._lines[name] = _subject_lines(self.files[name])
            shown = _relative(self.files[name], self.root)
            line = self._lines[name].get(iri)
            return Place(shown, line, 1) if line else Place(shown)
        return None


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
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        text = content.decode("utf-8")
    except OSError as error:
        raise DataError(f"can't read the file: {error.strerror}", place=Place(shown)) from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        hint = "Save the file in UTF-8."
        raise DataError("the file is not in UTF-8", hint=hint, place=Place(shown, line)) from error
    name = ox.NamedNode(f"file:{shown}")
    rdf_format = FORMATS[path.suffix]
    try:
        if rdf_format == ox.RdfFormat.TURTLE:
            store.load(content, format=rdf_format, base_iri=name.value, to_graph=name)
        else:
            store.load(content, format=rdf_format, base_iri=name.value)
    except SyntaxError as error:
        place = Place(shown, error.lineno or 0, error.offset or 0)
        message = _POSITION.sub("", error.msg)
        hint = "Before this place a full stop, semicolon or quotation mark may be missing."
        raise DataError(message, hint=hint, place=place) from error
    return {prefix: namespace for prefix, namespace in _PREFIX.findall(text)}


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


def _subject_lines(path: Path) -> dict[str, int]:
    """Map each IRI that begins a line to the number of the first such line."""
    text = path.read_text(encoding="utf-8-sig")
    prefixes = Prefixes(dict(_PREFIX.findall(text)))
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        subject = _SUBJECT.match(line)
        if subject:
            written = subject.group()
            iri = written[1:-1] if written.startswith("<") else prefixes.expand(written)
            if iri:
                lines.setdefault(iri, number)
    return lines
