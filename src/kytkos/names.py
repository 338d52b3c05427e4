"""Find the thing that a person means by an IRI, a CURIE, a code or a name."""

from collections.abc import Iterator

import pyoxigraph as ox

from kytkos.errors import QueryError, did_you_mean
from kytkos.graph import Graph
from kytkos.queries import Query
from kytkos.terms import Prefixes, Term

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_NAMING = [ox.NamedNode(_SKOS + local) for local in ("notation", "prefLabel", "altLabel")]


def parameter_value(query: Query, name: str, text: str, graph: Graph) -> Term:
    """Give the term that a person's text means for one parameter of a query.

    A parameter whose default is an IRI takes an IRI, a CURIE, a code or a name; any other
    takes the text as it is.

    Raises:
        QueryError: the query has no such parameter, or nothing, or more than one thing,
            has that name.
    """
    default = query.default(name)
    if default.startswith('"') or default[:1].isdigit():
        return Term("literal", text)
    prefixes = Prefixes(dict(graph.prefixes.namespaces) | query.prefixes)
    return Term("uri", find(text, graph, prefixes))


def find(text: str, graph: Graph, prefixes: Prefixes) -> str:
    """Give the IRI of the one thing that a text names.

    Raises:
        QueryError: nothing, or more than one thing, has that name.
    """
    wanted = text.strip()
    iri = wanted.strip("<>") if "://" in wanted else prefixes.expand(wanted)
    if iri and _is_described(iri, graph):
        return iri
    folded = wanted.casefold()
    named: dict[str, str] = {}
    for label, thing in _names(graph):
        if label.casefold() == folded:
            named[thing] = label
    if len(named) == 1:
        return next(iter(named))
    if named:
        curies = ", ".join(sorted(prefixes.curie(thing) for thing in named))
        raise QueryError(f"`{text}` names {len(named)} things", hint=f"Name one: {curies}.")
    hint = did_you_mean(wanted, {label for label, _ in _names(graph)})
    raise QueryError(f"nothing is named `{text}`", hint=hint if hint.startswith("Did") else "")


def _names(graph: Graph) -> Iterator[tuple[str, str]]:
    for predicate in _NAMING:
        for quad in graph.store.quads_for_pattern(None, predicate, None):
            if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode):
                yield quad.object.value, quad.subject.value


def _is_described(iri: str, graph: Graph) -> bool:
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        return False
    return next(iter(graph.store.quads_for_pattern(node, None, None)), None) is not None
