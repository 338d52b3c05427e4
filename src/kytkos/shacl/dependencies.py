"""What each shape reads of the data, so that a change leads back to the focus nodes it affects.

A shape reads a triple at its subject, or at its object where it walks backwards; a path leads
from the focus node to that node. A change of the triple can affect only the focus nodes at the
other end of the path: walked in the old state for a triple removed, in the new for one added.
What is read in another way (recursion, a pattern that nothing connects to `$this`, `GRAPH`) makes
its shape one that is run in full on each change.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from kytkos.graph import to_term
from kytkos.shacl import paths
from kytkos.shacl.compiler import Shapes
from kytkos.shacl.constraints import Constraint, Shape
from kytkos.shacl.data import RDFS
from kytkos.shacl.paths import RDF, SH, Node, Path
from kytkos.shacl.prebinding import prebind
from kytkos.shacl.shapes_graph import ShapesGraph
from kytkos.shacl.sparql_reads import UnconnectedError, reads_of_query

TYPE = ox.NamedNode(RDF + "type")
SUBCLASS_OF = ox.NamedNode(RDFS + "subClassOf")

_PROPERTY = SH + "property"
_COMPARED = {SH + name for name in ("equals", "disjoint", "lessThan", "lessThanOrEquals")}


@dataclass(frozen=True, slots=True)
class Read:
    """Triples of one predicate, or of any, that a shape reads.

    They are read where `path` leads from a focus node: at their subject, or at their object
    where `inverse`.
    """

    path: Path
    predicate: ox.NamedNode | None
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What each target shape reads; those in `in_full`, with the reason, must be run in full."""

    reads: tuple[tuple[Shape, frozenset[Read]], ...]
    in_full: tuple[tuple[Shape, str], ...]


def find_dependencies(shapes: Shapes, graph: ox.Store) -> Dependencies:
    """Find what the target shapes read; the graph is the one they were compiled from.

    rdflib is imported only where a shape has a SPARQL constraint: for the algebra of its query.
    """
    reader = _Reader(ShapesGraph(graph))
    reads: dict[Shape, frozenset[Read]] = {}
    in_full: dict[Shape, str] = {}
    for shape in shapes.targets:
        try:
            _reject(shape)
            reads[shape] = frozenset(reader.of_shape(shape, paths.HERE))
        except UnconnectedError as reason:
            in_full[shape] = str(reason)
    # Two shapes that share a property shape give its results for a node once.
    waiting = list(in_full)
    for shape in waiting:
        for other in [other for other in reads if _speaking(other) & _speaking(shape)]:
            del reads[other]
            waiting.append(other)
            in_full[other] = f"it shares a property shape with {shape.node}"
    return Dependencies(tuple(reads.items()), tuple(in_full.items()))


def _reject(shape: Shape) -> None:
    if shape.recursive:
        raise UnconnectedError("it is recursive")
    if any(inner.path and len(_speaking(inner)) > 1 for inner in _speaking(shape)):
        raise UnconnectedError("a property shape in a property shape speaks of other nodes")


def _speaking(shape: Shape) -> set[Shape]:
    """Give the shapes whose results are told where a shape is checked: it and its properties."""
    found = [shape]
    for one in found:
        properties = {c.argument for c in one.constraints if c.parameter == _PROPERTY}
        found += [s for s in one.inner if s.node in properties and s not in found]
    return set(found)


class _Reader:
    def __init__(self, graph: ShapesGraph) -> None:
        self._graph = graph

    def of_shape(self, shape: Shape, at: Path) -> Iterator[Read]:
        """Give what a shape reads, where `at` leads from a focus node to the shape's own."""
        if shape.deactivated:
            return
        values = at
        if shape.path is not None:
            yield from reads_of_path(shape.path, at)
            values = paths.steps(at, shape.path)
        for constraint in shape.constraints:
            yield from self._of_constraint(constraint, at, values)
        for inner in dict.fromkeys(shape.inner):
            yield from self.of_shape(inner, values)

    def _of_constraint(self, constraint: Constraint, at: Path, values: Path) -> Iterator[Read]:
        if constraint.parameter == SH + "class":
            # A change of rdfs:subClassOf is a full run.
            yield Read(values, TYPE)
        elif constraint.parameter == SH + "closed":
            yield Read(values, None)
        elif constraint.parameter in _COMPARED:
            assert isinstance(constraint.argument, ox.NamedNode)
            yield Read(at, constraint.argument)
        elif constraint.parameter == SH + "sparql":
            for read in self._of_sparql(constraint.argument, constraint.shape):
                yield Read(paths.steps(at, read.path), read.predicate, read.inverse)

    def _of_sparql(self, node: Node, shape: Shape) -> Iterator[Read]:
        text = to_term(self._graph.objects(node, SH + "select")[0]).value
        query = prebind(text, paths.to_sparql(shape.path) if shape.path else "")
        for path, edge in reads_of_query("".join(query.parts), self._graph.prefixes(node)):
            yield from reads_of_path(edge, path)


def reads_of_path(path: Path, at: Path) -> Iterator[Read]:
    """Give what the walk of a path reads, where `at` leads from a focus node to its start."""
    yield from _walked(path, at, back=False)


def _walked(path: Path, at: Path, *, back: bool) -> Iterator[Read]:
    match path:
        case paths.Predicate(iri):
            yield Read(at, iri, back)
        case paths.Anything():
            yield Read(at, None, back)
        case paths.Inverse(inner):
            yield from _walked(inner, at, back=not back)
        case paths.Steps(parts):
            for part in parts[::-1] if back else parts:
                yield from _walked(part, at, back=back)
                at = paths.steps(at, paths.Inverse(part) if back else part)
        case paths.Alternative(parts):
            for part in parts:
                yield from _walked(part, at, back=back)
        case paths.Repeat(inner, sign):
            if sign != "?":
                once = paths.Inverse(inner) if back else inner
                at = paths.steps(at, paths.Repeat(once, "*"))
            yield from _walked(inner, at, back=back)
