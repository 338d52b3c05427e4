from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kytkos.figures import GAP, Grid, columns, grid
from kytkos.terms import Term


def terms(*names: str) -> list[Term]:
    return [Term("uri", f"urn:{name}") for name in names]


SAFETY, WELLBEING, WORK = terms("safety", "wellbeing", "work")
TOP, LOW = terms("top", "low")


def cells(found: Grid) -> dict[str, tuple[int, int, int]]:
    return {
        cell.term.value: (cell.first, cell.last, cell.line)
        for row in found.rows.values()
        for cell in row
    }


def test_a_box_stands_under_its_heading_and_a_wider_one_over_several() -> None:
    a, b, c = terms("a", "b", "c")
    found = grid(
        [SAFETY, WELLBEING],
        [(a, TOP, [SAFETY, WELLBEING]), (b, LOW, [SAFETY]), (c, LOW, [WELLBEING])],
    )

    assert found.columns == 2
    assert cells(found) == {"urn:a": (1, 2, 1), "urn:b": (1, 1, 1), "urn:c": (2, 2, 1)}


def test_a_box_of_no_heading_is_under_all_of_them() -> None:
    (a,) = terms("a")

    assert cells(grid([SAFETY, WELLBEING, WORK], [(a, TOP, [])])) == {"urn:a": (1, 3, 1)}


def test_a_heading_is_as_wide_as_its_fullest_row_needs_but_no_wider_than_three() -> None:
    boxes = [(term, LOW, [SAFETY]) for term in terms("a", "b", "c", "d")]
    found = grid([SAFETY, WELLBEING], boxes)

    assert found.heads == {SAFETY: (1, 3), WELLBEING: (4, 4)}
    assert cells(found)["urn:d"] == (1, 1, 2)


def test_what_stands_below_spans_its_headings_under_the_other_boxes() -> None:
    a, b, c = terms("a", "b", "c")
    boxes = [(a, LOW, [SAFETY]), (b, LOW, [SAFETY])]

    assert cells(grid([SAFETY], boxes, [(c, LOW, [SAFETY])]))["urn:c"] == (1, 2, 2)


def test_a_grid_of_nothing_has_a_column() -> None:
    assert grid([], []).columns == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from([TOP, LOW, None]),
            st.sampled_from([[], [SAFETY], [WELLBEING], [SAFETY, WELLBEING], [WELLBEING, WORK]]),
        ),
        max_size=30,
    )
)
def test_no_two_boxes_of_a_row_overlap(placed: list[tuple[Term | None, list[Term]]]) -> None:
    boxes = [(Term("uri", f"urn:{n}"), row, under) for n, (row, under) in enumerate(placed)]
    half = len(boxes) // 2
    found = grid([SAFETY, WELLBEING, WORK], boxes[:half], boxes[half:])

    for row in found.rows.values():
        taken = [(column, c.line) for c in row for column in range(c.first, c.last + 1)]
        assert len(taken) == len(set(taken))
        assert all(1 <= column <= found.columns for column, _ in taken)


def test_linked_boxes_stand_near_each_other() -> None:
    (a, b), (x, y) = terms("a", "b"), terms("x", "y")
    found = columns([[(a, "A"), (b, "B")], [(y, "Y"), (x, "X")]], [(a, x, "sure"), (b, y, "sure")])

    assert [box.term for box in found.columns[1]] == [x, y]


def test_a_text_is_wrapped_and_never_cut() -> None:
    (a,) = terms("a")
    text = "pitkä nimi " * 9 + "x" * 100
    (box,) = columns([[(a, text)]], [], characters=20).columns[0]

    assert "".join(box.lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(len, box.lines)) <= 20


def test_the_boxes_of_a_column_do_not_overlap() -> None:
    nodes = [(term, "teksti " * 8) for term in terms("a", "b", "c")]
    (column,) = columns([nodes], []).columns

    for above, below in pairwise(column):
        assert above.y + above.height + GAP <= below.y


def test_an_edge_to_a_box_that_is_not_there_is_not_drawn() -> None:
    a, b = terms("a", "b")

    assert columns([[(a, "A")]], [(a, b, "sure")]).links == ()


def test_columns_of_nothing_have_no_height() -> None:
    assert columns([[], [], []], []).height == 0
