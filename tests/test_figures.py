import math
from datetime import date
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from kytkos.figures import GAP, Grid, columns, grid, ring, timeline
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


def test_a_ring_begins_at_the_top_and_a_row_has_its_own() -> None:
    found = ring([["2024-01-01"], ["2025-07-01", "2025-04"]], [[(5, 6)], []])

    assert found.points[0].x == 0
    assert found.points[0].y == -200
    assert [round(math.hypot(p.x, p.y)) for p in found.points] == [200, 174, 174]
    assert len(found.arcs) == 1
    assert len(found.months) == 12


def test_a_month_that_is_none_makes_no_arc() -> None:
    assert ring([[]], [[(0, 13)]]).arcs == ()


@given(
    st.lists(
        st.lists(st.dates(date(2020, 1, 1), date(2029, 12, 31)), max_size=15),
        min_size=1,
        max_size=4,
    )
)
def test_no_two_marks_of_a_time_line_overlap(days: list[list[date]]) -> None:
    lanes = [[(n, day.isoformat(), "") for n, day in enumerate(lane)] for lane in days]
    found = timeline(lanes, left=100, width=500)

    assert len(found.points) == sum(map(len, lanes))
    for one, other in combinations(found.points, 2):
        assert abs(one.y - other.y) >= 13 or abs(one.x - other.x) >= 13
    for point in found.points:
        assert any(top <= point.y and point.y + 13 <= top + high for top, high in found.lanes)


def test_what_lasts_is_as_long_as_it_lasts() -> None:
    (point,) = timeline([[("a", "2024-01-01", "2024-12-31")]], left=0, width=366).points

    assert point.x == 0
    assert point.width > 350


def test_nothing_dated_makes_no_years() -> None:
    assert timeline([[]], left=0, width=100).years == ()
