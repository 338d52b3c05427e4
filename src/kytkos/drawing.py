"""What a terminal shows: a table of texts, drawn with lines, and paragraphs."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

_PARAGRAPH = 96  # columns
_LEAST = 12  # columns of a terminal that a wrapped column must have to be readable
_LONGEST_WORD = 28  # what is longer, as an IRI, may be broken
_WORD = re.compile(r"[^\s-]+-?")  # where a text is wrapped: at spaces and after hyphens
# Characters that take one place in every terminal: what is in Finnish, Swedish and English.
_PLAIN = re.compile("[\n -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2026\ufffd]*")


def drawn(
    head: Sequence[str], body: Sequence[Sequence[str]], numeric: Sequence[bool], width: int = 0
) -> str:
    """Draw a table; where it is too narrow for the columns, each row becomes a small table.

    Args:
        head: what the columns are called.
        body: the rows, a printable text for each column.
        numeric: the columns that are put to the right.
        width: columns of the terminal; 0 keeps each row on one line.
    """
    room = (width or sys.maxsize) - 3 * len(head) - 1
    ruler = _ruler([head, *body])
    widths = ruler.widths([head, *body])
    if sum(min(_LEAST, w) for w in widths) > room:
        return _drawn_rows(head, body, width, ruler)
    if sum(widths) > room:
        widths = _fitted(widths, ruler.words([head, *body]), room)
    return _drawn([head], body, widths, numeric, ruler)


def wrapped(text: str, indent: str) -> list[str]:
    """Break a paragraph into lines; those after the first stand further in."""
    import textwrap

    return textwrap.wrap(
        text,
        _PARAGRAPH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


@dataclass(frozen=True, slots=True)
class _Ruler:
    """How wide a terminal shows a text."""

    width: Callable[[str], int]
    wrap: Callable[[str, int], list[str]]
    ljust: Callable[[str, int], str]
    rjust: Callable[[str, int], str]

    def widths(self, lines: Iterable[Sequence[str]]) -> list[int]:
        return [
            max(self.width(line) for cell in column for line in cell.split("\n"))
            for column in zip(*lines, strict=True)
        ]

    def words(self, lines: Iterable[Sequence[str]]) -> list[int]:
        return [
            max((self.width(word) for cell in column for word in _WORD.findall(cell)), default=1)
            for column in zip(*lines, strict=True)
        ]


def _ruler(lines: Iterable[Sequence[str]]) -> _Ruler:
    if all(_PLAIN.fullmatch(cell) for line in lines for cell in line):
        import textwrap

        return _Ruler(len, textwrap.wrap, str.ljust, str.rjust)
    import wcwidth  # a fifth of what a small query takes

    return _Ruler(wcwidth.width, wcwidth.wrap, wcwidth.ljust, wcwidth.rjust)


def _fitted(widths: Sequence[int], words: Sequence[int], room: int) -> list[int]:
    """Cut the widest columns until all fit: into their words only where there is no other way."""
    fitted = [min(w, room) for w in widths]
    for floors in ([min(w, _LONGEST_WORD) for w in words], [1] * len(widths)):
        while sum(fitted) > room:
            wider = [i for i, floor in enumerate(floors) if fitted[i] > floor]
            widest = max((fitted[i] for i in wider), default=0)
            if not wider:
                break
            for i in wider:
                fitted[i] -= fitted[i] == widest
    return fitted


def _drawn(
    head: Sequence[Sequence[str]],
    body: Sequence[Sequence[str]],
    widths: Sequence[int],
    numeric: Sequence[bool],
    ruler: _Ruler,
) -> str:
    def ruled(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    def filled(row: Sequence[str]) -> Iterator[str]:
        cells = [
            [part for line in cell.split("\n") for part in ruler.wrap(line, max(w, 1)) or [""]]
            for cell, w in zip(row, widths, strict=True)
        ]
        for line in zip_longest(*cells, fillvalue=""):
            aligned = (
                ruler.rjust(text, w) if right else ruler.ljust(text, w)
                for text, w, right in zip(line, widths, numeric, strict=True)
            )
            yield f"│ {' │ '.join(aligned)} │"

    lines = [ruled("┌", "┬", "┐")]
    for row in head:
        lines += [*filled(row), ruled("├", "┼", "┤")]
    lines += [line for row in body for line in filled(row)]
    lines.append(ruled("└", "┴", "┘"))
    return "\n".join(lines) + "\n"


def _drawn_rows(
    head: Sequence[str], body: Sequence[Sequence[str]], width: int, ruler: _Ruler
) -> str:
    """Draw each row as a table of two columns: what, and its value."""
    room = width - 7
    names = min(max(map(ruler.width, head)), max(room // 3, 1))
    widths, left = (names, max(room - names, 1)), (False, False)
    rows = [[(n, v) for n, v in zip(head, row, strict=True) if v] for row in body]
    return "".join(
        _drawn([], pairs, widths, left, ruler) for pairs in rows or [[(n, "") for n in head]]
    )
