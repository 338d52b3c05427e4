"""Publish the graph to a store: SPARQL 1.1 Graph Store Protocol, and a count afterwards.

The graphs are put beside the old ones first, counted, and then take their places in one
update, so that a failure on the way leaves the store as it was. A store without updates gets
them one after the other.
"""

import re
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from kytkos.answers import shown_address
from kytkos.errors import EndpointError
from kytkos.exports import GRAPHS, Triples, turtle
from kytkos.remote import Client, Remote, check_address
from kytkos.terms import Prefixes

_STAGING = "https://w3id.org/kytkos/staging/"

# The query and the update address that belong to a graph store's.
_KNOWN = (
    (r"(.*)/store", r"\1/query", r"\1/update"),  # Oxigraph
    (r"(.*)/data", r"\1/query", r"\1/update"),  # Fuseki
    (r"(.*/repositories/[^/]+)/rdf-graphs/service", r"\1", r"\1/statements"),  # GraphDB, RDF4J
    (r"(.*)/sparql-graph-crud-auth", r"\1/sparql", r"\1/sparql-auth"),  # Virtuoso
    (r"(.*)/sparql-graph-crud", r"\1/sparql", ""),
    (r"(.*/sparql)/gsp/?", r"\1", r"\1"),  # Neptune
)


@dataclass(frozen=True, slots=True)
class Store:
    """The addresses of one store; `update` is empty where it takes no updates."""

    data: str
    query: str
    update: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """What stands in the store now.

    `triples` counts them by graph; `others` are graphs of ours that were not in this push;
    `is_seen` tells whether a query that names no graph sees anything.
    """

    triples: Mapping[str, int] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    is_seen: bool = True

    @property
    def total(self) -> int:
        """The number of triples put, graph by graph."""
        return sum(self.triples.values())


def find_store(address: str, query: str = "", update: str = "", direct: bool = False) -> Store:
    """Tell where a store answers queries and takes updates, by what stores call these.

    Args:
        query: where it answers queries, if not there.
        update: where it takes updates, if not there.
        direct: use no updates.

    Raises:
        EndpointError: it is not known, or not a web address.
    """
    check_address(address)
    given = urllib.parse.urlsplit(address)
    for pattern, queries, updates in _KNOWN:
        known = re.fullmatch(pattern, given._replace(query="", fragment="").geturl())
        if known:
            query = query or known.expand(queries)
            update = update or known.expand(updates)
            break
    if not query:
        hint = (
            "Name it with --query-endpoint URL. ENDPOINT is the graph store's: Oxigraph's …/store, "
            "Fuseki's …/DATASET/data, GraphDB's …/repositories/NAME/rdf-graphs/service, Virtuoso's "
            "…/sparql-graph-crud-auth, Neptune's …/sparql/gsp/."
        )
        raise EndpointError(
            f"{shown_address(address)}: not known where this store answers queries", hint=hint
        )
    for other in filter(None, (query, update)):
        check_address(other)
    return Store(address, query, "" if direct else update)


def push(
    graphs: Mapping[str, Triples],
    store: Store,
    prefixes: Prefixes,
    client: Client,
    progress: Callable[[str], None] = lambda message: None,
) -> Published:
    """Replace named graphs, all of them or none where the store takes updates.

    Raises:
        EndpointError: the store refused something, or counts otherwise; the message says
            what was replaced.
    """
    wanted = {iri: triples for iri, triples in graphs.items() if triples}
    counts = {iri: len(triples) for iri, triples in wanted.items()}
    remote = Remote(store.query, client)
    _counted(remote, counts)  # a store that can't be asked is not changed
    if store.update:
        _push_staged(wanted, store, prefixes, client, progress)
    else:
        _push_directly(wanted, store, prefixes, client, progress)
    after = _counted(remote, counts)
    wrong = [
        f"<{i}> has {after.get(i, 0)} triples, not {n}"
        for i, n in counts.items()
        if after.get(i, 0) != n
    ]
    if wrong:
        hint = "All was put, and the store took some of it otherwise: look at these graphs."
        raise EndpointError(f"{shown_address(store.data)}: {'; '.join(wrong)}", hint=hint)
    return Published(counts, _others(remote, counts), _sees(remote))


def push_default(triples: Triples, store: Store, prefixes: Prefixes, client: Client) -> Published:
    """Replace the default graph by the union of all, in one request.

    Raises:
        EndpointError: the store refused it, or counts otherwise.
    """
    remote = Remote(store.query, client)
    _sees(remote)  # a store that can't be asked is not changed
    _put(store.data, None, turtle(triples, prefixes), client)
    table = remote.select("SELECT (COUNT(*) AS ?triples) WHERE { ?s ?p ?o }")
    found = _numbers(table.rows[0][0].value if table.rows and table.rows[0][0] else "")
    if found != len(triples):
        hint = "Does its default graph hold the named graphs, too? Then push without --default."
        message = f"the default graph has {found} triples, not {len(triples)}, after the push"
        raise EndpointError(f"{shown_address(store.data)}: {message}", hint=hint)
    return Published({"default": len(triples)})


def _push_staged(
    graphs: Mapping[str, Triples],
    store: Store,
    prefixes: Prefixes,
    client: Client,
    progress: Callable[[str], None],
) -> None:
    token = uuid.uuid4().hex[:12]
    staged = {iri: f"{_STAGING}{token}/{n}" for n, iri in enumerate(graphs, start=1)}
    remote = Remote(store.query, client)
    try:
        for number, (iri, triples) in enumerate(graphs.items(), start=1):
            progress(f"{number} of {len(graphs)}: {iri}")
            _put(store.data, staged[iri], turtle(triples, prefixes), client)
        counts = _counted(remote, staged.values())
        for iri, triples in graphs.items():
            if counts.get(staged[iri], 0) != len(triples):
                found = counts.get(staged[iri], 0)
                message = f"of {len(triples)} triples of <{iri}> the store took {found}"
                raise EndpointError(f"{shown_address(store.data)}: {message}")
    except EndpointError as error:
        message = f"{error.message}. Nothing was replaced."
        try:
            present = _counted(remote, staged.values())
        except EndpointError:
            message += f" What was put beside the graphs may be left: <{_STAGING}{token}/1> and on."
            raise EndpointError(message, hint=error.hint) from error
        left = _dropped([s for s in staged.values() if s in present], store, client)
        raise EndpointError(message + left, hint=error.hint) from error
    moves = " ;\n".join(f"MOVE GRAPH <{staged[iri]}> TO GRAPH <{iri}>" for iri in graphs)
    try:
        _update(store.update, moves, client)
    except EndpointError as error:
        # It may have been done all the same: the counts tell.
        try:
            waiting = _counted(remote, staged.values())
        except EndpointError:
            message = f"{error.message}. Whether the graphs were replaced is not known"
            hint = "Push again once the store answers: the same graphs are put in their places."
            raise EndpointError(f"{message}: the store answers no more.", hint=hint) from error
        replaced = [iri for iri in graphs if staged[iri] not in waiting]
        left = _dropped([s for s in staged.values() if s in waiting], store, client)
        if len(replaced) == len(graphs):
            progress(f"{error.message}; but all graphs have been replaced")
            return
        told = _told(replaced, graphs)
        hint = error.hint or "If it takes no updates, push with --direct."
        raise EndpointError(f"{error.message}. {told}{left}", hint=hint) from error


def _push_directly(
    graphs: Mapping[str, Triples],
    store: Store,
    prefixes: Prefixes,
    client: Client,
    progress: Callable[[str], None],
) -> None:
    replaced: list[str] = []
    for iri, triples in graphs.items():
        progress(f"{len(replaced) + 1} of {len(graphs)}: {iri}")
        try:
            _put(store.data, iri, turtle(triples, prefixes), client)
        except EndpointError as error:
            told = _told(replaced, graphs)
            unsure = f" <{iri}> may be half done."
            raise EndpointError(f"{error.message}. {told}{unsure}", hint=error.hint) from error
        replaced.append(iri)


def _told(replaced: list[str], graphs: Mapping[str, Triples]) -> str:
    if not replaced:
        return "Nothing was replaced."
    names = ", ".join(f"<{iri}>" for iri in graphs if iri not in replaced)
    return f"{len(replaced)} of {len(graphs)} graphs were replaced; not: {names}."


def _put(data: str, graph: str | None, body: bytes, client: Client) -> None:
    request = urllib.request.Request(_addressed(data, graph), data=body, method="PUT")
    # Turtle with its prefixes: Virtuoso takes anything else for plain text.
    request.add_header("Content-Type", "text/turtle; charset=utf-8")
    request.add_header("User-Agent", "kytkos")
    client.send(request)


def _update(address: str, update: str, client: Client) -> None:
    body = urllib.parse.urlencode({"update": update}).encode()
    request = urllib.request.Request(address, data=body, method="POST")
    request.add_header("Content-Type", "application/x-www-form-urlencoded")
    request.add_header("User-Agent", "kytkos")
    client.send(request, again=False)


def _dropped(graphs: Iterable[str], store: Store, client: Client) -> str:
    """Remove what was put beside; tell what could not be."""
    left = []
    for iri in graphs:
        request = urllib.request.Request(_addressed(store.data, iri), method="DELETE")
        try:
            client.send(request)
        except EndpointError as error:
            if "(404)" not in error.message:
                left.append(iri)
                break  # the others fare no better
    return f" Left beside the graphs: <{left[0]}> and the like." if left else ""


def _addressed(data: str, graph: str | None) -> str:
    joint = "&" if "?" in data else "?"
    if graph is None:
        return f"{data}{joint}default"
    return f"{data}{joint}graph={urllib.parse.quote(graph, safe='')}"


def _counted(remote: Remote, graphs: Iterable[str]) -> dict[str, int]:
    listed = " ".join(f"<{iri}>" for iri in graphs)
    table = remote.select(
        "SELECT ?graph (COUNT(*) AS ?triples) WHERE { "
        f"VALUES ?graph {{ {listed} }} GRAPH ?graph {{ ?s ?p ?o }} }} GROUP BY ?graph"
    )
    return {g.value: _numbers(n.value) for g, n in table.rows if g is not None and n is not None}


def _numbers(text: str) -> int:
    return int(text) if text.isdecimal() else -1


def _others(remote: Remote, pushed: Mapping[str, int]) -> tuple[str, ...]:
    table = remote.select(
        "SELECT DISTINCT ?graph WHERE { GRAPH ?graph { ?s ?p ?o } "
        f'FILTER (STRSTARTS(STR(?graph), "{GRAPHS}")) }} ORDER BY ?graph'
    )
    return tuple(g.value for (g,) in table.rows if g is not None and g.value not in pushed)


def _sees(remote: Remote) -> bool:
    return bool(len(remote.select("SELECT ?s WHERE { ?s ?p ?o } LIMIT 1")))
