"""The variable `$this` of a SPARQL constraint, bound to many focus nodes in one query.

A `VALUES` block is put where `$this` would otherwise be unbound: first in the outermost
group and that of a sub-select, and in each inner group that uses it in expressions only.
Inside `EXISTS` it is bound by SPARQL itself.

Source: SHACL, sections 5.3.1 (pre-bound variables) and 5.2.1 (syntax of constraints).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from kytkos.errors import ShapesError

_TOKEN = r"""(?P<skip>\s+|\#[^\n]*)
    | (?P<text>\"{3}.*?(?<!\\)\"{3} | '{3}.*?(?<!\\)'{3}
        | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | (?P<iri><[^<>"{}|^`\\\s]*>)
    | (?P<variable>[?$]\w+)
    | (?P<name>\w*:[\w.:%-]*[\w:%-]|\w*:)
    | (?P<word>\w+)
    | (?P<sign>.)"""
_THIS = ("$this", "?this")
_PREBOUND = {sign + name for sign in "$?" for name in ("this", "shapesGraph", "currentShape")}
_COUNTING = {"COUNT", "SUM", "AVG", "GROUP_CONCAT"}
_FORBIDDEN = {"MINUS", "SERVICE", "VALUES"}


@dataclass(slots=True)
class _Group:
    start: int
    exists: bool
    select: bool = False
    first: bool = False
    mentions: bool = False
    projects: bool = False
    projects_all: bool = False
    has_triple: bool = False
    brackets: int = 0
    in_triple: bool = False
    in_expression: bool = False

    @property
    def needs_values(self) -> bool:
        """Tell whether nothing in the group itself would bind `$this`."""
        if self.exists or self.select or not self.mentions:
            return False
        return self.first or (self.in_expression and not self.in_triple)


class Prebound(NamedTuple):
    """A SELECT query with the places where the focus nodes go.

    `one_at_a_time` where its answer for many is not that for each; `counts` where it matters
    how often a triple is found.
    """

    parts: tuple[str, ...]
    one_at_a_time: bool
    counts: bool

    def bind(self, nodes: Iterable[str]) -> str:
        """Write the query for some focus nodes, given as SPARQL writes them."""
        return f" VALUES ?this {{ {' '.join(nodes)} }} ".join(self.parts)


def prebind(query: str, path: str = "") -> Prebound:
    """Find where the focus nodes go; put the path of the shape for `$PATH`.

    Raises:
        ShapesError: the query has what SHACL forbids, because `$this` could not be bound:
            `MINUS`, `SERVICE`, `VALUES`, or a sub-select that does not return `$this`. It
            asks for the shapes graph, which need not be supported (section 5.3.1).
    """
    if path:
        query = _with_path(query, path)
    found = [t for t in tokens(query) if t.lastgroup != "skip"]
    words = [t.group().upper() if t.lastgroup == "word" else t.group() for t in found]
    forbidden = sorted(_FORBIDDEN.intersection(words))
    forbidden += [word for word in words if word[1:] in ("shapesGraph", "currentShape", "PATH")]
    forbidden += [f"AS {b}" for a, b in pairwise(words) if a == "AS" and b in _PREBOUND]
    if forbidden:
        raise ShapesError(f"a SPARQL constraint can't use {forbidden[0]} (SHACL, section 5.2.1)")
    groups: list[_Group] = []
    stack: list[_Group] = []
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        if word == "{":
            inside = any(group.exists for group in stack)
            group = _Group(found[index].end(), inside or before == "EXISTS")
            # The outermost group, and that of a sub-select: there nothing else binds it.
            group.first = not stack or stack[-1].select
            group.mentions = not stack
            groups.append(group)
            stack.append(group)
        elif word == "}" and stack:
            stack.pop()
        elif word == "SELECT" and stack:
            stack[-1].select = True
            stack[-1].projects = stack[-1].projects_all = words[index + 1 : index + 2] == ["*"]
        elif word in ("(", ")") and stack:
            stack[-1].brackets += 1 if word == "(" else -1
        elif word in _THIS and stack:
            group = stack[-1]
            group.in_expression |= group.brackets > 0
            group.in_triple |= group.brackets == 0
            group.projects |= group.select
            for around in stack:
                around.mentions = True
                around.has_triple |= group.brackets == 0 and not group.select
    for group in groups:
        returns = group.has_triple if group.projects_all else group.projects
        if group.select and not returns:
            raise ShapesError(
                "a sub-select of a SPARQL constraint has to return $this (section 5.3.1)"
            )
    starts = [group.start for group in groups if group.needs_values]
    ends = [0, *starts, len(query)]
    parts = tuple(query[a:b] for a, b in pairwise(ends))
    counts = any(
        word in _COUNTING and words[index + 2 : index + 3] != ["DISTINCT"]
        for index, word in enumerate(words)
    )
    limited = bool({"LIMIT", "OFFSET"}.intersection(words))
    return Prebound(parts, one_at_a_time=limited, counts=counts)


def _with_path(query: str, path: str) -> str:
    texts = (token.group() for token in tokens(query))
    return "".join(f"({path})" if text in ("$PATH", "?PATH") else text for text in texts)


def tokens(query: str) -> Iterator[re.Match[str]]:
    """Give the tokens of a query; the name of the group that matched tells their kind."""
    return re.finditer(_TOKEN, query, re.VERBOSE | re.DOTALL)
