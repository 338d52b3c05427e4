"""Property paths: read from a shapes graph, written as SPARQL, and walked over a graph.

Source: SHACL, section 2.3.1 (SHACL Property Paths); SPARQL 1.1, section 9.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import pyoxigraph as ox

from kytkos.errors import ShapesError

SH = "http://www.w3.org/ns/shacl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class Index(Protocol):
    """The nodes at the other end of a predicate's edges."""

    def get(self, node: Node, default: Sequence[Node], /) -> Sequence[Node]:
        """Give the distinct nodes at the other end, or the default where there is none."""


class Edges(Protocol):
    """A graph that a path can be walked over."""

    def forward(self, predicate: ox.NamedNode | None) -> Index:
        """Give the objects of a subject, for one predicate or all."""

    def backward(self, predicate: ox.NamedNode | None) -> Index:
        """Give the subjects of an object, for one predicate or all."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """One edge, along its direction."""

    iri: ox.NamedNode


@dataclass(frozen=True, slots=True)
class Anything:
    """One edge of any predicate: a variable in a query; no path of SHACL."""


@dataclass(frozen=True, slots=True)
class Inverse:
    """A path walked backwards."""

    path: "Path"


@dataclass(frozen=True, slots=True)
class Steps:
    """Paths walked one after another."""

    paths: tuple["Path", ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Any of some paths."""

    paths: tuple["Path", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A path walked again: `sign` is `*`, `+` or `?`, as in SPARQL."""

    path: "Path"
    sign: str


Path = Predicate | Anything | Inverse | Steps | Alternative | Repeat
Objects = Callable[[Node, str], Sequence[Node]]
Walk = Callable[[Node], Sequence[Node]]

HERE = Steps(())

_REPEATS = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}


def read(node: Node, objects: Objects) -> Path:
    """Read the path at a node of a shapes graph.

    Args:
        node: the value of `sh:path`.
        objects: the objects of a node for the IRI of a predicate.

    Raises:
        ShapesError: the node is no well-formed path.
    """
    return _read(node, objects, frozenset())


def read_list(node: Node, objects: Objects) -> tuple[Node, ...] | None:
    """Read an RDF list, or give None where the node is not a well-formed one."""
    members: list[Node] = []
    seen: set[Node] = set()
    while node != ox.NamedNode(RDF + "nil"):
        first, rest = objects(node, RDF + "first"), objects(node, RDF + "rest")
        if len(first) != 1 or len(rest) != 1 or node in seen:
            return None
        seen.add(node)
        members.append(first[0])
        node = rest[0]
    return tuple(members)


def to_sparql(path: Path) -> str:
    """Write a path in the syntax of SPARQL, with whole IRIs.

    >>> to_sparql(Inverse(Predicate(ox.NamedNode("https://example.org/p"))))
    '^<https://example.org/p>'
    """
    match path:
        case Predicate(iri):
            return str(iri)
        case Anything():
            return "(<>|!<>)"
        case Inverse(inner):
            return f"^{_in_brackets(inner)}"
        case Steps(paths):
            return "/".join(map(_in_brackets, paths))
        case Alternative(paths):
            return "|".join(map(_in_brackets, paths))
        case Repeat(inner, sign):
            return f"{_in_brackets(inner)}{sign}"


def predicates(path: Path) -> tuple[str, ...]:
    """Give the IRIs of the predicates in a path, in the order they are written."""
    match path:
        case Predicate(iri):
            return (iri.value,)
        case Anything():
            return ()
        case Inverse(inner) | Repeat(inner, _):
            return predicates(inner)
        case Steps(paths) | Alternative(paths):
            return tuple(dict.fromkeys(iri for part in paths for iri in predicates(part)))


def steps(first: Path, second: Path) -> Path:
    """Join two paths, one after the other."""
    parts = [part for path in (first, second) for part in _parts(path)]
    return parts[0] if len(parts) == 1 else Steps(tuple(parts))


def walk(path: Path, graph: Edges, *, back: bool = False) -> Walk:
    """Make the function that gives the distinct nodes at the end of a path from a node."""
    match path:
        case Predicate() | Anything():
            iri = path.iri if isinstance(path, Predicate) else None
            index = graph.backward(iri) if back else graph.forward(iri)
            get = index.get
            return lambda node: get(node, ())
        case Inverse(inner):
            return walk(inner, graph, back=not back)
        case Steps(paths):
            steps = [walk(part, graph, back=back) for part in (paths[::-1] if back else paths)]
            return lambda node: _in_turn(steps, node)
        case Alternative(paths):
            ways = [walk(part, graph, back=back) for part in paths]
            return lambda node: _joined([ends for way in ways if (ends := way(node))])
        case Repeat(inner, "?"):
            once = walk(inner, graph, back=back)
            return lambda node: _distinct((node, *once(node)))
        case Repeat(inner, sign):
            step = walk(inner, graph, back=back)
            return lambda node: _reached(step, node, with_start=sign == "*")


def _parts(path: Path) -> tuple[Path, ...]:
    return path.paths if isinstance(path, Steps) else (path,)


def _in_turn(steps: Iterable[Walk], node: Node) -> Sequence[Node]:
    ends: Sequence[Node] = (node,)
    for step in steps:
        ends = step(ends[0]) if len(ends) == 1 else _distinct(e for n in ends for e in step(n))
    return ends


def _reached(step: Walk, node: Node, *, with_start: bool) -> Sequence[Node]:
    reached: dict[Node, None] = {node: None} if with_start else {}
    waiting = [node]
    while waiting:
        for end in step(waiting.pop()):
            if end not in reached:
                reached[end] = None
                waiting.append(end)
    return tuple(reached)


def _joined(found: Sequence[Sequence[Node]]) -> Sequence[Node]:
    return found[0] if len(found) == 1 else _distinct(chain.from_iterable(found))


def _distinct(nodes: Iterable[Node]) -> Sequence[Node]:
    return tuple(dict.fromkeys(nodes))


def _in_brackets(path: Path) -> str:
    text = to_sparql(path)
    return text if isinstance(path, Predicate) else f"({text})"


def _read(node: Node, objects: Objects, above: frozenset[Node]) -> Path:
    if isinstance(node, ox.NamedNode):
        return Predicate(node)
    if not isinstance(node, ox.BlankNode) or node in above:
        raise ShapesError(f"a property path can't be {'recursive' if node in above else node}")
    above |= {node}
    if objects(node, RDF + "first"):
        return Steps(_read_many(node, objects, above))
    for inverse in objects(node, SH + "inversePath"):
        return Inverse(_read(inverse, objects, above))
    for alternatives in objects(node, SH + "alternativePath"):
        return Alternative(_read_many(alternatives, objects, above))
    for name, sign in _REPEATS.items():
        for inner in objects(node, SH + name):
            return Repeat(_read(inner, objects, above), sign)
    raise ShapesError("a property path is empty: it has none of SHACL's path properties")


def _read_many(node: Node, objects: Objects, above: frozenset[Node]) -> tuple[Path, ...]:
    members = read_list(node, objects)
    if members is None or len(members) < 2:
        raise ShapesError("a sequence or alternative path must be a list of two or more paths")
    return tuple(_read(member, objects, above) for member in members)
