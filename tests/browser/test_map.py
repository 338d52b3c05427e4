"""What only the structure map promises."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_no_two_boxes_of_the_map_overlap_and_no_text_leaves_its_box(
    page: "Page", folder: Path
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((folder / "rakenne.html").as_uri())

    found = page.evaluate("""() => {
        const wrong = [];
        for (const map of document.querySelectorAll('.map')) {
            const boxes = [...map.querySelectorAll('.box')];
            boxes.forEach((box, i) => {
                if (box.scrollWidth > box.clientWidth + 1) wrong.push(box.textContent);
                const a = box.getBoundingClientRect();
                for (const other of boxes.slice(i + 1)) {
                    const b = other.getBoundingClientRect();
                    if (a.left < b.right - 1 && b.left < a.right - 1
                        && a.top < b.bottom - 1 && b.top < a.bottom - 1)
                        wrong.push(box.textContent + ' / ' + other.textContent);
                }
            });
        }
        return wrong;
    }""")

    assert found == []
