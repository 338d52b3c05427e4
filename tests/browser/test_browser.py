"""The site in a real browser: Debian's chromium, driven by Playwright."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kytkos import pages
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.report import Report
from kytkos.terms import LANGUAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
# Source: WCAG 2.1, success criterion 1.4.12.
TEXT_SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""
KINDS = [
    "index.html",
    "rakenne.html",
    "vastuut.html",
    "perusteet.html",
    "havainnot.html",
    "lahteet.html",
    "toimielin/alueellinen-hyte-tyoryhma.html",
    "toimielin/kh-turva.html",
    "toimenpide/kh2026-turvallisuuden-tilannekuva.html",
    "painopiste/kh2026-varautuminen-ja-turvallisuus.html",
    "saados/612-2021-7.html",
    "osapuoli/433.html",
    "lahde/kh2026-04-23-paatos.html",
]


@pytest.fixture(scope="session")
def folder(county: Project, county_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("browser") / "site"
    report = Report(())
    pages.write(pages.build(county, county_graph, report, progress=lambda _: None), out)
    return out


@pytest.fixture(scope="session")
def page() -> "Iterator[Page]":
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser.new_page()
        browser.close()


def opened(page: "Page", folder: Path, path: str, width: int) -> "Page":
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((folder / path).as_uri())
    # The findings are hundreds: the last kind of each list speaks for the others.
    page.evaluate("""document.querySelectorAll('details').forEach((d, i, all) => {
        d.open = all.length < 5 || !all[i + 1] || all[i + 1].previousElementSibling !== d;
    })""")
    return page


def in_language(path: str, lang: str) -> str:
    return path if lang == "fi" else f"{lang}/{path}"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", KINDS)
def test_axe_finds_nothing(page: "Page", folder: Path, path: str, lang: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    results: Any = axe.run(opened(page, folder, in_language(path, lang), 1280), options=RULES)

    violations = results.response["violations"]
    assert not violations, results.generate_report()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", KINDS)
def test_no_page_scrolls_sideways_on_a_telephone(
    page: "Page", folder: Path, path: str, lang: str
) -> None:
    narrow = opened(page, folder, in_language(path, lang), 320)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320

    narrow.add_style_tag(content=TEXT_SPACING)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("width", [768, 1280])
def test_no_page_scrolls_sideways_on_a_wider_screen(
    page: "Page", folder: Path, path: str, width: int
) -> None:
    wide = opened(page, folder, path, width)

    assert wide.evaluate("document.documentElement.scrollWidth") <= width


def test_no_two_boxes_of_the_map_overlap_and_no_text_leaves_its_box(
    page: "Page", folder: Path
) -> None:
    found = opened(page, folder, "rakenne.html", 1280).evaluate("""() => {
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


def test_the_skip_link_comes_first_and_the_content_soon_after(page: "Page", folder: Path) -> None:
    front = opened(page, folder, "index.html", 1280)
    front.keyboard.press("Tab")
    assert front.evaluate("document.activeElement.className") == "skip"

    stops = front.evaluate("""[...document.querySelectorAll('a, button, [tabindex="0"]')]
        .findIndex(e => e.closest('main'))""")
    assert stops < 30


def test_a_figure_has_no_stop_for_the_keyboard(page: "Page", folder: Path) -> None:
    for path in ("rakenne.html", "perusteet.html"):
        stops = opened(page, folder, path, 1280).evaluate(
            "[...document.querySelectorAll('[aria-hidden=true] a')]"
            ".filter(a => a.tabIndex >= 0).length"
        )

        assert stops == 0, path
