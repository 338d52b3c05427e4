"""The whole is a page of the site, and a file that can be sent alone."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from kytkos.terms import LANGUAGES
from tests.browser.conftest import in_language
from tests.browser.test_gates import CONTRAST, TELEPHONE, WCAG, axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SHOWN = """() => [...document.querySelectorAll('a[href], form')]
    .filter(e => e.checkVisibility()).map(e => e.getAttribute('href') || e.action)"""


@pytest.fixture(params=LANGUAGES)
def beside(request: pytest.FixtureRequest, folder: Path) -> Path:
    return folder / in_language("kooste.html", request.param)


@pytest.fixture
def alone(beside: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(beside, tmp_path / "alone.html"))


def shown(page: "Page", path: Path) -> list[str]:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(path.as_uri())
    found: list[str] = page.evaluate(SHOWN)
    return found


def test_alone_nothing_leads_to_what_is_not_there(page: "Page", alone: Path) -> None:
    links = shown(page, alone)

    assert len(links) > 5
    assert [link for link in links if not link.startswith(("#", "https://", "mailto:"))] == []
    assert page.locator("h1").is_visible()


def test_in_the_site_the_navigation_is_there(page: "Page", beside: Path) -> None:
    links = shown(page, beside)

    assert {"index.html", "vastuut.html", "aineisto.html"} <= {Path(link).name for link in links}
    assert page.locator("header [hreflang]").count() == len(LANGUAGES) - 1
    assert page.locator("header div nav").is_visible()
    assert page.locator("main > nav").is_visible()


@pytest.mark.parametrize("media", ["screen", "print"])
def test_alone_it_looks_as_in_the_site(
    page: "Page", alone: Path, beside: Path, media: Literal["screen", "print"]
) -> None:
    def look(path: Path) -> list[Any]:
        shown(page, path)
        page.emulate_media(media=media)
        found: list[Any] = page.evaluate("""() => [...document.querySelectorAll('main *')]
            .filter(e => !e.closest('nav')).map(e => [e.tagName, e.getBoundingClientRect().width,
                getComputedStyle(e).color, getComputedStyle(e).font])""")
        page.emulate_media(media="null")
        return found

    assert len(look(alone)) > 500
    assert look(alone) == look(beside)


def test_alone_it_passes_the_gates(page: "Page", alone: Path) -> None:
    shown(page, alone)
    assert axe(page, WCAG) == ""
    assert axe(page, CONTRAST) == ""

    page.set_viewport_size({"width": TELEPHONE, "height": 900})
    assert page.evaluate("a => gates.sideways(a)", TELEPHONE) == []
