"""Layouts of figures: where boxes stand and links run, for a template to draw."""

import math
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


def wrapped(text: str, characters: int) -> tuple[str, ...]:
    """Break a text into lines; nothing is cut.

    A word too long for a line is parted at its soft hyphens, or where it must. Of wide
    letters a line holds fewer.

    >>> wrapped("Alueellinen perhe\u00adkeskus\u00adtyöryhmä", 14)
    ('Alueellinen', 'perhekeskus-', 'työryhmä')
    """
    characters = int(characters / max(1, _breadth(text)))
    return tuple(
        line
        for part in text.split("\n")
        for line in textwrap.wrap(
            " ".join(_parted(word, characters) for word in part.split(" ")), characters
        )
        or [""]
    )


def _breadth(text: str) -> float:
    """Give how wide the letters of a text are, beside those of ordinary words."""
    letters = text.replace("\u00ad", "")
    of = (
        1.75 if c in "mwMW@%" else 0.7 if c in "fijlrtI .,:;()-'" else 1.1 + 0.2 * c.isupper()
        for c in letters
    )
    return sum(of) / (len(letters) or 1)


def _parted(word: str, characters: int) -> str:
    if "\u00ad" not in word or len(word.replace("\u00ad", "")) <= characters:
        return word.replace("\u00ad", "")
    pieces: list[str] = []
    for piece in word.split("\u00ad"):
        if pieces and len(pieces[-1]) + len(piece) < characters:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return "- ".join(pieces)


@dataclass(frozen=True, slots=True)
class Point:
    """Where something stands; `width` is above 0 for what lasts or has no day but a month."""

    item: object
    x: float
    y: float
    width: float = 0


@dataclass(frozen=True, slots=True)
class Ring:
    """A year as rings, January at the top: points, arcs of months, and where a month is named."""

    points: tuple[Point, ...]
    arcs: tuple[str, ...]
    radii: tuple[float, ...]
    months: tuple[tuple[float, float], ...]
    spokes: tuple[tuple[float, float, float, float], ...]


def ring(
    dates: Sequence[Sequence[str]],
    windows: Sequence[Sequence[tuple[int, int]]],
    *,
    outermost: float = 200,
    step: float = 26,
) -> Ring:
    """Set the dates and the windows of some rows on rings, one a row, the first outermost.

    Args:
        dates: for each row its ISO dates, or months as `2024-11`; the year does not matter.
        windows: for each row its windows, as the numbers of the first and the last month.
        outermost: the radius of the first ring.
        step: by how much each further ring is smaller.
    """
    radii = tuple(outermost - step * index for index in range(len(dates)))
    points = [
        Point(value, *_polar(radius, _turn(value)))
        for radius, values in zip(radii, dates, strict=True)
        for value in values
    ]
    arcs = [
        _arc(radius, (first - 1) / 12, last / 12)
        for radius, spans in zip(radii, windows, strict=True)
        for first, last in spans
        if 1 <= first <= last <= 12
    ]
    inner = (radii[-1] if radii else outermost) - step / 2
    spokes = [
        (*_polar(inner, month / 12), *_polar(outermost + step / 2, month / 12))
        for month in range(12)
    ]
    names = [_polar(outermost + step, (month + 0.5) / 12) for month in range(12)]
    return Ring(tuple(points), tuple(arcs), radii, tuple(names), tuple(spokes))


@dataclass(frozen=True, slots=True)
class Timeline:
    """Points on lanes along the years; `lanes` has the top and the height of each."""

    points: tuple[Point, ...]
    years: tuple[tuple[int, float], ...]
    lanes: tuple[tuple[float, float], ...]
    height: float


def timeline(
    lanes: Sequence[Sequence[tuple[object, str, str]]],
    *,
    left: float,
    width: float,
    size: float = 13,
) -> Timeline:
    """Set dated things on lanes, so that those of nearly one day stand over each other.

    Args:
        lanes: for each lane its things: the thing, its ISO date or month, and its last one or
            empty.
        left: where the time begins.
        width: how wide it is.
        size: of a mark.
    """
    listed = [date for lane in lanes for _, *dates in lane for date in dates if date]
    first = min((int(date[:4]) for date in listed), default=0)
    last = max((int(date[:4]) for date in listed), default=first)
    year = width / (last - first + 1)

    def place(date: str) -> float:
        return left + (int(date[:4]) - first + _turn(date)) * year

    points: list[Point] = []
    spans: list[tuple[float, float]] = []
    top = 24.0
    for lane in lanes:
        ends: list[float] = []
        for item, date, end in sorted(lane, key=lambda one: one[1]):
            start = place(date)
            long = max(place(end) - start, size) if end else size
            line = next((n for n, taken in enumerate(ends) if taken <= start), len(ends))
            ends[line : line + 1] = [start + long + 2]
            points.append(Point(item, start, top + 6 + line * (size + 3), long))
        height = 12 + max(len(ends), 1) * (size + 3)
        spans.append((top, height))
        top += height
    years = tuple((first + n, left + n * year) for n in range(last - first + 1)) if listed else ()
    return Timeline(tuple(points), years, tuple(spans), top)


def _turn(date: str) -> float:
    """Give the part of the year before a date; a month stands at its middle."""
    month, day = int(date[5:7] or 7), int(date[8:10] or 15)
    return (month - 1 + (day - 1) / 31) / 12


def _polar(radius: float, turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * (turn - 0.25)
    return round(radius * math.cos(angle), 1), round(radius * math.sin(angle), 1)


def _arc(radius: float, start: float, end: float) -> str:
    (x1, y1), (x2, y2) = _polar(radius, start), _polar(radius, end)
    return f"M{x1:g} {y1:g}A{radius:g} {radius:g} 0 {int(end - start > 0.5)} 1 {x2:g} {y2:g}"


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
        lines = wrapped(texts[term], characters)
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
