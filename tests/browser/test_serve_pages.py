"""The pages of the server in a real browser."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.browser.test_gates import TELEPHONE, WCAG, axe
from tests.serving import Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ASKED = "SELECT ?body ?label { ?body a kyt:Forum ; skos:prefLabel ?label }"
PAGES = {
    "empty": "/sparql?",
    "answered": "/sparql?" + urlencode({"query": ASKED, "format": "html"}),
    "refused": "/sparql?" + urlencode({"query": "SELECT ?s {", "format": "html"}),
    "graph": "/sparql?" + urlencode({"query": "DESCRIBE body:kh-turva", "format": "html"}),
    "listing": "/queries?",
    "stored": "/queries/obligations?",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: "Browser", server: Server, kind: str, lang: str
) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}{PAGES[kind]}&lang={lang}")
    found = axe(page, WCAG)
    page.set_viewport_size({"width": TELEPHONE, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert not found
    assert width <= TELEPHONE


@pytest.mark.browser
def test_a_query_is_written_and_run_by_keyboard_without_script(
    browser: "Browser", server: Server
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page: Page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/sparql?lang=en")
    page.focus("#query")
    page.keyboard.press("Control+A")
    page.keyboard.type(ASKED)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**format=html**")
    heading = page.locator("#answer").inner_text()
    rows = page.locator("tbody tr").count()
    context.close()

    assert heading == "Answer"
    assert rows > 5
