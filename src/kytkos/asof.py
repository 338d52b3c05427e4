"""The graph as of a date: without what was not known, or had not happened, by then.

What that is the queries in `queries/as-of/` say, each with a parameter `date`. They run in
the order of their names. One that answers `?thing` has that thing left out: it gets the type
`asof:LeftOut`, which the next queries can ask for, and in the end all that is said of it or
leads to it goes. One that answers `?subject ?property ?value` has that statement left out;
where its name begins with `add-`, put in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pyoxigraph as ox

from kytkos.cadence import day as day_text
from kytkos.cadence import iso_day
from kytkos.engines import Oxigraph
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.queries import Query
from kytkos.terms import XSD, Term

ADD = "add-"

_KNOWN = {
    "fi": "tilanne {day}: {count} asiaa ei ollut vielä tiedossa",
    "sv": "läget {day}: {count} saker var ännu inte kända",
    "en": "as of {day}: {count} things were not known yet",
}
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_LEFT_OUT = ox.NamedNode("urn:kytkos:as-of:LeftOut")

Statement = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]


@dataclass(frozen=True, slots=True)
class AsOf:
    """A graph as of a day, and how many things it leaves out."""

    graph: Graph
    day: Term
    left_out: int

    def text(self, lang: str) -> str:
        """Say the day, and how much was not known on it."""
        return _KNOWN[lang].format(day=day_text(self.day.value, lang), count=self.left_out)


def read_day(text: str) -> Term:
    """Read a day.

    Raises:
        QueryError: it is none.
    """
    iso = iso_day(text)
    if not iso:
        hint = "Write it as 2024-01-31 or 31.1.2024."
        raise QueryError(f"`{text}` is not a day", hint=hint)
    return Term("literal", iso, datatype=XSD + "date")


def bind(query: Query, day: Term | None) -> Query:
    """Ask a query about the day, where there is one and it has a parameter `date`."""
    return query.bind({"date": day}) if day and "date" in query.parameters else query


def as_of(graph: Graph, day: Term, queries: Mapping[str, Query]) -> AsOf:
    """Give a graph as of a day; it is the same graph where all was known by then.

    Args:
        graph: stays as it is.
        day: as `read_day` gives it.
        queries: what is left out and put in.

    Raises:
        QueryError: a query can't be answered, or answers something else.
    """
    bound = [bind(queries[name], day) for name in sorted(queries)]
    leaving = [query for query in bound if not query.name.startswith(ADD)]
    past = _copy(graph, graph.store)
    for query in leaving:
        _leave_out(past, query)
    left_out = {str(q.subject) for q in past.store.quads_for_pattern(None, _TYPE, _LEFT_OUT)}
    if not left_out and len(past.store) == len(graph.store):
        return AsOf(graph, day, 0)
    kept = (q for q in past.store if left_out.isdisjoint((str(q.subject), str(q.object))))
    past = _copy(graph, kept)
    for query in bound:
        if query.name.startswith(ADD):
            for statement in _statements(past, query):
                # In the file that tells of the thing.
                home = next(past.store.quads_for_pattern(statement[0], None, None)).graph_name
                past.store.add(ox.Quad(*statement, home))
    return AsOf(past, day, len(left_out))


def _copy(graph: Graph, quads: Iterable[ox.Quad]) -> Graph:
    store = ox.Store()
    store.bulk_extend(quads)
    return replace(graph, store=store)


def _leave_out(past: Graph, query: Query) -> None:
    statements = _statements(past, query)
    marks = [statement for statement in statements if statement[1:] == (_TYPE, _LEFT_OUT)]
    past.store.extend(ox.Quad(*mark) for mark in marks)
    for statement in statements[len(marks) :]:
        for quad in list(past.store.quads_for_pattern(*statement)):
            past.store.remove(quad)


def _statements(past: Graph, query: Query) -> list[Statement]:
    table = Oxigraph(past).select(query.text, query.name)
    rows = [[_node(term) for term in row if term] for row in table.rows]
    if table.variables == ("thing",):
        return [(ox.NamedNode(thing.value), _TYPE, _LEFT_OUT) for (thing,) in rows]
    if table.variables == ("subject", "property", "value"):
        return [(ox.NamedNode(s.value), ox.NamedNode(p.value), value) for s, p, value in rows]
    hint = "It answers ?thing, or ?subject ?property ?value."
    raise QueryError(f"`{query.name}` does not say what to leave out", hint=hint)


def _node(term: Term) -> ox.NamedNode | ox.Literal:
    if term.is_iri:
        return ox.NamedNode(term.value)
    if term.lang:
        return ox.Literal(term.value, language=term.lang)
    return ox.Literal(term.value, datatype=ox.NamedNode(term.datatype or XSD + "string"))
