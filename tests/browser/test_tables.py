"""What a screen reader is told of the cells of tables."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

HEADS = """() => ["tbody th", "thead th"].map(where => [...document.querySelectorAll(where)]
    .filter(cell => cell.checkVisibility({visibilityProperty: true})).length)"""
PAGES = [
    "osapuoli/433.html",
    "toimenpide/kh2026-turvallisuuden-tilannekuva.html",
    "kokoukset.html",
    "tapahtumat.html",
    "aineisto.html",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_cell_that_heads_a_row_or_a_column_is_told_as_such(
    folder: Path, page: "Page", path: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((folder / path).as_uri())
    in_rows, in_columns = page.evaluate(HEADS)
    session = page.context.new_cdp_session(page)

    nodes = session.send("Accessibility.getFullAXTree")["nodes"]

    roles = Counter(node["role"]["value"] for node in nodes)
    assert in_rows > 4
    assert (roles["rowheader"], roles["columnheader"]) == (in_rows, in_columns)
