"""Networks: tables of edges, and what their shape says.

A query of `queries/network/` gives edges, one a row: `source` and `target`, each with a
`Label` and maybe a `Kind`, and maybe a `weight`. Its header `figure` names what is told of
the network:

    neighbours   of each node: its neighbours, its strength, and how far it stands between others
    reach        of each node of a kind that nothing leads to: how many of each kind it reaches
    sole         of each source: its targets, and how many of them have no other source
    load         of each source: its targets
    parts        of each connected part: its size, and what is in it
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from kytkos.errors import QueryError
from kytkos.queries import Query
from kytkos.tables import Table
from kytkos.terms import XSD, Term

if TYPE_CHECKING:
    import networkx as nx

Row = tuple[Term | None, ...]
FORMATS = ("graphml", "gexf")


def from_table(edges: Table) -> "nx.DiGraph[str]":
    """Make a graph: an edge for each row where both ends are bound, a node for each end.

    Args:
        edges: rows with `source` and `target`; a node gets the attributes `label` and `kind`,
            an edge the attribute `weight`, 1 where the row has none.
    """
    import networkx as nx

    network: nx.DiGraph[str] = nx.DiGraph()
    for record in edges.records():
        for end in ("source", "target"):
            if node := record[end]:
                label, kind = record.get(f"{end}Label"), record.get(f"{end}Kind")
                network.add_node(node.value, label=label.value if label else node.value)
                if kind:
                    network.nodes[node.value]["kind"] = kind.value
        source, target, weight = record["source"], record["target"], record.get("weight")
        if source and target:
            network.add_edge(source.value, target.value, weight=int(weight.value) if weight else 1)
    return network


def figure(query: Query, edges: Table) -> Table:
    """Tell of a network what its query wants told.

    Raises:
        QueryError: the query names no figure, or one that is not there, or has no edges.
    """
    name = query.headers.get("figure", "")
    if name not in FIGURES:
        hint = f"Its header has `#+ figure:` of {', '.join(FIGURES)}."
        raise QueryError(f"query `{query.name}` names no figure of a network", hint=hint)
    if not {"source", "target"} <= set(edges.variables):
        raise QueryError(f"query `{query.name}` gives no edges", hint="It needs ?source, ?target.")
    return FIGURES[name](from_table(edges))


def neighbours(network: "nx.DiGraph[str]") -> Table:
    """Tell of each node how many neighbours it has, how strong, and its betweenness in per cent.

    Betweenness is the share of the shortest paths between other nodes that lead through it.
    """
    import networkx as nx

    mutual = network.to_undirected()
    between = nx.betweenness_centrality(mutual)
    strength = dict(mutual.degree(weight="weight"))
    rows = [
        (node, mutual.degree(node), strength[node], round(100 * between[node], 1))
        for node in mutual
    ]
    return _table(network, ("neighbours", "strength", "betweenness"), rows)


def reach(network: "nx.DiGraph[str]") -> Table:
    """Tell of each node of a kind that nothing leads to how many of each other kind it reaches."""
    import networkx as nx

    kinds = {node: _local(network.nodes[node].get("kind", "")) for node in network}
    columns = sorted(
        {kinds[node] for node, degree in network.in_degree() if degree},
        key=lambda kind: (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind),
    )
    rows = []
    for start in (node for node in network if kinds[node] not in columns):
        found = Counter(kinds[node] for node in nx.descendants(network, start))
        rows.append((start, *(found[kind] for kind in columns), found.total()))
    return _table(network, (*(f"reached{kind}" for kind in columns), "reached"), rows)


def sole(network: "nx.DiGraph[str]") -> Table:
    """Tell of each source how many targets it has, and how many of them none other leads to."""
    rows = []
    for node in network:
        targets = list(network.successors(node))
        alone = [target for target in targets if network.in_degree(target) == 1]
        if targets:
            rows.append((node, len(targets), len(alone)))
    return _table(network, ("targets", "targetsAlone"), rows)


def load(network: "nx.DiGraph[str]") -> Table:
    """Tell of each source how many targets it has."""
    rows = [(node, degree) for node, degree in network.out_degree() if degree]
    return _table(network, ("targets",), rows)


def parts(network: "nx.DiGraph[str]") -> Table:
    """Tell of each connected part how many nodes it has, and name them, ten at the most."""
    import networkx as nx

    found = sorted(
        nx.weakly_connected_components(network), key=lambda part: (-len(part), min(part))
    )
    rows: list[Row] = []
    ordered = sorted(found, key=lambda part: (-len(part), min(part)))
    for number, part in enumerate(ordered, 1):
        named = sorted(network.nodes[node]["label"] for node in part)
        shown = ", ".join(named[:10]) + (" …" if len(named) > 10 else "")
        rows.append((_number(number), _number(len(part)), Term("literal", shown)))
    return Table(("part", "size", "holds"), tuple(rows))


FIGURES: dict[str, Callable[["nx.DiGraph[str]"], Table]] = {
    "neighbours": neighbours,
    "reach": reach,
    "sole": sole,
    "load": load,
    "parts": parts,
}
_DIRECTED = {"reach", "sole", "load"}
_ORDER = ["Forum", "WorkingGroup", "Network", "Aim", "Priority", "Goal", "Measure", "Indicator"]


def export(edges: Table, form: str, *, directed: bool) -> bytes:
    """Write a network as GraphML or GEXF, for Gephi and others; the same edges, the same bytes.

    Args:
        form: `graphml` or `gexf`.
    """
    import networkx as nx

    network = from_table(edges) if directed else from_table(edges).to_undirected()
    out = io.BytesIO()
    if form == "graphml":
        nx.write_graphml_xml(network, out, encoding="utf-8", prettyprint=True)
        return out.getvalue() + b"\n"
    nx.write_gexf(network, out, encoding="utf-8", prettyprint=True)
    # The library writes the day on which it runs.
    return re.sub(rb' lastmodifieddate="[^"]*"', b"", out.getvalue())


def is_directed(query: Query) -> bool:
    """Tell whether the edges of a network lead one way."""
    return query.headers.get("figure") in _DIRECTED


def meaning(query: Query, lang: str) -> str:
    """Give the sentence that says what the numbers mean, in a language, else in English."""
    return query.headers.get(f"meaning-{lang}") or query.headers.get("meaning", "")


def _table(network: "nx.DiGraph[str]", columns: tuple[str, ...], rows: Iterable[tuple]) -> Table:  # type: ignore[type-arg]
    ordered = sorted(
        rows,
        key=lambda row: ([-number for number in reversed(row[1:])], network.nodes[row[0]]["label"]),
    )
    return Table(
        ("node", "nodeLabel", *columns),
        tuple(
            (
                Term("uri", node),
                Term("literal", network.nodes[node]["label"]),
                *(_number(number) for number in numbers),
            )
            for node, *numbers in ordered
        ),
    )


def _number(value: float) -> Term:
    return Term(
        "literal", str(value), datatype=XSD + ("integer" if type(value) is int else "decimal")
    )


def _local(iri: str) -> str:
    return iri.rpartition("#")[2].rpartition("/")[2]
