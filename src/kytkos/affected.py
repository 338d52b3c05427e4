"""What a change of the data can affect: which focus nodes to check again, and what that changes.

    affected       from triples back to focus nodes
    compare        the results of two states, from the affected nodes alone
    Incremental    the results of a store, kept up to date change by change
    mentioned      which predicates a SPARQL check reads

The results are those of full runs. A change of `rdfs:subClassOf` is a full run, and so is each
change for a shape whose reads can't be followed (`kytkos.shacl.dependencies`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import pyoxigraph as ox

from kytkos import shacl
from kytkos.graph import to_term
from kytkos.shacl import paths
from kytkos.shacl.constraints import Targets
from kytkos.shacl.data import Lookups, is_distinct
from kytkos.shacl.dependencies import SUBCLASS_OF, TYPE, Dependencies, find_dependencies
from kytkos.shacl.paths import Node, Path
from kytkos.shacl.prebinding import tokens
from kytkos.terms import Term

T = TypeVar("T")

_MUCH = 5  # where more than one statement in so many changed, a full run is faster


@dataclass(frozen=True, slots=True)
class Change:
    """The statements that one state of a store lacks of another, and has besides."""

    removed: frozenset[ox.Quad]
    added: frozenset[ox.Quad]

    def __len__(self) -> int:
        return len(self.removed) + len(self.added)

    def apply(self, store: ox.Store) -> None:
        """Take the store from the old state to the new."""
        for quad in self.removed:
            store.remove(quad)
        store.extend(self.added)

    @contextmanager
    def undone(self, store: ox.Store) -> Iterator[None]:
        """Take the store back to the old state, for as long as the context lasts."""
        try:
            Change(self.added, self.removed).apply(store)
            yield
        finally:
            self.apply(store)

    @property
    def predicates(self) -> frozenset[str]:
        """The IRIs of the predicates in the change."""
        return frozenset(q.predicate.value for part in (self.removed, self.added) for q in part)

    @property
    def is_deep(self) -> bool:
        """Tell whether it changes what is an instance of what, beyond the nodes it is about."""
        return SUBCLASS_OF.value in self.predicates


@dataclass(frozen=True)
class Rules:
    """Shapes, ready to be run for a change; `source` is the graph they are compiled from."""

    shapes: shacl.Shapes
    source: ox.Store

    @cached_property
    def dependencies(self) -> Dependencies:
        """What the shapes read."""
        return find_dependencies(self.shapes, self.source)

    @cached_property
    def followed(self) -> shacl.Shapes:
        """The shapes whose reads can be followed."""
        return replace(self.shapes, targets=tuple(s for s, _ in self.dependencies.reads))

    @cached_property
    def reach(self) -> "Reach":
        """The ways back from triples to focus nodes."""
        return Reach(self.dependencies)

    def run(self, store: ox.Store) -> list[shacl.Result]:
        """Run every shape in full."""
        return self.shapes.validate(store) + self._run_uncompiled(store)

    def run_unfollowed(self, store: ox.Store) -> list[shacl.Result]:
        """Run in full those shapes that each change is a full run for."""
        targets = tuple(shape for shape, _ in self.dependencies.in_full)
        found = replace(self.shapes, targets=targets).validate(store) if targets else []
        return found + self._run_uncompiled(store)

    def _run_uncompiled(self, store: ox.Store) -> list[shacl.Result]:
        left = self.shapes.uncompiled
        return shacl.validate_with_pyshacl(self.source, store, only=left) if left else []


class Reach:
    """The ways back from a triple to the focus nodes that a shape reads it for."""

    def __init__(self, dependencies: Dependencies) -> None:
        targets_of: dict[tuple[ox.NamedNode | None, Path, bool], list[Targets]] = {}
        for shape, reads in dependencies.reads:
            for read in reads:
                key = (read.predicate, read.path, read.inverse)
                targets_of.setdefault(key, []).append(shape.targets)
        self._ways: dict[ox.NamedNode | None, list[tuple[Path, bool, Targets]]] = {}
        for (predicate, path, inverse), targets in targets_of.items():
            way = (path, inverse, _merged(targets))
            self._ways.setdefault(predicate, []).append(way)
        self._targets = _merged(shape.targets for shape, _ in dependencies.reads)

    def read_for(self, triples: Iterable[ox.Quad], data: Lookups) -> "Readers":
        """Give the nodes that triples may be read for, if they are such targets."""
        return [
            (paths.walk(path, data, back=True)(t.object if inverse else t.subject), targets)
            for t in triples
            for path, inverse, targets in self._ways.get(t.predicate, []) + self._ways.get(None, [])
        ]

    def aimed_at(self, triples: Iterable[ox.Quad]) -> Iterator[Node]:
        """Give the nodes that a triple may make a target, or that are none without it."""
        for triple in triples:
            predicate = triple.predicate
            if predicate == TYPE or predicate in self._targets.subjects_of:
                yield triple.subject
            if predicate in self._targets.objects_of:
                yield triple.object


Readers = list[tuple[Sequence[Node], Targets]]


def _merged(targets: Iterable[Targets]) -> Targets:
    every = list(targets)
    return Targets(
        tuple(dict.fromkeys(node for t in every for node in t.nodes)),
        frozenset(cls for t in every for cls in t.classes),
        tuple(dict.fromkeys(p for t in every for p in t.subjects_of)),
        tuple(dict.fromkeys(p for t in every for p in t.objects_of)),
    )


def affected(reach: Reach, before: Readers, store: ox.Store, change: Change) -> dict[Node, None]:
    """Give the focus nodes whose results a change may have changed.

    Args:
        reach: the ways back from triples to focus nodes.
        before: what the removed triples were read for, in the old state.
        store: the new state.
        change: from the one to the other.
    """
    now = Lookups(store)
    nodes = dict.fromkeys(reach.aimed_at([*change.removed, *change.added]))
    for candidates, targets in before + reach.read_for(change.added, now):
        for node in candidates:
            # What is no target now, and was one, has lost a triple that made it one.
            if node not in nodes and targets.include(node, now):
                nodes[node] = None
    return nodes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change does to the results; `nodes` counts the focus nodes that were checked."""

    new: tuple[shacl.Result, ...]
    resolved: tuple[shacl.Result, ...]
    nodes: int


def compare(rules: Rules, store: ox.Store, change: Change) -> Outcome:
    """Tell what a change has done to the results; the store is in the new state, and stays so."""
    if change.is_deep or len(change) > len(store) // _MUCH:
        with change.undone(store):
            before = rules.run(store)
        return outcome(before, rules.run(store), len({quad.subject for quad in store}))
    with change.undone(store):
        readers = rules.reach.read_for(change.removed, Lookups(store))
    nodes = affected(rules.reach, readers, store, change)
    after = rules.followed.validate_nodes(store, nodes) + rules.run_unfollowed(store)
    with change.undone(store):
        before = rules.followed.validate_nodes(store, nodes) + rules.run_unfollowed(store)
    return outcome(before, after, len(nodes))


class Incremental:
    """The results of a store, kept up to date change by change."""

    def __init__(self, rules: Rules, store: ox.Store) -> None:
        self._rules = rules
        self._store = store
        self._by_node: dict[Term, list[shacl.Result]] = {}
        self._unfollowed: list[shacl.Result] = []
        self._distinct = False
        self._begin()

    @property
    def results(self) -> list[shacl.Result]:
        """All results as they are now, sorted."""
        every = [result for results in self._by_node.values() for result in results]
        return sorted(every + self._unfollowed, key=lambda result: result.sort_key)

    def apply(self, change: Change) -> Outcome:
        """Apply a change to the store, and tell what it does to the results."""
        if change.is_deep:
            before = self.results
            change.apply(self._store)
            self._begin()
            return outcome(before, self.results, len({quad.subject for quad in self._store}))
        before = self._unfollowed
        readers = self._rules.reach.read_for(change.removed, Lookups(self._store))
        change.apply(self._store)
        nodes = affected(self._rules.reach, readers, self._store, change)
        self._distinct = self._distinct and not any(map(self._repeats, change.added))
        after = self._rules.followed.validate_nodes(self._store, nodes, distinct=self._distinct)
        for node in nodes:
            before = before + self._by_node.pop(to_term(node), [])
        self._keep(after)
        self._unfollowed = self._rules.run_unfollowed(self._store)
        return outcome(before, after + self._unfollowed, len(nodes))

    def _begin(self) -> None:
        self._distinct = is_distinct(self._store)
        self._by_node.clear()
        self._keep(self._rules.followed.validate(self._store))
        self._unfollowed = self._rules.run_unfollowed(self._store)

    def _keep(self, results: Iterable[shacl.Result]) -> None:
        for result in results:
            self._by_node.setdefault(result.focus_node, []).append(result)

    def _repeats(self, quad: ox.Quad) -> bool:
        same = self._store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return sum(1 for _ in same) > 1


def outcome(before: Iterable[shacl.Result], after: Iterable[shacl.Result], nodes: int) -> Outcome:
    """Compare the results of two states, where `nodes` focus nodes were checked."""
    before, after = list(before), list(after)
    new = without(after, before, result_key)
    resolved = without(before, after, result_key)
    return Outcome(tuple(new), tuple(resolved), nodes)


def without(some: Iterable[T], others: Iterable[T], key: Callable[[T], object]) -> Iterator[T]:
    """Give those of some that have no match among others, each of which matches one."""
    left = Counter(map(key, others))
    for one in some:
        if left[key(one)] > 0:
            left[key(one)] -= 1
        else:
            yield one


def result_key(result: shacl.Result) -> object:
    """Give what makes two results of two states the same: blank nodes have no name to compare."""
    nodes = (_alike(result.focus_node), _alike(result.source_shape), _alike(result.value))
    messages = tuple(sorted(result.messages.items()))
    return (*nodes, result.path, result.component, result.severity, messages)


def _alike(term: Term | None) -> Term | None:
    return Term("bnode", "") if term and term.type == "bnode" else term


def mentioned(query: str, prefixes: Mapping[str, str]) -> frozenset[str] | None:
    """Give IRIs among which are all predicates that a query reads, or None where it reads any.

    They are all the IRIs in it: a change of other predicates can't change its answer.
    """
    found: set[str] = set()
    last = start = "{"  # the two tokens before
    opened: list[str] = []  # what stands before each bracket that is open
    after_list = False
    for token in tokens(query):
        kind, text = token.lastgroup, token.group()
        if kind == "skip":
            continue
        is_predicate = last in (*";[]",) or after_list
        is_predicate = is_predicate or (start in _STARTS and last not in _NO_SUBJECT)
        if kind == "variable" and is_predicate:
            return None
        if last == "!" and (kind in ("iri", "name") or text in ("(", "^", "a")):
            return None
        if text.upper() in ("GRAPH", "SERVICE"):
            return None
        if kind == "iri":
            found.add(text[1:-1])
        elif kind == "name":
            prefix, _, local = text.partition(":")
            found.add(prefixes.get(prefix, "") + local)
        elif text == "a":
            found.add(TYPE.value)
        if text == "(":
            opened.append(last)
        after_list = text == ")" and bool(opened) and opened.pop() in _STARTS[:3]
        start, last = last, text if kind != "word" else text.upper()
    return frozenset(found)


_STARTS = ("{", ".", "}", ")")
_NO_SUBJECT = (*"{}().;,=<>!+-*/|&", "AS", "BY", "IN", "NOT", "SELECT", "DISTINCT", "REDUCED")
