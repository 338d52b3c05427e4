"""The constraint components of SHACL Core, and `sh:sparql`: a function each, in one table.

Each function takes a value of the parameter and gives the check, or None where there is
nothing to check. The sections named are those of SHACL.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import pyoxigraph as ox

from kytkos.errors import ShapesError
from kytkos.graph import to_term
from kytkos.shacl import literals, paths
from kytkos.shacl.constraints import Batch, Check, Messages, Run, Shape, Test, ValueCheck, Violation
from kytkos.shacl.data import Indexes
from kytkos.shacl.paths import SH, Node
from kytkos.shacl.patterns import Pattern
from kytkos.shacl.prebinding import Prebound, prebind
from kytkos.shacl.shapes_graph import ShapesGraph
from kytkos.terms import XSD


class Compiler(ShapesGraph, ABC):
    """A shapes graph whose shapes can be compiled."""

    @abstractmethod
    def shape(self, node: Node) -> Shape:
        """Give the shape at a node, compiled; a recursive one may not be finished yet."""

    def inner(self, shape: Shape, node: Node) -> Shape:
        """Give a shape that another uses."""
        if not self.about(node):
            raise ShapesError(f"there is no shape {node}")
        inner = self.shape(node)
        shape.inner.append(inner)
        return inner


Compile = Callable[[Compiler, Shape, Node], Check | None]
_TEXTS = (ox.NamedNode, ox.Literal)  # the nodes that have a length; a blank node has none


def _for_values(at_fault: Test) -> Check:
    """Make a check of each value node by itself, with no need of the data."""
    return ValueCheck(lambda run: at_fault)


def _for_sets(at_fault: Callable[[Sequence[Node]], bool]) -> Check:
    """Make a check of the value nodes of a focus node together."""

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        for focus, values in batch.pairs:
            if at_fault(values):
                yield Violation(focus, focus)

    return check


def _for_conformance(inner: Sequence[Shape], at_fault: Callable[[Iterator[bool]], bool]) -> Check:
    """Make a check of value nodes; at fault may depend on which shapes each fails, in turn."""

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        tests = [run.test(shape, batch) for shape in inner]
        for focus, values in batch.pairs:
            for value in values:
                if at_fault(test(value) for test in tests):
                    yield Violation(focus, focus, value)

    return check


def _class(compiler: Compiler, shape: Shape, cls: Node) -> Check:
    """Make 4.1.1, sh:class."""

    def prepare(run: Run) -> Test:
        instances = run.data.instances(cls)
        return lambda value: value not in instances

    return ValueCheck(prepare)


def _datatype(compiler: Compiler, shape: Shape, datatype: Node) -> Check:
    """Make 4.1.2, sh:datatype."""
    iri = _iri(datatype, "datatype").value
    has_datatype = literals.has_datatype
    return _for_values(lambda v: not (isinstance(v, ox.Literal) and has_datatype(v, iri)))


_KINDS: dict[str, tuple[type, ...]] = {
    "IRI": (ox.NamedNode,),
    "BlankNode": (ox.BlankNode,),
    "Literal": (ox.Literal,),
    "BlankNodeOrIRI": (ox.BlankNode, ox.NamedNode),
    "BlankNodeOrLiteral": (ox.BlankNode, ox.Literal),
    "IRIOrLiteral": (ox.NamedNode, ox.Literal),
}


def _node_kind(compiler: Compiler, shape: Shape, kind: Node) -> Check:
    """Make 4.1.3, sh:nodeKind."""
    types = _KINDS.get(kind.value.removeprefix(SH)) if isinstance(kind, ox.NamedNode) else None
    if types is None:
        raise ShapesError(f"SHACL knows no node kind {kind}")
    return _for_values(lambda value: not isinstance(value, types))


def _min_count(compiler: Compiler, shape: Shape, least: Node) -> Check:
    """Make 4.2.1, sh:minCount."""
    count = _count(least, "minCount")
    return _for_sets(lambda values: len(values) < count)


def _max_count(compiler: Compiler, shape: Shape, most: Node) -> Check:
    """Make 4.2.2, sh:maxCount."""
    count = _count(most, "maxCount")
    return _for_sets(lambda values: len(values) > count)


def _range(holds: Callable[[Any, Any], bool]) -> Compile:
    """Make 4.3, sh:minExclusive and the like; `holds` compares a value with the limit."""

    def make(compiler: Compiler, shape: Shape, limit: Node) -> Check:
        if not isinstance(limit, ox.Literal):
            raise ShapesError(f"a limit must be a literal, and {limit} is not")
        return _for_values(lambda value: not _compares(holds, value, limit))

    return make


def _less_than(holds: Callable[[Any, Any], bool], name: str) -> Compile:
    """Make 4.5.3 and 4.5.4, sh:lessThan and sh:lessThanOrEquals."""

    def make(compiler: Compiler, shape: Shape, predicate: Node) -> Check:
        other = _iri(predicate, name)

        def check(run: Run, batch: Batch) -> Iterator[Violation]:
            get = run.data.forward(other).get
            for focus, values in batch.pairs:
                for limit in get(focus, ()):
                    for value in values:
                        if not _compares(holds, value, limit):
                            yield Violation(focus, focus, value, detail=str(limit))

        return check

    return make


def _compares(holds: Callable[[Any, Any], bool], value: Node, limit: Node) -> bool:
    if not (isinstance(value, ox.Literal) and isinstance(limit, ox.Literal)):
        return False
    left, right = literals.comparable(value), literals.comparable(limit)
    if left is None or right is None or left[0] != right[0]:
        return False
    return holds(left[1], right[1])


def _min_length(compiler: Compiler, shape: Shape, least: Node) -> Check:
    """Make 4.4.1, sh:minLength; a blank node has no length."""
    length = _count(least, "minLength")
    return _for_values(lambda v: not isinstance(v, _TEXTS) or len(v.value) < length)


def _max_length(compiler: Compiler, shape: Shape, most: Node) -> Check:
    """Make 4.4.2, sh:maxLength; a blank node has no length."""
    length = _count(most, "maxLength")
    return _for_values(lambda v: not isinstance(v, _TEXTS) or len(v.value) > length)


def _pattern(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.4.3, sh:pattern; a blank node matches none."""
    if not isinstance(node, ox.Literal):
        raise ShapesError(f"the value of sh:pattern must be a text, and {node} is not")
    flags = "".join(to_term(f).value for f in compiler.objects(shape.node, SH + "flags"))
    pattern = Pattern(node.value, flags)
    if not pattern.is_well_formed:
        hint = "It is a regular expression as in SPARQL: without look-around and back-references."
        raise ShapesError(f"sh:pattern {node} can't be parsed", hint=hint)

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        if isinstance(shape.path, paths.Predicate) and isinstance(run.data, Indexes):
            failing = pattern.not_in_objects(run.data.store, shape.path.iri)
        else:
            texts = {v.value for _, values in batch.pairs for v in values if isinstance(v, _TEXTS)}
            failing = pattern.not_in(texts)
        for focus, values in batch.pairs:
            for value in values:
                if not isinstance(value, _TEXTS) or value.value in failing:
                    yield Violation(focus, focus, value)

    return check


def _language_in(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.4.4, sh:languageIn."""
    ranges = [to_term(m).value.lower() for m in compiler.list_of(node, "languageIn")]
    prefixes = tuple(f"{tag}-" for tag in ranges)

    @cache
    def fits(language: str | None) -> bool:
        tag = (language or "").lower()
        return bool(tag) and (tag in ranges or tag.startswith(prefixes) or "*" in ranges)

    return _for_values(lambda v: not (isinstance(v, ox.Literal) and fits(v.language)))


def _unique_lang(compiler: Compiler, shape: Shape, argument: Node) -> Check | None:
    """Make 4.4.5, sh:uniqueLang."""
    if not compiler.flag(shape.node, "uniqueLang"):
        return None

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        for focus, values in batch.pairs:
            if len(values) < 2:
                continue
            tags = [(v.language or "").lower() for v in values if isinstance(v, ox.Literal)]
            for tag in sorted({tag for tag in tags if tag and tags.count(tag) > 1}):
                yield Violation(focus, focus, detail=tag)

    return check


def _equals(compiler: Compiler, shape: Shape, predicate: Node) -> Check:
    """Make 4.5.1, sh:equals."""
    other = _iri(predicate, "equals")

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        get = run.data.forward(other).get
        for focus, values in batch.pairs:
            for value in set(values) ^ set(get(focus, ())):
                yield Violation(focus, focus, value)

    return check


def _disjoint(compiler: Compiler, shape: Shape, predicate: Node) -> Check:
    """Make 4.5.2, sh:disjoint."""
    other = _iri(predicate, "disjoint")

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        get = run.data.forward(other).get
        for focus, values in batch.pairs:
            for value in set(values) & set(get(focus, ())):
                yield Violation(focus, focus, value)

    return check


def _not(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.6.1, sh:not."""
    return _for_conformance([compiler.inner(shape, node)], lambda fails: not any(fails))


def _and(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.6.2, sh:and."""
    return _for_conformance(_members(compiler, shape, node, "and"), any)


def _or(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.6.3, sh:or: which values fail a shape is asked only of those that fail the first."""
    inner = _members(compiler, shape, node, "or")

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        fails = run.test(inner[0], batch)
        failed = {value for _, values in batch.pairs for value in values if fails(value)}
        for one in inner[1:]:
            failed = run.failing(one, failed)
        for focus, values in batch.pairs if failed else ():
            for value in values:
                if value in failed:
                    yield Violation(focus, focus, value)

    return check


def _xone(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.6.4, sh:xone."""
    inner = _members(compiler, shape, node, "xone")
    return _for_conformance(inner, lambda fails: sum(fails) != len(inner) - 1)


def _members(compiler: Compiler, shape: Shape, node: Node, name: str) -> list[Shape]:
    members = compiler.list_of(node, name)
    if not members:
        raise ShapesError(f"the list of sh:{name} is empty")
    return [compiler.inner(shape, member) for member in members]


def _node(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.7.1, sh:node."""
    inner = compiler.inner(shape, node)
    if inner.path is not None:
        raise ShapesError("the value of sh:node must be a node shape")
    return _for_conformance([inner], any)


def _property(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 2.3 and 4.7.2, sh:property: the results are those of the property shape."""
    inner = compiler.inner(shape, node)
    if inner.path is None:
        raise ShapesError(f"the value of sh:property must be a property shape: {node} has no path")

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        if shape.path is None:
            yield from run.violations(inner, batch.nodes)
            return
        values = batch.values
        for violation in run.violations(inner, list(values)):
            for focus in values[violation.at]:
                yield violation._replace(at=focus)

    return check


def _qualified(name: str, wrong: Callable[[int, int], bool]) -> Compile:
    """Make 4.7.3, sh:qualifiedMinCount and sh:qualifiedMaxCount."""

    def make(compiler: Compiler, shape: Shape, argument: Node) -> Check | None:
        limit = _count(argument, name)
        nodes = compiler.objects(shape.node, SH + "qualifiedValueShape")
        if not nodes:
            return None  # Half of a constraint is none: both parameters are mandatory.
        if len(nodes) > 1:
            raise ShapesError(f"sh:{name} needs one sh:qualifiedValueShape")
        inner = compiler.inner(shape, nodes[0])
        disjoint = compiler.flag(shape.node, "qualifiedValueShapesDisjoint")
        near = _siblings(compiler, shape.node) if disjoint else {}
        siblings = [compiler.inner(shape, node) for node in near if node != nodes[0]]

        def check(run: Run, batch: Batch) -> Iterator[Violation]:
            fails = run.test(inner, batch)
            others = [run.test(sibling, batch) for sibling in siblings]
            for focus, values in batch.pairs:
                found = [value for value in values if not fails(value)]
                for other in others:
                    found = [value for value in found if other(value)]
                if wrong(len(found), limit):
                    yield Violation(focus, focus)

        return check

    return make


def _siblings(compiler: Compiler, node: Node) -> dict[Node, None]:
    return {
        value_shape: None
        for parent in compiler.subjects(SH + "property", node)
        for near in compiler.objects(parent, SH + "property")
        for value_shape in compiler.objects(near, SH + "qualifiedValueShape")
    }


def _closed(compiler: Compiler, shape: Shape, argument: Node) -> Check | None:
    """Make 4.8.1, sh:closed and sh:ignoredProperties; the path is that of the stray triple."""
    if not compiler.flag(shape.node, "closed"):
        return None
    allowed = {
        path
        for inner in compiler.objects(shape.node, SH + "property")
        for path in compiler.objects(inner, SH + "path")
    }
    for node in compiler.objects(shape.node, SH + "ignoredProperties"):
        allowed.update(compiler.list_of(node, "ignoredProperties"))

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        others = run.data.others(allowed)
        for focus, values in batch.pairs:
            for value in values:
                for predicate, stray in others(value):
                    yield Violation(focus, focus, stray, path=paths.Predicate(predicate))

    return check


def _has_value(compiler: Compiler, shape: Shape, value: Node) -> Check:
    """Make 4.8.2, sh:hasValue."""
    return _for_sets(lambda values: value not in values)


def _in(compiler: Compiler, shape: Shape, node: Node) -> Check:
    """Make 4.8.3, sh:in."""
    members = frozenset(compiler.list_of(node, "in"))
    return _for_values(lambda value: value not in members)


def _sparql(compiler: Compiler, shape: Shape, node: Node) -> Check | None:
    """Make 5, sh:sparql: one query for all focus nodes."""
    texts = compiler.objects(node, SH + "select")
    if len(texts) != 1 or not isinstance(texts[0], ox.Literal):
        raise ShapesError("a SPARQL constraint must have one sh:select")
    if compiler.flag(node, "deactivated"):
        return None
    written = texts[0].value
    prefixes = compiler.prefixes(node)
    own = compiler.messages(node)
    try:
        query = prebind(written, paths.to_sparql(shape.path) if shape.path else "")
        names = _names(query.bind(()), written, prefixes)
    except ShapesError as error:
        raise error.at(to_term(node).value, SH + "select", to_term(texts[0])) from error.__cause__

    def check(run: Run, batch: Batch) -> Iterator[Violation]:
        store = run.data.without_repeats if query.counts else run.data.store
        for solution in _solutions(store, query, prefixes, batch.nodes):
            row = {name: solution[name] for name in names if solution[name] is not None}
            focus = row["this"]
            if row.get("failure") == _TRUE:
                raise ShapesError(f"a SPARQL constraint signals a failure for {focus}")
            value = row.get("value", focus if shape.path is None else None)
            stated = row.get("path")
            path = paths.Predicate(stated) if isinstance(stated, ox.NamedNode) else None
            found: Messages = ()
            if "message" in row:
                said = to_term(row["message"])
                found = ((said.lang, said.value),)
            messages = _filled(found or own or shape.messages, row)
            yield Violation(focus, focus, value, path=path, messages=messages)

    return check


_TRUE = ox.Literal(True)


def _names(query: str, written: str, prefixes: dict[str, str]) -> list[str]:
    """Give the variables that a query selects; `written` is it before anything was put in."""
    try:
        try:
            solutions = ox.Store().query(query, prefixes=prefixes)
        except SyntaxError:
            ox.Store().query(written, prefixes=prefixes)  # its lines are those of the file
            raise
    except SyntaxError as error:
        from kytkos.engines import syntax_error

        told = syntax_error(error.msg, "", written)
        found = ShapesError(told.message.replace("the query", "the query of a SPARQL constraint"))
        found.line = told.place.line if told.place else 0
        raise found from error
    except ValueError as error:
        raise ShapesError(f"a prefix of a SPARQL constraint: {error}") from error
    if not isinstance(solutions, ox.QuerySolutions):
        raise ShapesError("the query of a SPARQL constraint must be a SELECT")
    names = [variable.value for variable in solutions.variables]
    if "this" not in names:
        raise ShapesError("the query of a SPARQL constraint must select $this")
    return names


def _solutions(
    store: ox.Store, query: Prebound, prefixes: Mapping[str, str], nodes: Sequence[Node]
) -> Iterator[ox.QuerySolution]:
    # Blank nodes can't be written in a query: the store substitutes them, one by one.
    named = [str(node) for node in nodes if not isinstance(node, ox.BlankNode)]
    blank = [node for node in nodes if isinstance(node, ox.BlankNode)]
    texts = [query.bind([name]) for name in named] if query.one_at_a_time else [query.bind(named)]
    runs: list[tuple[str, Any]] = [(text, None) for text in texts if named]
    runs += [("".join(query.parts), {ox.Variable("this"): node}) for node in blank]
    for text, substitutions in runs:
        solutions = store.query(
            text,
            prefixes=dict(prefixes),
            use_default_graph_as_union=True,
            substitutions=substitutions,
        )
        if isinstance(solutions, ox.QuerySolutions):
            yield from solutions


def _filled(messages: Messages, row: Mapping[str, Node]) -> Messages:
    def value(match: re.Match[str]) -> str:
        return to_term(row[match[1]]).value if match[1] in row else match[0]

    return tuple((lang, re.sub(r"\{[?$](\w+)\}", value, text)) for lang, text in messages)


def _iri(node: Node, parameter: str) -> ox.NamedNode:
    if not isinstance(node, ox.NamedNode):
        raise ShapesError(f"the value of sh:{parameter} must be an IRI, and {node} is not")
    return node


def _count(node: Node, parameter: str) -> int:
    if not isinstance(node, ox.Literal) or not literals.has_datatype(
        node, XSD + "nonNegativeInteger"
    ):
        raise ShapesError(f"the value of sh:{parameter} must be a whole number, not {node}")
    return int(node.value)


class Component(NamedTuple):
    """A constraint component: its name, and how a value of its parameter is compiled.

    `once` where a shape can have only one value; `property_only` where only property shapes.
    """

    name: str
    compile: Compile
    once: bool = False
    property_only: bool = False


COMPONENTS = {
    "class": Component("Class", _class),
    "datatype": Component("Datatype", _datatype, once=True),
    "nodeKind": Component("NodeKind", _node_kind, once=True),
    "minCount": Component("MinCount", _min_count, once=True, property_only=True),
    "maxCount": Component("MaxCount", _max_count, once=True, property_only=True),
    "minExclusive": Component("MinExclusive", _range(lambda v, m: v > m), once=True),
    "minInclusive": Component("MinInclusive", _range(lambda v, m: v >= m), once=True),
    "maxExclusive": Component("MaxExclusive", _range(lambda v, m: v < m), once=True),
    "maxInclusive": Component("MaxInclusive", _range(lambda v, m: v <= m), once=True),
    "minLength": Component("MinLength", _min_length, once=True),
    "maxLength": Component("MaxLength", _max_length, once=True),
    "pattern": Component("Pattern", _pattern),
    "languageIn": Component("LanguageIn", _language_in, once=True),
    "uniqueLang": Component("UniqueLang", _unique_lang, once=True, property_only=True),
    "equals": Component("Equals", _equals),
    "disjoint": Component("Disjoint", _disjoint),
    "lessThan": Component(
        "LessThan", _less_than(lambda v, m: v < m, "lessThan"), property_only=True
    ),
    "lessThanOrEquals": Component(
        "LessThanOrEquals", _less_than(lambda v, m: v <= m, "lessThanOrEquals"), property_only=True
    ),
    "not": Component("Not", _not),
    "and": Component("And", _and),
    "or": Component("Or", _or),
    "xone": Component("Xone", _xone),
    "node": Component("Node", _node),
    "property": Component("Property", _property),
    "qualifiedMinCount": Component(
        "QualifiedMinCount",
        _qualified("qualifiedMinCount", lambda found, least: found < least),
        once=True,
    ),
    "qualifiedMaxCount": Component(
        "QualifiedMaxCount",
        _qualified("qualifiedMaxCount", lambda found, most: found > most),
        once=True,
    ),
    "closed": Component("Closed", _closed, once=True),
    "hasValue": Component("HasValue", _has_value),
    "in": Component("In", _in, once=True),
    "sparql": Component("SPARQL", _sparql),
}
