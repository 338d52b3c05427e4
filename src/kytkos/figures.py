"""Layouts of figures: where boxes stand and links run, for a template to draw."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kytkos.terms import Term

LINE_HEIGHT = 16
PADDING = 8
GAP = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its lines of text; x, y, width and height in pixels."""

    term: Term
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height at which links meet the box."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Link:
    """A curve between two boxes, as the `d` of an SVG path."""

    source: Term
    target: Term
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Boxes in columns and the links between them, with the size of the whole."""

    columns: tuple[tuple[Box, ...], ...]
    lefts: tuple[float, ...]
    links: tuple[Link, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A box in a grid: from column `first` to `last`, and its line in the row, all from 1."""

    term: Term
    first: int
    last: int
    line: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells; `heads` has the first and last column of each heading."""

    rows: Mapping[Term | None, tuple[Cell, ...]]
    heads: Mapping[Term, tuple[int, int]]
    columns: int


Edge = tuple[Term, Term, str]
Placed = tuple[Term, Term | None, Sequence[Term]]


def columns(
    nodes: Sequence[Sequence[tuple[Term, str]]],
    edges: Iterable[Edge],
    *,
    column_width: float = 240,
    between: float = 110,
    characters: int = 32,
) -> Columns:
    """Set nodes in columns, so that linked boxes of neighbouring columns stand near each other.

    Args:
        nodes: for each column its nodes: a term and the text of its box.
        edges: source, target and kind, between neighbouring columns.
        column_width: the width of a box.
        between: the room for links between columns.
        characters: at which a text is wrapped; it is never cut.
    """
    links = list(dict.fromkeys(edges))
    order = [[term for term, _ in column] for column in nodes]
    for _ in range(4):
        for index in range(1, len(order)):
            order[index] = _barycentre(order[index], order[index - 1], links)
        for index in range(len(order) - 2, -1, -1):
            order[index] = _barycentre(order[index], order[index + 1], links)
    texts = {term: text for column in nodes for term, text in column}
    lefts = tuple(index * (column_width + between) for index in range(len(order)))
    placed = [
        _stacked(column, texts, left, column_width, characters)
        for column, left in zip(order, lefts, strict=True)
    ]
    boxes = {box.term: box for column in placed for box in column}
    height = max((column[-1].y + column[-1].height for column in placed if column), default=0)
    return Columns(
        columns=tuple(placed),
        lefts=lefts,
        links=tuple(_link(boxes, edge) for edge in links if edge[0] in boxes and edge[1] in boxes),
        width=len(order) * column_width + (len(order) - 1) * between,
        height=height,
    )


def grid(
    headings: Sequence[Term],
    boxes: Iterable[Placed],
    below: Iterable[Placed] = (),
    *,
    widest: int = 3,
) -> Grid:
    """Set boxes in a grid, so that position tells what each belongs to.

    A heading is as many columns wide as the fullest row needs for the boxes that are only
    under it; further boxes stand on the next line of the row.

    Args:
        headings: from left to right.
        boxes: for each its term, its row, and the headings it belongs to; a box of no
            heading is under all of them.
        below: boxes that stand under the others of their row.
        widest: how many columns a heading has at the most.
    """
    listed = sorted(boxes, key=lambda box: -(len(box[2]) or len(headings)))
    alone: dict[Term, dict[Term | None, int]] = {heading: {} for heading in headings}
    for _, row, under in listed:
        if len(under) == 1 and under[0] in alone:
            counts = alone[under[0]]
            counts[row] = counts.get(row, 0) + 1
    heads: dict[Term, tuple[int, int]] = {}
    column = 1
    for heading in headings:
        width = min(widest, max(alone[heading].values(), default=1))
        heads[heading] = (column, column + width - 1)
        column += width
    rows: dict[Term | None, list[Cell]] = {}
    for number, (term, row, under) in enumerate([*listed, *below]):
        is_alone = len(under) == 1 and number < len(listed)
        cells = rows.setdefault(row, [])
        spans = [heads[heading] for heading in under or headings if heading in heads]
        first = min((start for start, _ in spans), default=1)
        last = max((end for _, end in spans), default=max(column - 1, 1))
        starts = range(first, last + 1) if is_alone else [first]
        line, start = min((_free_line(cells, c, c if is_alone else last), c) for c in starts)
        cells.append(Cell(term, start, start if is_alone else last, line))
    return Grid({row: tuple(cells) for row, cells in rows.items()}, heads, max(column - 1, 1))


def _free_line(cells: Sequence[Cell], first: int, last: int) -> int:
    return 1 + max((c.line for c in cells if c.first <= last and first <= c.last), default=0)


def _barycentre(column: list[Term], beside: list[Term], links: Sequence[Edge]) -> list[Term]:
    rank = {term: index for index, term in enumerate(beside)}
    neighbours: dict[Term, list[int]] = {term: [] for term in column}
    for source, target, _ in links:
        for here, there in ((source, target), (target, source)):
            if here in neighbours and there in rank:
                neighbours[here].append(rank[there])
    own = {term: index for index, term in enumerate(column)}
    return sorted(column, key=lambda term: (_mean(neighbours[term], own[term]), own[term]))


def _mean(numbers: Sequence[int], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _stacked(
    column: Sequence[Term], texts: Mapping[Term, str], x: float, width: float, characters: int
) -> tuple[Box, ...]:
    boxes: list[Box] = []
    y = 0.0
    for term in column:
        lines = tuple(
            line
            for paragraph in texts[term].split("\n")
            for line in textwrap.wrap(paragraph, characters)
        )
        height = len(lines) * LINE_HEIGHT + PADDING
        boxes.append(Box(term, lines, x, y, width, height))
        y += height + GAP
    return tuple(boxes)


def _link(boxes: Mapping[Term, Box], edge: Edge) -> Link:
    source, target, kind = edge
    left, right = boxes[source], boxes[target]
    start, end = left.x + left.width, right.x
    bend = (start + end) / 2
    path = f"M{start:g} {left.middle:g}C{bend:g} {left.middle:g} {bend:g} {right.middle:g} "
    return Link(source, target, kind, f"{path}{end:g} {right.middle:g}")
