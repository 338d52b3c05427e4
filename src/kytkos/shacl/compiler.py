"""Shapes compiled: from a shapes graph to functions over the data."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kytkos import collector
from kytkos.errors import ShapesError, did_you_mean
from kytkos.graph import to_term
from kytkos.shacl import paths
from kytkos.shacl.components import COMPONENTS, Compiler
from kytkos.shacl.constraints import Constraint, Run, Shape, Targets, Violation
from kytkos.shacl.data import Indexes, Lookups
from kytkos.shacl.paths import RDF, SH, Node
from kytkos.shacl.results import Result, to_result

_WORDS = """
    path targetNode targetClass targetSubjectsOf targetObjectsOf severity message deactivated
    name description order group defaultValue flags ignoredProperties qualifiedValueShape
    qualifiedValueShapesDisjoint declare prefixes namespace prefix parameter optional
    labelTemplate validator nodeValidator propertyValidator select ask shapesGraph
    suggestedShapesGraph entailment rule
"""
_COMPONENTS = {SH + name: component for name, component in COMPONENTS.items()}
_NOT_CONSTRAINTS = {SH + word for word in _WORDS.split()}
_KNOWN = _NOT_CONSTRAINTS | _COMPONENTS.keys()
_NODE_SHAPE, _PROPERTY_SHAPE = ox.NamedNode(SH + "NodeShape"), ox.NamedNode(SH + "PropertyShape")
FocusNodes = Sequence[tuple[Shape, Sequence[Node]]]
LEFT_TO_PYSHACL = {SH + name for name in ("js", "expression", "target", "values")}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Compiled shapes: those with targets, and the IRIs of those left to pySHACL."""

    shapes: tuple[Shape, ...]
    targets: tuple[Shape, ...]
    uncompiled: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.shapes)

    def focus_nodes(self, data: Indexes) -> FocusNodes:
        """Find the focus nodes of each shape that has targets; equal targets have one list."""
        found: dict[Targets, Sequence[Node]] = {}
        for shape in self.targets:
            if shape.targets not in found:
                found[shape.targets] = shape.targets.find(data)
        return [(shape, found[shape.targets]) for shape in self.targets]

    def validate(
        self, data: ox.Store | Indexes, focus_nodes: FocusNodes | None = None
    ) -> list[Result]:
        """Validate the whole of the data; the results are sorted."""
        with collector.at_rest():
            indexes = data if isinstance(data, Indexes) else Indexes(data)
            run = Run(indexes)
            found = self.focus_nodes(indexes) if focus_nodes is None else focus_nodes
            return _results(_in_turn(run, found))

    def validate_nodes(
        self, data: ox.Store, nodes: Iterable[Node], *, distinct: bool = False
    ) -> list[Result]:
        """Check some nodes against every shape that targets them now; the results are sorted.

        Indexes nothing: the cost is that of the nodes' surroundings, not of the graph. Where
        it is known that no triple stands in two graphs, `distinct` spares looking.
        """
        lookups = Lookups(data, distinct=distinct)
        run = Run(lookups)
        some = list(dict.fromkeys(nodes))
        found = [
            (shape, [node for node in some if shape.targets.include(node, lookups)])
            for shape in self.targets
        ]
        return _results(v for shape, here in found for v in run.violations(shape, here))


def _in_turn(run: Run, focus_nodes: FocusNodes) -> Iterator[Violation]:
    last: Sequence[Node] = ()
    for shape, nodes in focus_nodes:
        if nodes is not last:
            run.forget_batches()
            last = nodes
        yield from run.violations(shape, nodes)


def _results(violations: Iterable[Violation]) -> list[Result]:
    # A property shape may be reached on several ways: a node's result is told once.
    distinct = dict.fromkeys(violation._replace(at=violation.focus) for violation in violations)
    return sorted(map(to_result, distinct), key=lambda result: result.sort_key)


def compile_shapes(shapes: ox.Store) -> Shapes:
    """Compile the shapes of a shapes graph: the union of the graphs of a store.

    Raises:
        ShapesError: a shape is ill-formed.
    """
    compiler = _Compiler(shapes)
    try:
        found = [compiler.shape(node) for node in compiler.shape_nodes()]
        every = tuple(compiler.shapes.values())
        recursive: dict[Shape, bool] = {}
        for shape in every:
            shape.recursive = _is_recursive(shape, recursive, [])
    except RecursionError as error:
        hint = "Some hundreds of shapes or paths within one another are too many."
        raise ShapesError("the shapes are nested too deeply", hint=hint) from error
    alike: dict[Targets, list[Shape]] = {}
    for shape in found:
        if shape.targets:
            alike.setdefault(shape.targets, []).append(shape)
    targets = [shape for shapes_of_one in alike.values() for shape in shapes_of_one]
    left = [s for s in targets if any(used.uncompiled for used in _used(s, {}))]
    uncompiled = sorted({to_term(shape.node).value for shape in left})
    return Shapes(every, tuple(s for s in targets if s not in left), tuple(uncompiled))


def _is_recursive(shape: Shape, known: dict[Shape, bool], above: list[Shape]) -> bool:
    if shape in above:
        return True
    if shape not in known:
        reached = [_is_recursive(inner, known, [*above, shape]) for inner in shape.inner]
        known[shape] = any(reached)
    return known[shape]


def _used(shape: Shape, seen: dict[Shape, None]) -> dict[Shape, None]:
    if shape not in seen:
        seen[shape] = None
        for inner in shape.inner:
            _used(inner, seen)
    return seen


class _Compiler(Compiler):
    """Reads a shapes graph; makes each of its shapes once."""

    def __init__(self, store: ox.Store) -> None:
        super().__init__(store)
        self.shapes: dict[Node, Shape] = {}
        self._parameters = self.custom_parameters()

    def shape(self, node: Node) -> Shape:
        """Give the shape at a node, compiled; a recursive one may not be finished yet."""
        if node not in self.shapes:
            try:
                self._read_shape(node)
            except ShapesError as error:
                error.at(to_term(node).value)
                if "the shape <" not in error.hint and isinstance(node, ox.NamedNode):
                    error.hint = f"{error.hint} See the shape {node}.".strip()
                raise
        return self.shapes[node]

    def _read_shape(self, node: Node) -> None:
        about = self.about(node)
        kinds = about.get(RDF + "type", ())
        path_nodes = about.get(SH + "path", [])
        if path_nodes and _NODE_SHAPE in kinds:
            raise ShapesError("a node shape can't have a sh:path")
        if len(path_nodes) > 1 or (not path_nodes and _PROPERTY_SHAPE in kinds):
            raise ShapesError("a property shape must have one sh:path")
        try:
            path = paths.read(path_nodes[0], self.objects) if path_nodes else None
        except ShapesError as error:
            raise error.at(to_term(node).value, SH + "path") from None
        severities = about.get(SH + "severity", [])
        if len(severities) > 1 or not all(isinstance(s, ox.NamedNode) for s in severities):
            raise ShapesError("the value of sh:severity must be one IRI")
        shape = self.shapes[node] = Shape(
            node=node,
            path=path,
            targets=self.targets(node),
            severity=to_term(severities[0]).value if severities else SH + "Violation",
            messages=self.messages(node),
            deactivated=self.flag(node, "deactivated"),
        )
        if SH + "ignoredProperties" in about and SH + "closed" not in about:
            raise ShapesError("sh:ignoredProperties is of use only with sh:closed")
        for predicate in sorted(about):
            self._read_parameter(shape, predicate, about[predicate])

    def _read_parameter(self, shape: Shape, predicate: str, arguments: list[Node]) -> None:
        component = _COMPONENTS.get(predicate)
        if component is None:
            if predicate in self._parameters or predicate in LEFT_TO_PYSHACL:
                shape.uncompiled = True
            elif predicate.startswith(SH) and predicate not in _NOT_CONSTRAINTS:
                near = did_you_mean(_short(predicate), map(_short, _KNOWN))
                hint = near if near.startswith("Did") else ""
                raise ShapesError(f"SHACL has no {_short(predicate)}", hint=hint).at(
                    to_term(shape.node).value, predicate
                )
            return
        node = to_term(shape.node).value
        if component.once and len(arguments) > 1:
            raise ShapesError(f"a shape can have only one {_short(predicate)}").at(node, predicate)
        if component.property_only and shape.path is None:
            message = f"only a property shape can have a {_short(predicate)}"
            raise ShapesError(message).at(node, predicate)
        for argument in arguments:
            try:
                check = component.compile(self, shape, argument)
            except ShapesError as error:
                raise error.at(node, predicate, to_term(argument)) from error.__cause__
            if check is not None:
                name = f"{SH}{component.name}ConstraintComponent"
                shape.constraints.append(Constraint(shape, name, predicate, argument, check))


def _short(iri: str) -> str:
    return f"sh:{iri.removeprefix(SH)}"
