from pathlib import Path

import pytest

from kytkos import accepted
from kytkos.errors import DataError
from kytkos.report import ACCEPTED_FILE, Finding, Report
from kytkos.terms import SHAPES, Place, Prefixes, Term

PREFIXES = Prefixes({"ex": "https://example.org/"})
ENTRY = """\
# Accepted in the meeting.

[[finding]]
shape = "kyts:Task-isHeldBy"
focus_node = "ex:task"
reason = "Nobody has been chosen yet."
author = "A. Analyst"
date = 2026-11-22
"""


def finding(value: str = "", shape: str = "Task-isHeldBy", severity: str = "violation") -> Finding:
    return Finding(
        severity=severity,
        shape=SHAPES + shape,
        focus_node="https://example.org/task",
        messages={"en": "The task has no holder."},
        value=Term("literal", value) if value else None,
    )


def read(root: Path, text: str) -> tuple[accepted.Entry, ...]:
    (root / ACCEPTED_FILE).write_text(text, encoding="utf-8")
    return accepted.read(root, PREFIXES)


def test_an_accepted_finding_stands_apart_and_does_not_count(tmp_path: Path) -> None:
    other = finding(shape="Task-source", severity="warning")

    report = accepted.apply(Report((finding(), other)), read(tmp_path, ENTRY), PREFIXES)

    assert report.conforms
    assert report.findings == (other,)
    (one,) = report.accepted
    assert one.acceptance is not None
    assert one.acceptance.reason == "Nobody has been chosen yet."
    assert one.acceptance.date == "2026-11-22"
    assert one.acceptance.place == Place(ACCEPTED_FILE, 3, 1)


def test_with_a_value_only_that_value_is_accepted(tmp_path: Path) -> None:
    entries = read(tmp_path, ENTRY + 'value = "X/11"\n')

    report = accepted.apply(Report((finding("X/11"), finding("Y/11"))), entries, PREFIXES)

    assert report.findings == (finding("Y/11"),)
    assert len(report.accepted) == 1


def test_an_accepted_finding_that_no_longer_occurs_is_a_warning_at_its_line(
    tmp_path: Path,
) -> None:
    report = accepted.apply(Report(()), read(tmp_path, ENTRY), PREFIXES)

    (idle,) = report.findings
    assert idle.severity == "warning"
    assert idle.place == Place(ACCEPTED_FILE, 3, 1)
    assert "kyts:Task-isHeldBy no longer occurs" in idle.message("en")


def test_a_check_is_named_without_a_prefix_and_a_thing_by_its_iri(tmp_path: Path) -> None:
    text = ENTRY.replace("kyts:Task-isHeldBy", "one-holder").replace(
        "ex:task", "https://example.org/task"
    )

    (entry,) = read(tmp_path, text)

    assert (entry.shape, entry.focus_node) == ("one-holder", "https://example.org/task")


def test_without_a_file_nothing_is_accepted(tmp_path: Path) -> None:
    assert accepted.read(tmp_path, PREFIXES) == ()


@pytest.mark.parametrize(
    ("old", "new", "message", "line"),
    [
        ("reason =", "reasn =", "has no `reasn`", 3),
        ('author = "A. Analyst"\n', "", "lacks `author`", 3),
        ("Nobody has been chosen yet.", "  ", "`reason` must be a text", 3),
        ("2026-11-22", '"tomorrow"', "is not a date", 3),
        ("2026-11-22", "2026-11-22T10:00:00", "is not a date", 3),
        ("ex:task", "xe:task", "no CURIE with a known prefix", 3),
        ("ex:task", "task", "no CURIE with a known prefix", 3),
        ('"ex:task"', "7", "`focus_node` must be a text", 3),
        ("[[finding]]", "[[findings]]", "not a list of accepted findings", 1),
        ("[[finding]]", "[finding]", "not a list of accepted findings", 1),
        ("date =", "date", "Expected '=' after a key", 8),
    ],
)
def test_a_bad_file_is_an_error_with_the_line(
    tmp_path: Path, old: str, new: str, message: str, line: int
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, ENTRY.replace(old, new))

    assert caught.value.place is not None
    assert (caught.value.place.path, caught.value.place.line) == (ACCEPTED_FILE, line)


def test_a_file_not_in_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ACCEPTED_FILE).write_bytes(b"\xff\xfe")

    with pytest.raises(DataError, match="can't read"):
        accepted.read(tmp_path, PREFIXES)
