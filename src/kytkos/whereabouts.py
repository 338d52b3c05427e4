"""Where in the files things stand: the value at fault, else its property, else its subject.

Files are read only where something is sought in them, and each once for all that is sought.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from kytkos.terms import RDF_LANG_STRING, Place, Term
from kytkos.turtle import Lines, Written, positions

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

# The first step of a property path, or of one of its alternatives, unless it may be left out.
_FIRST_STEP = re.compile(r"\(*<([^>]*)>(?![*?])")


class Sought(NamedTuple):
    """A node, and what is said of it: a property path, a value, or both.

    The node is an IRI, the label of a blank node in the store, or the text of a literal; the
    path an IRI, or a path as SPARQL writes it.
    """

    node: str
    path: str = ""
    value: Term | None = None

    @property
    def predicates(self) -> dict[str, bool]:
        """The predicates that the path may begin with, and whether they may be all of it."""
        if "<" not in self.path:
            return {self.path: True} if self.path else {}
        ways = self.path.split("|")
        steps = {way: step for way in ways if (step := _FIRST_STEP.match(way))}
        return {step[1]: way.strip("()") == f"<{step[1]}>" for way, step in steps.items()}


def find(
    store: ox.Store, files: Mapping[str, Path], shown: Mapping[str, str], sought: Sequence[Sought]
) -> list[Place | None]:
    """Find the places of nodes, or of what is said of them, or None for each.

    What nothing describes is found where it is first referred to. A file that can't be read
    any more, or was changed meanwhile, may give a place without a line.

    Args:
        store: holds each Turtle file in a named graph, and TriG files with graphs of their own.
        files: the paths of the files, by the names of their graphs.
        shown: the paths to show, likewise.
        sought: what to find.
    """
    targets = [_target(store, files, one) for one in sought]
    wanted: dict[str, set[str] | None] = {}
    for target in targets:
        for name in target.files:
            subjects = wanted.setdefault(name, set())
            if isinstance(target.subject, ox.BlankNode) or _is_bnode(target.value):
                wanted[name] = None
            elif subjects is not None:
                subjects.add(target.subject.value)
    layouts = {name: _read(files[name], name, wanted[name]) for name in wanted}
    return [_find(store, target, layouts, shown) for target in targets]


class _Target(NamedTuple):
    subject: ox.NamedNode | ox.BlankNode
    predicates: Mapping[str, bool]  # whether the value may be theirs
    value: Term | None
    files: tuple[str, ...]


@dataclass(frozen=True)
class _Layout:
    """A file as it is written: its triples by subject."""

    lines: Lines
    statements: Mapping[str, Sequence[Written]]

    @cached_property
    def blank_nodes(self) -> Mapping[object, str]:
        """The blank nodes by their surroundings; of equal ones the first."""
        copy = ox.Store()
        labels: dict[str, ox.BlankNode] = {}

        def named(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
            return labels.setdefault(term.value, ox.BlankNode()) if _is_bnode(term) else _node(term)

        for one in (one for some in self.statements.values() for one in some):
            try:
                subject, value = named(one.subject), named(one.object)
                if not isinstance(subject, ox.Literal):
                    copy.add(ox.Quad(subject, ox.NamedNode(one.predicate), value))
            except ValueError:
                continue
        return {_surroundings(n, copy): written for written, n in reversed(labels.items())}


def _target(store: ox.Store, files: Mapping[str, Path], sought: Sought) -> _Target:
    predicates = sought.predicates
    value = sought.value if not sought.path or any(predicates.values()) else None
    subject: ox.NamedNode | ox.BlankNode
    try:
        subject = ox.NamedNode(sought.node)
    except ValueError:
        try:
            subject = ox.BlankNode(sought.node)
        except ValueError:
            subject = ox.BlankNode()
    quads = list(store.quads_for_pattern(subject, None, None, None))
    if not quads:
        quads = sorted(store.quads_for_pattern(None, None, subject, None), key=str)[:1]
        if not quads and isinstance(subject, ox.BlankNode):
            quads = [q for q in store if sought.node == getattr(q.object, "value", None)][:1]
        for quad in quads:
            if not isinstance(quad.subject, ox.Triple):
                subject, predicates = quad.subject, {quad.predicate.value: True}
                value = _term(quad.object)
    graphs = {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, ox.NamedNode)}
    named = sorted(graphs & files.keys())
    if len(named) < len({quad.graph_name for quad in quads}):
        named += [name for name, path in files.items() if path.suffix == ".trig"]
    return _Target(subject, predicates, value, tuple(named))


def _read(path: Path, base: str, subjects: set[str] | None) -> _Layout:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return _Layout(Lines(""), {})
    statements: dict[str, list[Written]] = {}
    for statement in positions(text, base, subjects):
        statements.setdefault(statement.subject.value, []).append(statement)
    return _Layout(Lines(text), statements)


def _find(
    store: ox.Store, target: _Target, layouts: Mapping[str, _Layout], shown: Mapping[str, str]
) -> Place | None:
    best: tuple[int, Place] | None = None
    for name in target.files:
        layout = layouts[name]
        subject = target.subject.value
        if isinstance(target.subject, ox.BlankNode):
            subject = layout.blank_nodes.get(_surroundings(target.subject, store), "")
        found = _choose(layout.statements.get(subject, ()), target, store, layout)
        rank, offset = found or (3, -1)
        line, column = layout.lines.at(offset) if found else (0, 0)
        if best is None or rank < best[0]:
            best = (rank, Place(shown[name], line, column))
    return best[1] if best else None


def _choose(
    statements: Sequence[Written], target: _Target, store: ox.Store, layout: _Layout
) -> tuple[int, int] | None:
    """Give how near the best place comes (0 is the value), and its offset."""
    if target.value is not None:
        value = target.value
        if _is_bnode(value):
            like = _surroundings(ox.BlankNode(value.value), store)
            value = Term("bnode", layout.blank_nodes.get(like, ""))
        for one in statements:
            fits = not target.predicates or target.predicates.get(one.predicate)
            if fits and _is_same(one.object, value):
                return 0, one.object_at
    for predicate in target.predicates:
        for one in statements:
            if one.predicate == predicate:
                return 1, one.predicate_at
    return (2, statements[0].subject_at) if statements else None


def _is_same(written: Term, value: Term) -> bool:
    if written == value:
        return True
    if (written.type, written.lang, written.datatype) != (value.type, value.lang, value.datatype):
        return False
    return bool(value.datatype) and _stored(written) == value.value


def _stored(term: Term) -> str:
    """Give the text of a typed literal as the store rewrites it: 5.00 as 5."""
    name = ox.NamedNode("x:")
    store = ox.Store()
    store.add(ox.Quad(name, name, _node(term)))
    return next(str(_term(quad.object)) for quad in store)


def _is_bnode(term: Term | None) -> bool:
    return term is not None and term.type == "bnode"


def _surroundings(node: Node, store: ox.Store, steps: int = 3) -> object:
    """Describe a node without the names of blank nodes."""
    if not isinstance(node, ox.BlankNode):
        return str(node)
    if not steps:
        return ""
    after = store.quads_for_pattern(node, None, None, None)
    before = store.quads_for_pattern(None, None, node, None)
    return (
        frozenset((q.predicate, _surroundings(q.object, store, steps - 1)) for q in after),
        frozenset((q.predicate, _surroundings(q.subject, store, steps - 1)) for q in before),
    )


def _node(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if term.type == "uri":
        return ox.NamedNode(term.value)
    if term.type == "bnode":
        return ox.BlankNode(term.value)
    if term.lang:
        return ox.Literal(term.value, language=term.lang)
    datatype = ox.NamedNode(term.datatype) if term.datatype else None
    return ox.Literal(term.value, datatype=datatype)


def _term(node: Node) -> Term:
    if isinstance(node, ox.NamedNode):
        return Term("uri", node.value)
    if not isinstance(node, ox.Literal):
        return Term("bnode", getattr(node, "value", ""))
    datatype = node.datatype.value
    plain = node.datatype == ox.Literal("").datatype or datatype == RDF_LANG_STRING
    return Term("literal", node.value, node.language or "", "" if plain else datatype)
