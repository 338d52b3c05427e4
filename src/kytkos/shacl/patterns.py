"""Regular expressions as SPARQL has them, matched by the store: no text keeps them long.

Python's own try one way after another, so that `(a+)+$` takes years on forty letters. The
store's take time in proportion to the text, and are those of `REGEX` in a query.

Source: SHACL, section 4.4.3; SPARQL 1.1, section 17.4.3.14.
"""

import json
from collections.abc import Collection

import pyoxigraph as ox

_AT_ONCE = 10_000  # texts in one query, so that no query grows with the data


class Pattern:
    """A pattern with its flags.

    >>> Pattern("^b", "i").not_in(["bee", "Bat", "ab"])
    {'ab'}
    """

    def __init__(self, pattern: str, flags: str = "") -> None:
        self._regex = f"REGEX(STR(?text), {ox.Literal(pattern)}, {ox.Literal(flags)})"

    @property
    def is_well_formed(self) -> bool:
        """Tell whether the store can use it: it has no look-around, for example."""
        return "" in _answer([""], f"BIND ({self._regex} AS ?found) FILTER (BOUND(?found))")

    def not_in(self, texts: Collection[str]) -> set[str]:
        """Give those of the texts in which it is not found."""
        every = list(texts)
        parts = [every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)]
        return {text for part in parts for text in _answer(part, f"FILTER (!{self._regex})")}

    def not_in_objects(self, store: ox.Store, predicate: ox.NamedNode) -> set[str]:
        """Give those texts of the objects of a predicate, in any graph, in which it is not found.

        The store has them: that is sooner than to hand them over.
        """
        where = f"?subject {predicate} ?text FILTER (!isBlank(?text) && !{self._regex})"
        query = f"SELECT DISTINCT (STR(?text) AS ?found) {{ {where} }}"
        found = store.query(query, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)
        return {solution["found"].value for solution in found}


def _answer(texts: list[str], condition: str) -> list[str]:
    # Every text that JSON writes, SPARQL reads.
    values = json.dumps(texts, ensure_ascii=False, separators=(" ", ":"))[1:-1]
    found = ox.Store().query(f"SELECT ?text {{ VALUES ?text {{ {values} }} {condition} }}")
    assert isinstance(found, ox.QuerySolutions)
    return [solution["text"].value for solution in found]
