"""Shapes and constraints as they run: batches of focus nodes in, violations out.

A constraint is a function from a run and a batch to violations. A batch is checked at once,
so that a predicate is looked up once a shape and a SPARQL constraint is one query.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

import pyoxigraph as ox

from kytkos.shacl import paths
from kytkos.shacl.data import Data, Indexes, Lookups
from kytkos.shacl.paths import Node

Messages = tuple[tuple[str, str], ...]  # pairs of a language, or "", and a text


class Violation(NamedTuple):
    """What a constraint found; `at` is the node that was given to the shape."""

    at: Node
    focus: Node
    value: Node | None = None
    constraint: "Constraint | None" = None
    path: paths.Path | None = None
    messages: Messages = ()
    detail: str = ""  # one violation a language (sh:uniqueLang), or a limit (sh:lessThan)


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """A constraint of a shape: what it is called, and the function that checks it.

    `parameter` is the IRI of its parameter and `argument` that parameter's value.
    """

    shape: "Shape"
    component: str
    parameter: str
    argument: Node
    check: "Check"


class Targets(NamedTuple):
    """Which nodes a shape is about.

    Source: SHACL, section 2.1.3.
    """

    nodes: tuple[Node, ...] = ()
    classes: frozenset[Node] = frozenset()
    subjects_of: tuple[ox.NamedNode, ...] = ()
    objects_of: tuple[ox.NamedNode, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of)

    def find(self, data: Indexes) -> list[Node]:
        """Find all focus nodes in the data."""
        found: dict[Node, None] = dict.fromkeys(self.nodes)
        for cls in self.classes:
            found |= dict.fromkeys(data.instances(cls))
        for predicate in self.subjects_of:
            found |= dict.fromkeys(data.forward(predicate))
        for predicate in self.objects_of:
            found |= dict.fromkeys(data.backward(predicate))
        return list(found)

    def include(self, node: Node, data: Lookups) -> bool:
        """Tell whether a node is a focus node now."""
        return (
            node in self.nodes
            or not self.classes.isdisjoint(data.classes(node))
            or any(data.forward(p).get(node, ()) for p in self.subjects_of)
            or any(data.backward(p).get(node, ()) for p in self.objects_of)
        )


@dataclass(eq=False, slots=True)
class Shape:
    """A node shape, or a property shape where it has a path.

    Source: SHACL, sections 2.1 to 2.3.
    """

    node: Node
    path: paths.Path | None
    targets: Targets
    severity: str
    messages: Messages
    deactivated: bool
    constraints: list[Constraint] = field(default_factory=list)
    inner: list["Shape"] = field(default_factory=list)
    uncompiled: bool = False
    recursive: bool = False  # it, or a shape that it uses, uses itself

    def violations(self, run: "Run", nodes: Sequence[Node]) -> Iterator[Violation]:
        """Check some nodes against every constraint."""
        if self.deactivated or not nodes:
            return
        batch = run.batch(self.path, nodes)
        for constraint in self.constraints:
            for found in constraint.check(run, batch):
                nested = found.constraint is not None
                yield found if nested else found._replace(constraint=constraint)


class Batch:
    """Focus nodes, and for each its value nodes."""

    def __init__(self, nodes: Sequence[Node], path: paths.Path | None, data: Data) -> None:
        self.nodes = nodes
        self._path = path
        self._data = data

    @cached_property
    def pairs(self) -> list[tuple[Node, Sequence[Node]]]:
        """The focus nodes, each with its value nodes."""
        if self._path is None:
            return [(node, (node,)) for node in self.nodes]
        if isinstance(self._path, paths.Predicate):
            ends = self._data.forward(self._path.iri).get
            return list(zip(self.nodes, map(ends, self.nodes, repeat(())), strict=True))
        walk = paths.walk(self._path, self._data)
        return [(node, walk(node)) for node in self.nodes]

    @cached_property
    def values(self) -> dict[Node, list[Node]]:
        """The distinct value nodes, each with the focus nodes it belongs to."""
        values: dict[Node, list[Node]] = {}
        for focus, nodes in self.pairs:
            for value in nodes:
                values.setdefault(value, []).append(focus)
        return values


Check = Callable[["Run", Batch], Iterator[Violation]]
Test = Callable[[Node], bool]


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """A check of each value node by itself; the test tells whether a node is at fault."""

    prepare: Callable[["Run"], Test]

    def __call__(self, run: "Run", batch: Batch) -> Iterator[Violation]:
        """Check the value nodes of a batch."""
        at_fault = self.prepare(run)
        for focus, values in batch.pairs:
            for value in values:
                if at_fault(value):
                    yield Violation(focus, focus, value)


class Run:
    """One validation: the data, and which nodes are known to fail which shapes.

    SHACL leaves recursion undefined (section 3.4.3). Here a node that is being checked
    against a shape conforms to it until the contrary is found.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self._batches: dict[tuple[paths.Path | None, int], Batch] = {}
        self._failing: dict[Shape, dict[Node, bool]] = {}
        self._reported: set[tuple[Shape, Node]] = set()
        self._checking: set[tuple[Shape, Node]] = set()
        self._assumed = False

    def batch(self, path: paths.Path | None, nodes: Sequence[Node]) -> Batch:
        """Make a batch; property shapes of one path on the same focus nodes share it."""
        if len(nodes) == 1:
            return Batch(nodes, path, self.data)
        key = (path, id(nodes))
        batch = self._batches.get(key)
        if batch is None or batch.nodes is not nodes:
            batch = self._batches[key] = Batch(nodes, path, self.data)
        return batch

    def forget_batches(self) -> None:
        """Let go of the batches, when there is no more to check on their focus nodes."""
        self._batches.clear()

    def violations(self, shape: Shape, nodes: Sequence[Node]) -> Iterable[Violation]:
        """Check nodes against a property shape (`sh:property`)."""
        if not shape.recursive:
            return shape.violations(self, nodes)
        if not self._checking:
            nodes = [node for node in nodes if (shape, node) not in self._reported]
            self._reported.update((shape, node) for node in nodes)
            return shape.violations(self, nodes)
        fresh = [node for node in nodes if (shape, node) not in self._checking]
        self._assumed |= len(fresh) < len(nodes)
        return [v for node in fresh for v in self._alone(shape, node)]

    def failing(self, shape: Shape, nodes: Iterable[Node]) -> set[Node]:
        """Give those nodes that do not conform to a shape (SHACL, section 3.4.2)."""
        if shape.deactivated:
            return set()
        tests = self._tests(shape)
        if tests is not None:
            return {node for node in nodes if any(test(node) for test in tests)}
        known = self._failing.setdefault(shape, {})
        fresh = [node for node in dict.fromkeys(nodes) if node not in known]
        if not shape.recursive:
            known |= self._verdicts(shape, fresh)
            return {node for node in nodes if known[node]}
        return {node for node in nodes if known.get(node) or self._fails(shape, node)}

    def test(self, shape: Shape, batch: Batch) -> Test:
        """Give the function that tells whether a value node of a batch fails a shape."""
        tests = self._tests(shape)
        if tests is not None:
            return tests[0] if len(tests) == 1 else lambda node: any(t(node) for t in tests)
        failing: set[Node] | None = None

        def fails(node: Node) -> bool:
            nonlocal failing
            if failing is None:
                failing = self.failing(shape, batch.values)
            return node in failing

        return fails

    def _tests(self, shape: Shape) -> list[Test] | None:
        """Give the tests of a shape that looks at each node by itself, else None."""
        checks = [c.check for c in shape.constraints if isinstance(c.check, ValueCheck)]
        if shape.path is not None or len(checks) < len(shape.constraints):
            return None
        return [] if shape.deactivated else [check.prepare(self) for check in checks]

    def _verdicts(self, shape: Shape, nodes: Sequence[Node]) -> dict[Node, bool]:
        failed = {violation.at for violation in shape.violations(self, nodes)}
        return {node: node in failed for node in nodes}

    def _fails(self, shape: Shape, node: Node) -> bool:
        if node in self._failing[shape]:
            return self._failing[shape][node]
        if (shape, node) in self._checking:
            self._assumed = True
            return False
        fails = bool(self._alone(shape, node))
        if not self._assumed or not self._checking:
            self._failing[shape][node] = fails
        self._assumed &= bool(self._checking)
        return fails

    def _alone(self, shape: Shape, node: Node) -> list[Violation]:
        self._checking.add((shape, node))
        try:
            return list(shape.violations(self, (node,)))
        finally:
            self._checking.discard((shape, node))
