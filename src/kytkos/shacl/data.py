"""The data graph as constraints read it: indexed as a whole, or looked up node by node.

It is the union of the default graph and all named graphs of a store.
"""

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

import pyoxigraph as ox

from kytkos.shacl import paths
from kytkos.shacl.paths import RDF, Node

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
Triples = Callable[[Node], Iterable[tuple[ox.NamedNode, Node]]]

_ENDS = attrgetter("subject", "object")
_TYPE = ox.NamedNode(RDF + "type")
_SUBCLASS_OF = ox.NamedNode(RDFS + "subClassOf")


class _Union:
    """The union of the graphs of a store."""

    def __init__(self, store: ox.Store, *, distinct: bool = False) -> None:
        self.store = store
        self._distinct = distinct

    @cached_property
    def without_repeats(self) -> ox.Store:
        """The store, or a copy where a triple stands in several graphs.

        Its queries over the union of all graphs find such a triple several times, which a
        query that counts must not.
        """
        if self._distinct or is_distinct(self.store):
            return self.store
        triples = {quad.triple for quad in self.store}
        copy = ox.Store()
        copy.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
        return copy


class Indexes(_Union):
    """The whole data graph, indexed by predicate as predicates are asked for."""

    def __init__(self, store: ox.Store) -> None:
        super().__init__(store)
        self._forward: dict[ox.NamedNode | None, dict[Node, Sequence[Node]]] = {}
        self._backward: dict[ox.NamedNode | None, dict[Node, Sequence[Node]]] = {}
        self._instances: dict[Node, dict[Node, None]] = {}
        self._nodes: dict[Node, Node] = {}  # each subject once, as the same object everywhere

    def forward(self, predicate: ox.NamedNode | None) -> dict[Node, Sequence[Node]]:
        """Give the objects of each subject."""
        index = self._forward.get(predicate)
        if index is None:
            quads = self.store.quads_for_pattern(None, predicate, None, None)
            only, known = self._nodes.setdefault, self._nodes.get
            edges = ((only(start, start), known(end, end)) for start, end in map(_ENDS, quads))
            index = self._forward[predicate] = _grouped(edges)
        return index

    @cached_property
    def size(self) -> int:
        """The number of distinct triples."""
        return sum(len(ends) for p in self.predicates for ends in self.forward(p).values())

    @cached_property
    def predicates(self) -> tuple[ox.NamedNode, ...]:
        """The predicates of the graph, in the order of their IRIs."""
        query = "SELECT DISTINCT ?p { ?s ?p ?o }"
        answer = self.store.query(query, use_default_graph_as_union=True)
        assert isinstance(answer, ox.QuerySolutions)
        # As one text: between two solutions another thread may take over.
        listed = answer.serialize(format=ox.QueryResultsFormat.TSV)
        assert listed is not None
        _, *lines = listed.decode().split("\n")
        return tuple(ox.NamedNode(line[1:-1]) for line in sorted(lines) if line)

    @cached_property
    def used(self) -> dict[Node, int]:
        """The subjects, each with the sum of 2**n for the numbers of its predicates."""
        used: dict[Node, int] = {}
        sums: dict[int, int] = {}  # so that equal sums are one object
        for number, predicate in enumerate(self.predicates):
            bit = 1 << number
            for node in self.forward(predicate):
                mask = used.get(node, 0) | bit
                used[node] = sums.setdefault(mask, mask)
        return used

    def others(self, predicates: Collection[Node]) -> Triples:
        """Make the function that gives what is said of a node with other predicates."""
        known, used = self.predicates, self.used.get
        mask = sum(1 << n for n, p in enumerate(known) if p not in predicates)

        def triples(node: Node) -> Iterable[tuple[ox.NamedNode, Node]]:
            others = used(node, 0) & mask
            if not others:
                return ()
            found = [predicate for n, predicate in enumerate(known) if others & (1 << n)]
            return [(one, end) for one in found for end in self.forward(one)[node]]

        return triples

    def backward(self, predicate: ox.NamedNode | None) -> dict[Node, Sequence[Node]]:
        """Give the subjects of each object."""
        index = self._backward.get(predicate)
        if index is None:
            edges = self.forward(predicate).items()
            index = _grouped((end, start) for start, ends in edges for end in ends)
            self._backward[predicate] = index
        return index

    def instances(self, cls: Node) -> dict[Node, None]:
        """Give the instances of a class and of its subclasses (SHACL, section 1.1)."""
        if cls not in self._instances:
            types = self.backward(_TYPE)
            classes = paths.walk(SUBCLASSES, self)(cls)
            self._instances[cls] = {node: None for c in classes for node in types.get(c, ())}
        return self._instances[cls]


class Lookups(_Union):
    """The data graph as it is now, looked up in the store node by node, and each node once."""

    def __init__(self, store: ox.Store, *, distinct: bool = False) -> None:
        super().__init__(store, distinct=distinct)
        self._lookups: dict[tuple[ox.NamedNode | None, bool], _Lookup] = {}
        self._classes: dict[Node, frozenset[Node]] = {}

    def forward(self, predicate: ox.NamedNode | None) -> paths.Index:
        """Give the objects of a subject."""
        return self._lookup(predicate, back=False)

    def backward(self, predicate: ox.NamedNode | None) -> paths.Index:
        """Give the subjects of an object."""
        return self._lookup(predicate, back=True)

    def instances(self, cls: Node) -> Container[Node]:
        """Give the instances of a class and of its subclasses (SHACL, section 1.1)."""
        return _Instances(self, cls)

    def classes(self, node: Node) -> frozenset[Node]:
        """Give the classes of a node, and those they are subclasses of."""
        if node not in self._classes:
            self._classes[node] = frozenset(paths.walk(_CLASSES, self)(node))
        return self._classes[node]

    def others(self, predicates: Collection[Node]) -> Triples:
        """Make the function that gives what is said of a node with other predicates."""
        return lambda node: [t for t in triples_of(self.store, node) if t[0] not in predicates]

    def _lookup(self, predicate: ox.NamedNode | None, *, back: bool) -> "_Lookup":
        key = (predicate, back)
        if key not in self._lookups:
            self._lookups[key] = _Lookup(self.store, predicate, back)
        return self._lookups[key]


Data = Indexes | Lookups


class _Lookup:
    """One predicate, or all, in one direction."""

    def __init__(self, store: ox.Store, predicate: ox.NamedNode | None, back: bool) -> None:
        self._store = store
        self._predicate = predicate
        self._back = back
        self._found: dict[Node, Sequence[Node]] = {}

    def get(self, node: Node, default: Sequence[Node], /) -> Sequence[Node]:
        if node not in self._found:
            self._found[node] = tuple(dict.fromkeys(self._look_up(node)))
        return self._found[node] or default

    def _look_up(self, node: Node) -> list[Node]:
        if self._back:
            quads = self._store.quads_for_pattern(None, self._predicate, node, None)
            return [quad.subject for quad in quads]
        if isinstance(node, ox.Literal):
            return []
        quads = self._store.quads_for_pattern(node, self._predicate, None, None)
        return [quad.object for quad in quads]


@dataclass(frozen=True, slots=True)
class _Instances:
    data: Lookups
    cls: Node

    def __contains__(self, node: object) -> bool:
        if not isinstance(node, ox.NamedNode | ox.BlankNode):
            return False
        return self.cls in self.data.classes(node)


SUBCLASSES = paths.Repeat(paths.Inverse(paths.Predicate(_SUBCLASS_OF)), "*")
_CLASSES = paths.Steps(
    (paths.Predicate(_TYPE), paths.Repeat(paths.Predicate(_SUBCLASS_OF), "*")),
)


def _grouped(edges: Iterable[tuple[Node, Node]]) -> dict[Node, Sequence[Node]]:
    # Tuples, because Python's garbage collector need not look into them again.
    index: dict[Node, Any] = {}
    several: dict[Node, dict[Node, None]] = {}
    get = index.get
    for start, end in edges:
        ends = get(start)
        if ends is None:
            index[start] = (end,)
        elif type(ends) is tuple:
            index[start] = several[start] = {ends[0]: None, end: None}
        else:
            ends[end] = None
    # The same triple may stand in several named graphs.
    index.update((start, tuple(ends)) for start, ends in several.items())
    return index


def triples_of(store: ox.Store, subject: Node) -> Iterable[tuple[ox.NamedNode, Node]]:
    """Give the distinct predicates and objects of a subject, in any graph."""
    if isinstance(subject, ox.Literal):
        return ()
    quads = store.quads_for_pattern(subject, None, None, None)
    return dict.fromkeys((quad.predicate, quad.object) for quad in quads)


def is_distinct(store: ox.Store) -> bool:
    """Tell whether no triple stands in two graphs of a store.

    What is in the largest graph need not be looked up.
    """
    graphs = [*store.named_graphs(), ox.DefaultGraph()]
    if len(graphs) < 3 and not any(store.quads_for_pattern(None, None, None, graphs[-1])):
        return True
    sizes = {graph: _size(store, graph) for graph in graphs}
    graphs.remove(max(sizes, key=lambda graph: sizes[graph]))
    for graph in graphs:
        for quad in store.quads_for_pattern(None, None, None, graph):
            same = store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
            if sum(1 for _ in same) > 1:
                return False
    return True


def _size(store: ox.Store, graph: ox.NamedNode | ox.BlankNode | ox.DefaultGraph) -> int:
    query = "SELECT (COUNT(*) AS ?size) WHERE { ?s ?p ?o }"
    answer = store.query(query, default_graph=graph)
    assert isinstance(answer, ox.QuerySolutions)
    (solution,) = answer
    size = solution["size"]
    return int(size.value) if isinstance(size, ox.Literal) else 0
