"""Engines that answer a SELECT with a table: embedded (pyoxigraph) and rdflib."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import pyoxigraph as ox

from kytkos.errors import EndpointError, QueryError
from kytkos.graph import Graph, to_term
from kytkos.tables import Table
from kytkos.terms import RDF_LANG_STRING, XSD, Place, Prefixes, Term

if TYPE_CHECKING:
    import rdflib
    from pyparsing import ParseException

# A set of characters that a parser says it expected: what is of use are the words and signs.
_PLAIN = (XSD + "string", RDF_LANG_STRING)


class Engine(Protocol):
    """Whatever answers a SELECT."""

    def select(self, query: str, name: str = "query") -> Table:
        """Answer a SELECT query.

        Args:
            query: SPARQL 1.1 text.
            name: what messages call the query, its file for example.

        Raises:
            QueryError: the query can't be parsed, or is not a SELECT.
            EndpointError: a server that it needs does not answer.
        """
        ...


class Oxigraph:
    """The embedded store."""

    def __init__(self, graph: Graph, prefixes: Prefixes | None = None) -> None:
        """Take the store of a graph; `prefixes` need no declaration in a query."""
        self._store = graph.store
        self._prefixes = dict(prefixes.namespaces) if prefixes else None

    def select(self, query: str, name: str = "query") -> Table:
        """Answer a SELECT query over the union of the graphs."""
        try:
            solutions = self._store.query(
                query, prefixes=self._prefixes, use_default_graph_as_union=True
            )
        except SyntaxError as error:
            raise syntax_error(error.msg, name, query) from error
        except RuntimeError as error:  # a function that the store does not have, for example
            raise QueryError(str(error), place=Place(name)) from error
        except OSError as error:
            raise _no_service(error, name) from error
        if not isinstance(solutions, ox.QuerySolutions):
            raise _not_a_select(name)
        variables = tuple(v.value for v in solutions.variables)
        term = cache(_term)  # since a table says many things again and again
        try:
            rows = tuple(tuple(map(term, solution)) for solution in solutions)
        except RuntimeError as error:
            raise QueryError(str(error), place=Place(name)) from error
        except OSError as error:
            raise _no_service(error, name) from error
        return Table(variables, rows)


class Remembering:
    """An engine that tells again what it has told: for a graph that does not change."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: dict[str, Table] = {}

    def select(self, query: str, name: str = "query") -> Table:
        """Answer a SELECT query, each text of a query once; raises what the engine raises."""
        if query not in self._told:
            self._told[query] = self._engine.select(query, name)
        return self._told[query]


def _term(node: Any) -> Term | None:
    return None if node is None else to_term(node)


class Rdflib:
    """rdflib's engine, on a copy of the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = to_rdflib(graph.store)

    def select(self, query: str, name: str = "query") -> Table:
        """Answer a SELECT query over the union of the graphs."""
        from pyparsing import ParseException

        try:
            result = self._graph.query(query)
        except ParseException as error:
            raise _not_parsed(error, name, query) from error
        except Exception as error:  # an undeclared prefix, for example, is one
            raise syntax_error(str(error), name, query) from error
        if result.type != "SELECT" or result.vars is None:
            raise _not_a_select(name)
        variables = tuple(str(v) for v in result.vars)
        rows = tuple(
            tuple(None if b.get(v) is None else _from_rdflib(b[v]) for v in result.vars)
            for b in result.bindings
        )
        return Table(variables, rows)


ENGINES: dict[str, type[Oxigraph] | type[Rdflib]] = {"oxigraph": Oxigraph, "rdflib": Rdflib}


def check_select(query: str, name: str = "query") -> None:
    """Parse a query without asking anything.

    Raises:
        QueryError: the query can't be parsed, or is not a SELECT.
    """
    if "service" not in query.lower():
        Oxigraph(Graph(ox.Store(), {}, Prefixes({}))).select(query, name)
        return
    # The store would ask that service at once, where rdflib parses only.
    from pyparsing import ParseException
    from rdflib.plugins.sparql import prepareQuery

    try:
        form = prepareQuery(query).algebra.name
    except ParseException as error:
        raise _not_parsed(error, name, query) from error
    except Exception as error:  # an undeclared prefix, for example, is one
        raise syntax_error(str(error), name, query) from error
    if form != "SelectQuery":
        raise _not_a_select(name)


def to_rdflib(store: ox.Store) -> "rdflib.Graph":
    """Copy the union of a store's graphs into an rdflib graph."""
    import rdflib

    graph = rdflib.Graph()
    for quad in store:
        graph.add(_triple_to_rdflib(quad))
    return graph


def to_rdflib_dataset(
    store: ox.Store, names: Mapping[str, str], prefixes: Prefixes
) -> "rdflib.Dataset":
    """Copy a store's graphs into an rdflib dataset; queries see their union.

    Args:
        names: what to call a named graph, by its name in the store, if not so.
        prefixes: to bind, so that queries need not declare them.
    """
    import rdflib

    dataset = rdflib.Dataset(default_union=True)
    for prefix, namespace in prefixes:
        dataset.bind(prefix, namespace)
    for quad in store:
        name = quad.graph_name
        if isinstance(name, ox.DefaultGraph):
            dataset.add(_triple_to_rdflib(quad))
        else:
            graph = rdflib.URIRef(names.get(name.value, name.value))
            dataset.graph(graph).add(_triple_to_rdflib(quad))
    return dataset


def _triple_to_rdflib(
    quad: ox.Quad,
) -> "tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]":
    subject, predicate, value = (
        _to_rdflib(to_term(node)) for node in (quad.subject, quad.predicate, quad.object)
    )
    return subject, predicate, value


def _to_rdflib(value: Term) -> "rdflib.term.Node":
    import rdflib

    if value.type == "uri":
        return rdflib.URIRef(value.value)
    if value.type == "bnode":
        return rdflib.BNode(value.value)
    datatype = rdflib.URIRef(value.datatype) if value.datatype else None
    return rdflib.Literal(value.value, lang=value.lang or None, datatype=datatype)


def _from_rdflib(value: "rdflib.term.Node") -> Term:
    import rdflib

    if isinstance(value, rdflib.URIRef):
        return Term("uri", str(value))
    if isinstance(value, rdflib.BNode):
        return Term("bnode", str(value))
    literal = value if isinstance(value, rdflib.Literal) else rdflib.Literal(str(value))
    datatype = "" if literal.datatype is None else str(literal.datatype)
    return Term(
        "literal",
        str(literal),
        (literal.language or "").lower(),
        "" if datatype in _PLAIN else datatype,
    )


def syntax_error(message: str, name: str, query: str) -> QueryError:
    """Make the error of a query that does not parse, of the parser's message."""
    from kytkos.syntax import in_query

    return in_query(query, name, message)


def _not_parsed(error: "ParseException", name: str, query: str) -> QueryError:
    return syntax_error(f"error at {error.lineno}:{error.column}: {error.msg}", name, query)


def _no_service(error: OSError, name: str) -> EndpointError:
    return EndpointError(f"a SERVICE of the query does not answer: {error}", place=Place(name))


def _not_a_select(name: str) -> QueryError:
    return QueryError(
        "the query is not a SELECT", hint="Only SELECT gives a table.", place=Place(name)
    )
