"""A gate finds what it is there for."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MANY_LINKS = '<a href="#main">x</a>' + '<a href="a.html">x</a>' * 30
HIDDEN = '<div aria-hidden="true"><a tabindex="-1" href="b.html">b</a></div>'


@pytest.mark.parametrize(
    ("gate", "argument", "before_main", "main"),
    [
        ("sideways", 320, "", '<div style="width: 330px">x</div>'),
        ("stops", None, MANY_LINKS, ""),
        ("stops", None, '<a href="a.html">x</a>', ""),
        ("figures", None, "", HIDDEN),
        ("figures", None, "", '<ul><li><a href="b.html">b</a></ul>' + HIDDEN.replace("-1", "0")),
        ("figures", None, "", "<svg><text>x</text></svg>"),
        ("drawn", None, "", '<svg width="50" height="50"><text x="45" y="20">long</text></svg>'),
        ("drawn", None, "", '<svg><text y="20">one</text><text x="5" y="20">two</text></svg>'),
        (
            "drawn",
            None,
            "",
            '<table style="table-layout: fixed; width: 60px"><caption>c</caption>'
            '<td><b class="chip" style="white-space: nowrap">24 September</b></table>',
        ),
        ("structure", None, "", "<h1>a</h1><h3>b</h3>"),
        ("structure", None, "", "<h1>a</h1><table><tr><td>x</table>"),
        ("languages", ["turvaverkko"], "", "<p>turva&shy;verkko</p>"),
        ("motion", None, "", '<p style="transition: color 1s">x</p>'),
        ("unprinted", None, "", "<p style='display: none'>x</p>"),
        ("navigation", None, "<nav>x</nav>", ""),
    ],
)
def test_a_gate_closes(
    page: "Page", tmp_path: Path, gate: str, argument: object, before_main: str, main: str
) -> None:
    html = f"""<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>x</title>
<body style="margin: 0">{before_main}<main id="main">{main}</main></body></html>"""
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())

    assert page.evaluate(f"a => gates.{gate}(a)", argument)


def test_a_focus_that_is_not_drawn_is_found(page: "Page", tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<a href="x" style="outline: none">x</a>')
    page.goto((tmp_path / "page.html").as_uri())
    page.keyboard.press("Tab")

    assert page.evaluate("gates.unfocused()")


@pytest.mark.parametrize(
    "drawing",
    [
        '<svg><text fill="#212121" y="20">x</text></svg>',
        '<svg><rect fill="#eee" width="9" height="9"/></svg>',
        '<svg><rect fill="canvas" width="9" height="9"/></svg>',
        '<b class="bar" style="background: #333">x</b>',
    ],
)
def test_what_is_not_drawn_in_forced_colours_is_found(
    page: "Page", tmp_path: Path, drawing: str
) -> None:
    (tmp_path / "page.html").write_text(f"<main>{drawing}</main>")
    page.goto((tmp_path / "page.html").as_uri())
    page.emulate_media(forced_colors="active", color_scheme="dark")
    found = page.evaluate("gates.unforced()")
    page.emulate_media(forced_colors="none", color_scheme="light")

    assert found
