"""What a mouse does, keys do alone; and all but the search is done without script."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kytkos.terms import LANGUAGES
from tests.browser.conftest import in_language

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

LONGEST_WAY = 400  # presses of Tab


@pytest.fixture(scope="module")
def context(browser: "Browser") -> "Iterator[BrowserContext]":
    context = browser.new_context(java_script_enabled=False)
    yield context
    context.close()


@pytest.fixture
def keys(context: "BrowserContext") -> "Iterator[Page]":
    """A page without script, on which nothing is done but with keys."""
    page = context.new_page()
    yield page
    page.close()


def go(page: "Page", target: str) -> None:
    """Press Tab until the focus is on what matches, as someone without a mouse does."""
    for _ in range(LONGEST_WAY):
        page.keyboard.press("Tab")
        if page.evaluate("target => document.activeElement.matches(target)", target):
            return
    pytest.fail(f"keys do not reach {target}")


def path_of(page: "Page", folder: Path) -> str:
    return page.url.partition("#")[0].removeprefix(folder.as_uri() + "/")


def test_the_first_link_leads_past_the_navigation(keys: "Page", folder: Path) -> None:
    keys.goto((folder / "rakenne.html").as_uri())
    keys.keyboard.press("Tab")
    keys.keyboard.press("Enter")
    keys.keyboard.press("Tab")

    assert keys.locator("main :focus").count() == 1


@pytest.mark.parametrize("lang", LANGUAGES[1:])
@pytest.mark.parametrize("path", ["index.html", "muutokset/kh2023-kh2026.html"])
def test_the_language_is_changed_and_the_page_is_the_same(
    keys: "Page", folder: Path, path: str, lang: str
) -> None:
    keys.goto((folder / path).as_uri())
    go(keys, f"[hreflang={lang}]")
    keys.keyboard.press("Enter")
    keys.wait_for_url(f"**/{lang}/{path}")
    go(keys, "[hreflang=fi]")
    keys.keyboard.press("Enter")
    keys.wait_for_url((folder / path).as_uri())


def test_the_menu_of_a_telephone_leads_to_each_page(keys: "Page", folder: Path) -> None:
    keys.set_viewport_size({"width": 320, "height": 800})
    keys.goto((folder / "index.html").as_uri())
    links = keys.locator("header > nav a").evaluate_all(
        "links => links.map(a => a.getAttribute('href'))"
    )
    for link in links:
        keys.goto((folder / "index.html").as_uri())
        go(keys, f'header > nav [href="{link}"]')
        keys.keyboard.press("Enter")
        keys.wait_for_url(f"**/{link}")
        assert keys.locator("header > nav [aria-current=page]").count() == 1
    assert len(links) == 7


def test_what_is_folded_opens_and_closes(keys: "Page", folder: Path) -> None:
    keys.goto((folder / "kokoukset.html").as_uri())
    go(keys, "summary")
    ring = keys.locator("#figure-ring")
    assert not ring.is_visible()
    keys.keyboard.press("Enter")
    assert ring.is_visible()
    keys.keyboard.press("Space")
    assert not ring.is_visible()


def test_a_table_that_is_wider_than_the_screen_is_scrolled(keys: "Page", folder: Path) -> None:
    keys.set_viewport_size({"width": 320, "height": 800})
    keys.goto((folder / "vastuut.html").as_uri())
    region = keys.locator(".scroll").first
    if region.evaluate("e => e.scrollWidth > e.clientWidth && e.checkVisibility()"):
        go(keys, ".scroll")
        for _ in range(5):
            keys.keyboard.press("ArrowRight")
        keys.wait_for_timeout(300)
        assert region.evaluate("e => e.scrollLeft") > 0
    assert keys.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(
    ("path", "target", "name"),
    [
        ("rakenne.html", 'main [href$=".xlsx"]', "rakenne-fi.xlsx"),
        ("vastuut.html", 'main [href$=".csv"]', "vastuut-fi.csv"),
        ("kokoukset.html", 'main [href$=".zip"]', "kokoukset-csv-fi.zip"),
        ("osapuoli/433.html", 'main [href$=".ics"]', "kalenteri-kunta-433-fi.ics"),
        ("aineisto.html", 'main [href$=".tar.xz"]', "kytkos.tar.xz"),
    ],
)
def test_a_file_is_fetched(keys: "Page", folder: Path, path: str, target: str, name: str) -> None:
    keys.goto((folder / path).as_uri())
    go(keys, target)
    with keys.expect_download() as fetched:
        keys.keyboard.press("Enter")

    assert fetched.value.suggested_filename == name
    assert fetched.value.path().stat().st_size > 100


def test_a_drawing_is_reached(keys: "Page", folder: Path) -> None:
    keys.goto((folder / "rakenne.html").as_uri())
    go(keys, 'main [href$=".svg"]')
    assert keys.locator(":focus").get_attribute("download") is not None
    keys.goto((folder / "kuviot/rakenne.svg").as_uri())
    assert keys.locator("svg text").count() > 10


@pytest.mark.parametrize("lang", ["sv"])
def test_the_index_stands_in_for_the_search(keys: "Page", folder: Path, lang: str) -> None:
    keys.goto((folder / in_language("haku.html", lang)).as_uri())
    go(keys, 'main [href="hakemisto.html"]')
    keys.keyboard.press("Enter")
    keys.wait_for_url("**/hakemisto.html")
    go(keys, 'main [href$="osapuoli/433.html"]')
    keys.keyboard.press("Enter")
    keys.wait_for_url("**/osapuoli/433.html")

    assert path_of(keys, folder) == in_language("osapuoli/433.html", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_thing_is_sought_and_found(page: "Page", folder: Path, lang: str) -> None:
    page.goto((folder / in_language("rakenne.html", lang)).as_uri())
    go(page, "[name=q]")
    page.keyboard.type("KH Turva")
    page.keyboard.press("Enter")
    page.wait_for_selector("#hits a")
    go(page, "#hits a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/kh-turva.html")

    assert path_of(page, folder) == in_language("toimielin/kh-turva.html", lang)


@pytest.mark.parametrize(
    ("start", "way", "answer"),
    [
        (
            "index.html",
            ["vastuut.html", "toimenpide/kh2026-turvallisuuden-tilannekuva.html"],
            ["KH Turva", "612/2021 50 §"],
        ),
        ("index.html", ["osapuoli/433.html"], ["Vuonna 2027", "KH Turva"]),
        (
            "index.html",
            ["muutokset/kh2023-kh2026.html"],
            ["KH Hyte", "3–4 kertaa vuodessa", "2–3 kertaa vuodessa", "luku 5"],
        ),
    ],
    ids=["who answers for the safety picture", "what binds Loppi", "what changed for KH Hyte"],
)
def test_a_question_is_answered_from_the_front_page(
    keys: "Page", folder: Path, start: str, way: list[str], answer: list[str]
) -> None:
    keys.set_viewport_size({"width": 1280, "height": 900})
    keys.goto((folder / start).as_uri())
    for path in way:
        go(keys, f'main [href$="{path}"]')
        keys.keyboard.press("Enter")
        keys.wait_for_url(f"**/{path}")

    box = keys.locator(".answer")
    said = box.inner_text().replace("\u00ad", "")
    assert [words for words in answer if words not in said] == []
    # It is on the first screen.
    assert keys.evaluate("document.querySelector('.answer').getBoundingClientRect().top") < 450
