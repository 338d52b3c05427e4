"""What a SPARQL constraint reads, from the algebra of its query.

The triple patterns are edges between variables. A triple that matches a pattern has to do with a
focus node only where other patterns, which must hold as well, lead from `$this` to the pattern:
those of the same group and of the groups around it, but not of an `OPTIONAL` beside it or of
another branch of a `UNION`. One such way is enough, and the shortest is taken.

Source: SPARQL 1.1, section 18.2 (translation to the algebra), 18.6 (substitution in EXISTS).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from kytkos.shacl import paths
from kytkos.shacl.paths import Path

_THIS = "this"


class UnconnectedError(Exception):
    """Why the focus nodes that a change affects can't be found."""


@dataclass(frozen=True, eq=False)
class _Scope:
    """Which variables of a group are those of the groups around it; others are its own."""

    shared: frozenset[str] = frozenset()
    around: "_Scope | None" = None

    def variable(self, name: str) -> "Variable":
        """Tell which variable a name means."""
        if self.around is not None and (name == _THIS or name in self.shared):
            return self.around.variable(name)
        return self, name


Variable = tuple[_Scope, str]


@dataclass(frozen=True, eq=False)
class _Edge:
    """A triple pattern; an end that is no variable is None: a constant connects nothing."""

    start: Variable | None
    path: Path
    end: Variable | None
    text: str


Edges = tuple[_Edge, ...]


def reads_of_query(text: str, prefixes: Mapping[str, str]) -> Iterator[tuple[Path, Path]]:
    """Give the paths that a query reads, each after the path that leads to its start.

    Raises:
        UnconnectedError: a triple may change the answer for nodes that no path leads to.
    """
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery

    try:
        node = translateQuery(parseQuery(text), initNs=dict(prefixes)).algebra.p
    except Exception as error:  # whatever rdflib does not understand
        raise UnconnectedError(f"rdflib can't parse its query: {error}") from error
    while node.name in ("Distinct", "Reduced", "Slice"):
        node = node.p
    top = _Scope()
    for edge, others in _visit(node, top, ()):
        yield _way(edge, others, top.variable(_THIS))


def _way(edge: _Edge, others: Edges, this: Variable) -> tuple[Path, Path]:
    """Find the shortest way from `$this` to an edge, and the edge as it is met there."""
    ways = _ways([other for other in others if other is not edge], this)
    reached = [end for end in ways if end in (edge.start, edge.end)]
    if not reached:
        raise UnconnectedError(f"nothing in its query connects `{edge.text}` to $this")
    first = reached[0]  # the shortest ways come first
    return ways[first], edge.path if first == edge.start else paths.Inverse(edge.path)


def _ways(edges: Sequence[_Edge], this: Variable) -> dict[Variable, Path]:
    """Give the shortest way from a variable to each that it is connected to."""
    ways: dict[Variable, Path] = {this: paths.HERE}
    waiting = [this]
    for variable in waiting:
        for edge in edges:
            for start, path, end in (
                (edge.start, edge.path, edge.end),
                (edge.end, paths.Inverse(edge.path), edge.start),
            ):
                if start == variable and end is not None and end not in ways:
                    ways[end] = paths.steps(ways[variable], path)
                    waiting.append(end)
    return ways


def _visit(node: Any, scope: _Scope, given: Edges) -> Iterator[tuple[_Edge, Edges]]:
    """Give each pattern, and the patterns that hold wherever it does; `given` are from around."""
    match node.name:
        case "BGP":
            own = _edges(node, scope)
            yield from ((edge, given + own) for edge in own)
        case "Join":
            yield from _visit(node.p1, scope, given + _certain(node.p2, scope))
            yield from _visit(node.p2, scope, given + _certain(node.p1, scope))
        case "LeftJoin":
            first = given + _certain(node.p1, scope)
            both = first + _certain(node.p2, scope)
            yield from _visit(node.p1, scope, given)
            yield from _visit(node.p2, scope, first)
            yield from _in_expression(node.expr, _inside([node.p1, node.p2], scope), both)
        case "Filter" | "Extend":
            yield from _visit(node.p, scope, given)
            holds = given + _certain(node.p, scope)
            yield from _in_expression(node.expr, _inside([node.p], scope), holds)
        case "Minus":
            yield from _visit(node.p1, scope, given)
            holds = given + _certain(node.p1, scope)
            yield from _visit(node.p2, _inside([node.p1], scope), holds)
        case "Union":
            yield from _visit(node.p1, scope, given)
            yield from _visit(node.p2, scope, given)
        case "ToMultiSet" if node.p.name == "values":
            return
        case "ToMultiSet" | "Distinct" | "Reduced" | "OrderBy":
            yield from _visit(node.p, scope, given)
        case "Project":
            yield from _visit(node.p, _of_project(node, scope), given)
        case "AggregateJoin":
            inner = _of_group(node.p, scope)
            yield from _visit(node.p.p, inner, given)
            holds = given + _certain(node.p.p, inner)
            yield from _in_expression(node.A, _inside([node.p.p], inner), holds)
        case "Slice":
            raise UnconnectedError("its query has a LIMIT in a sub-select")
        case _:
            raise UnconnectedError(f"its query uses {node.name.upper()}")


def _certain(node: Any, scope: _Scope) -> Edges:
    """Give the patterns that hold in each solution."""
    match node.name:
        case "BGP":
            return _edges(node, scope)
        case "Join":
            return _certain(node.p1, scope) + _certain(node.p2, scope)
        case "LeftJoin" | "Minus":
            return _certain(node.p1, scope)
        case "Union":
            this = scope.variable(_THIS)
            one, other = (_ways(_certain(part, scope), this) for part in (node.p1, node.p2))
            return tuple(
                _Edge(this, paths.Alternative((one[end], other[end])), end, "UNION")
                for end in one
                if end in other and end != this
            )
        case "Filter" | "Extend" | "Distinct" | "Reduced" | "OrderBy":
            return _certain(node.p, scope)
        case "ToMultiSet" if node.p.name != "values":
            return _certain(node.p, scope)
        case "Project":
            return _certain(node.p, _of_project(node, scope))
        case "AggregateJoin" if node.p.expr:
            return _certain(node.p.p, _of_group(node.p, scope))
        case _:
            return ()


def _inside(outer: list[Any], scope: _Scope) -> _Scope:
    """Give the scope of an EXISTS or MINUS: a name that is not surely bound outside is new."""
    top = _Scope()
    edges = [edge for node in outer for edge in _certain(node, top)]
    ends = [end for edge in edges for end in (edge.start, edge.end)]
    return _Scope(frozenset(end[1] for end in ends if end and end[0] is top), scope)


def _of_project(node: Any, scope: _Scope) -> _Scope:
    return _Scope(frozenset(str(variable) for variable in node.PV), scope)


def _of_group(group: Any, scope: _Scope) -> _Scope:
    from rdflib import Variable as Name

    keys = group.expr or []
    return _Scope(frozenset(str(key) for key in keys if isinstance(key, Name)), scope)


def _in_expression(expression: Any, scope: _Scope, given: Edges) -> Iterator[tuple[_Edge, Edges]]:
    """Visit the groups of `EXISTS` in an expression; the scope is theirs."""
    from rdflib.plugins.sparql.algebra import translateGroupGraphPattern
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(expression, CompValue):
        if expression.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            inner = expression.graph
            if inner.name in ("GroupGraphPatternSub", "SubSelect"):
                inner = translateGroupGraphPattern(inner)
            yield from _visit(inner, scope, given)
            return
        expression = list(expression.values())
    if isinstance(expression, list | tuple):
        for part in expression:
            yield from _in_expression(part, scope, given)


def _edges(group: Any, scope: _Scope) -> Edges:
    from rdflib import BNode
    from rdflib import Variable as Name

    def end(node: Any) -> Variable | None:
        return scope.variable(str(node)) if isinstance(node, Name | BNode) else None

    def shown(part: Any) -> str:
        return str(part.n3())

    return tuple(
        _Edge(end(subject), _path(predicate), end(value), " ".join(map(shown, triple)))
        for triple in group.triples
        for subject, predicate, value in [triple]
    )


def _path(path: Any) -> Path:
    from rdflib import URIRef
    from rdflib import paths as rdflib_paths

    match path:
        case URIRef():
            return paths.Predicate(ox.NamedNode(str(path)))
        case rdflib_paths.InvPath():
            return paths.Inverse(_path(path.arg))
        case rdflib_paths.SequencePath():
            return paths.Steps(tuple(map(_path, path.args)))
        case rdflib_paths.AlternativePath():
            return paths.Alternative(tuple(map(_path, path.args)))
        case rdflib_paths.MulPath():
            return paths.Repeat(_path(path.path), str(path.mod))
        case rdflib_paths.NegatedPath():
            # `!(p|^q)` goes both ways; any triple is more than enough.
            return paths.Alternative((paths.Anything(), paths.Inverse(paths.Anything())))
        case _:  # a variable
            return paths.Anything()
