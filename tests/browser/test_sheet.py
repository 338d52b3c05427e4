"""What a party must know of the cooperation is on one sheet of A4."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest

from kytkos.terms import LANGUAGES
from tests.browser.conftest import in_language

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

A4 = [595, 842]
SMALLEST = 12  # pixels of CSS, which are 9 points


@pytest.fixture(scope="module", params=LANGUAGES)
def printed(
    request: pytest.FixtureRequest, page: "Page", folder: Path
) -> dict[str, pypdf.PdfReader]:
    """Print the page of each party in a language."""
    found = {}
    for path in sorted((folder / in_language("osapuoli", request.param)).glob("*.html")):
        page.goto(path.as_uri())
        found[path.stem] = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    return found


def test_each_party_has_one_sheet_of_a4(printed: dict[str, pypdf.PdfReader]) -> None:
    assert len(printed) == 13
    assert {name: len(read.pages) for name, read in printed.items()} == dict.fromkeys(printed, 1)
    assert [round(float(side)) for side in printed["433"].pages[0].mediabox[2:]] == A4


def test_the_sheet_says_what_binds_the_party(printed: dict[str, pypdf.PdfReader]) -> None:
    said = " ".join(printed["433"].pages[0].extract_text().replace("\u00ad", "").split())

    wanted = ["KH Turva", "KH Hyte", "Mikko Salmela", "611/2021 14 §", "612/2021 6 §", "8/11"]
    assert [words for words in wanted if words not in said] == []
    assert "osapuoli/433.html" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_on_it_is_smaller_than_nine_points(page: "Page", folder: Path, lang: str) -> None:
    page.goto((folder / in_language("osapuoli/07.html", lang)).as_uri())
    page.emulate_media(media="print")
    sizes = page.evaluate("""() => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const sizes = [];
        while (walker.nextNode()) {
            const e = walker.currentNode.parentElement;
            if (walker.currentNode.data.trim() && e.checkVisibility()
                && !e.closest('.hidden, caption:not(.shown)'))
                sizes.push(parseFloat(getComputedStyle(e).fontSize));
        }
        return sizes;
    }""")
    page.emulate_media(media="null")

    assert len(sizes) > 100
    assert min(sizes) >= SMALLEST
