"""Each gate on the fullest page of each kind, in each language."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import html5lib
import pytest

from kytkos.graph import Graph
from kytkos.terms import LANGUAGES
from tests.browser.conftest import KINDS, fullest, in_language

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# Source: WCAG 2.1, success criterion 1.4.12.
TEXT_SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""
WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
A4_TEXT = 680  # pixels across 180 mm
DESKTOP, TABLET, TELEPHONE = 1280, 768, 320
MOST_STOPS = 60


@dataclass
class Visit:
    """A page that is open, and what happened while it opened."""

    page: "Page"
    path: Path
    lang: str
    kind: str
    foreign: list[str]
    without_script: Callable[[Path], str]
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def ask(self, function: str, argument: object = None) -> list[Any]:
        found: list[Any] = self.page.evaluate(f"a => gates.{function}(a)", argument)
        return found

    def width(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})


@pytest.fixture(scope="module")
def without_script(browser: "Browser") -> Iterator[Callable[[Path], str]]:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    def read(path: Path) -> str:
        page.goto(path.as_uri())
        return page.locator("main").inner_text()

    yield read
    context.close()


@pytest.fixture(scope="module")
def foreign_names(county_graph: Graph) -> Callable[[str], list[str]]:
    """Give the names that are Finnish and nothing else, seen from another language."""

    @cache
    def names(lang: str) -> frozenset[str]:
        query = f"""
            SELECT DISTINCT (STR(?label) AS ?name) WHERE {{
              ?thing <http://www.w3.org/2004/02/skos/core#prefLabel> ?label .
              FILTER (LANG(?label) = "{lang}")
            }}"""
        rows: Any = county_graph.store.query(query, use_default_graph_as_union=True)
        return frozenset(row["name"].value for row in rows)

    def foreign(lang: str) -> list[str]:
        others = (names(other) for other in LANGUAGES if other != "fi")
        return (
            [] if lang == "fi" else sorted(names("fi") - names(lang) - frozenset().union(*others))
        )

    return foreign


@pytest.fixture(scope="module", params=[f"{k} {lang}" for k in KINDS for lang in LANGUAGES])
def visit(
    request: pytest.FixtureRequest,
    page: "Page",
    folder: Path,
    foreign_names: Callable[[str], list[str]],
    without_script: Callable[[Path], str],
) -> Iterator[Visit]:
    kind, lang = request.param.split()
    path = folder / in_language(fullest(folder, kind), lang)
    visit = Visit(page, path, lang, kind, foreign_names(lang), without_script)

    def asked(request: Any) -> None:
        visit.requests.append(request.url)

    def failed(error: Any) -> None:
        visit.errors.append(str(error))

    page.on("request", asked)
    page.on("pageerror", failed)
    visit.width(DESKTOP)
    page.goto(path.as_uri())
    visit.ask("open")
    yield visit
    page.remove_listener("request", asked)
    page.remove_listener("pageerror", failed)


@pytest.fixture
def emulating(visit: Visit) -> Iterator[Callable[..., None]]:
    yield visit.page.emulate_media
    visit.page.emulate_media(
        media="null", color_scheme="light", forced_colors="none", reduced_motion="no-preference"
    )
    visit.width(DESKTOP)


def axe(page: "Page", rules: object) -> str:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    results: Any = axe.run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return results.generate_report() if results.response["violations"] else ""


def test_axe_finds_nothing(visit: Visit) -> None:
    assert not axe(visit.page, WCAG)


def test_contrast_is_enough_where_dark_is_preferred(
    visit: Visit, emulating: Callable[..., None]
) -> None:
    emulating(color_scheme="dark")

    assert not axe(visit.page, CONTRAST)


def test_contrast_is_enough_in_forced_colours(visit: Visit, emulating: Callable[..., None]) -> None:
    before = visit.ask("shown")
    emulating(forced_colors="active")

    assert visit.ask("shown") == before
    assert not axe(visit.page, CONTRAST)


def test_what_is_drawn_is_seen_in_forced_colours(
    visit: Visit, emulating: Callable[..., None]
) -> None:
    emulating(forced_colors="active", color_scheme="dark")

    assert visit.ask("unforced") == []


@pytest.mark.parametrize("width", [TELEPHONE, TABLET, DESKTOP])
def test_nothing_scrolls_sideways_and_no_drawing_is_cut(
    visit: Visit, width: int, emulating: Callable[..., None]
) -> None:
    visit.width(width)

    assert visit.ask("sideways", width) == []
    assert visit.ask("drawn") == []


def test_nothing_scrolls_sideways_where_text_is_spaced(
    visit: Visit, emulating: Callable[..., None]
) -> None:
    visit.width(TELEPHONE)
    style = visit.page.add_style_tag(content=TEXT_SPACING)
    found = visit.ask("sideways", TELEPHONE)
    style.evaluate("style => style.remove()")

    assert found == []


def test_there_is_a_way_past_the_navigation(visit: Visit) -> None:
    assert visit.ask("stops") == []

    visit.page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate(
        "document.activeElement === document.body"
        " || !!document.activeElement.closest('main, footer')"
    )


def test_keys_reach_everything_and_the_focus_is_seen(visit: Visit) -> None:
    visit.page.goto(visit.path.as_uri())
    stops = int(visit.ask("where")[1])
    for number in range(min(stops, MOST_STOPS)):
        visit.page.keyboard.press("Tab")

        at, _ = visit.ask("where")
        assert at == number, "the focus does not go on"
        assert visit.ask("unfocused") == []


def test_nothing_waits_for_a_mouse(visit: Visit) -> None:
    session = visit.page.context.new_cdp_session(visit.page)
    document = session.send("Runtime.evaluate", {"expression": "document"})["result"]["objectId"]
    found = session.send("DOMDebugger.getEventListeners", {"objectId": document, "depth": -1})
    session.detach()

    mouse = {
        "click",
        "dblclick",
        "mousedown",
        "mouseover",
        "mouseenter",
        "pointerdown",
        "touchstart",
    }
    assert [e["type"] for e in found["listeners"] if e["type"] in mouse] == []


def test_a_figure_says_nothing_that_its_table_does_not(visit: Visit) -> None:
    assert visit.ask("figures") == []


def test_headings_and_tables_are_in_order(visit: Visit) -> None:
    assert visit.ask("structure") == []


def test_another_language_is_marked(visit: Visit) -> None:
    assert visit.page.evaluate("document.documentElement.lang") == visit.lang
    assert visit.ask("languages", visit.foreign) == []


def test_nothing_moves_where_motion_is_unwelcome(
    visit: Visit, emulating: Callable[..., None]
) -> None:
    emulating(reduced_motion="reduce")

    assert visit.ask("motion") == []


def test_paper_has_the_content_and_not_the_navigation(
    visit: Visit, emulating: Callable[..., None]
) -> None:
    visit.page.goto(visit.path.as_uri())
    emulating(media="print")
    visit.width(A4_TEXT)

    assert visit.ask("unprinted") == []
    assert visit.ask("navigation") == []
    assert visit.ask("sideways", A4_TEXT) == []
    assert visit.ask("drawn") == []


def test_it_reads_the_same_without_script(visit: Visit) -> None:
    if visit.path.name == "haku.html":
        return
    visit.page.goto(visit.path.as_uri())

    assert visit.without_script(visit.path) == visit.page.locator("main").inner_text()


def test_it_asks_nothing_of_another_machine(visit: Visit) -> None:
    assert visit.errors == []
    assert {url.partition(":")[0] for url in visit.requests} <= {"file", "data"}


def test_the_html_is_well_formed(visit: Visit) -> None:
    html5lib.HTMLParser(strict=True).parse(visit.path.read_text(encoding="utf-8"))
