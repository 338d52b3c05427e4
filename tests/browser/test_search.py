"""The search finds what people look for, in the words they use."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kytkos.terms import LANGUAGES
from tests.browser.conftest import in_language

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SAFETY_PICTURE = "toimenpide/kh2026-turvallisuuden-tilannekuva.html"
PREPAREDNESS = "painopiste/kh2026-varautuminen-ja-turvallisuus.html"
STUDENT_WELFARE = "toimielin/alueellinen-opiskeluhuollon-tyoryhma.html"
FAMILY_CENTRES = "toimielin/alueellinen-perhekeskustyoryhma.html"
INTEGRATION = "toimielin/alueellinen-kotoutumisen-tyoryhma.html"

QUERIES = {
    "fi": {
        # Inflected forms
        "hyvinvointialueen": "osapuoli/07.html",
        "kuntakokouksessa": "toimielin/hyte-kuntakokous.html",
        "varautumisesta": PREPAREDNESS,
        "lopen": "osapuoli/433.html",
        "Lopelle": "osapuoli/433.html",
        "Riihimäellä": "osapuoli/694.html",
        "Hämeen liitolta": "osapuoli/05.html",
        "KH Turvan": "toimielin/kh-turva.html",
        "aluehallitukselle": "toimielin/kh-aluehallitus.html",
        "opiskeluhuollossa": STUDENT_WELFARE,
        "työllisyyttä": "painopiste/kh2023-tyollisyys-ja-elinvoima.html",
        "turvallisuuden tilannekuvasta": SAFETY_PICTURE,
        "kuka vastaa tilannekuvasta": SAFETY_PICTURE,
        "integraatiovaliokunnan päätöksessä": "lahde/kh2026-04-23-paatos.html",
        "hyvinvointikyselyä": "toimenpide/kh2026-hyvinvointikysely.html",
        # The beginning of a word, and parts of compounds
        "tilannek": SAFETY_PICTURE,
        "perhekeskukset": FAMILY_CENTRES,
        "väkivalta": "toimielin/kh-vakivaltatyon-verkosto.html",
        "valtuusto": "toimielin/kh-aluevaltuusto.html",
        "pelastus": "toimielin/kh-pelastuslaitos.html",
        # Former and other names
        "hytefoorumi": "toimielin/kh-hyte.html",
        "hyvinvointifoorumi": "toimielin/kh-hyte.html",
        "K-H Turva": "toimielin/kh-turva.html",
        "turvallisuusfoorumin": "toimielin/kh-turva.html",
        "opiskeluhuoltotyöryhmä": STUDENT_WELFARE,
        "kotouttamisen yhteistyöryhmä": INTEGRATION,
        "Oma Häme": "osapuoli/07.html",
        # Codes, and names in another language
        "612/2021 7": "saados/612-2021-7.html",
        "nuorisovaltuustosta": "perusteet.html#410-2015-26",
        "0158301-7": "osapuoli/981.html",
        "välfärdsområde tavastland": "osapuoli/07.html",
        # Slips of the pen
        "janakala": "osapuoli/165.html",
        "forsan": "osapuoli/061.html",
        "hameenlinna": "osapuoli/109.html",
        "turvalisuus": PREPAREDNESS,
        # Pages of their own
        "lähteet": "lahteet.html",
        "rakenteesta": "rakenne.html",
    },
    "sv": {
        "välfärdsområdet": "osapuoli/07.html",
        "Tavastehus": "osapuoli/109.html",
        "Loppis": "osapuoli/433.html",
        "beredskapen": PREPAREDNESS,
        "lägesbild": SAFETY_PICTURE,
        "familjecenter": FAMILY_CENTRES,
        "Tavastlands förbund": "osapuoli/05.html",
        "källor": "lahteet.html",
    },
    "en": {
        "safety picture": SAFETY_PICTURE,
        "regional council": "osapuoli/05.html",
        "preparednes": PREPAREDNESS,
        "family centres": FAMILY_CENTRES,
        "Hämeenlinna": "osapuoli/109.html",
        "rescue department": "toimielin/kh-pelastuslaitos.html",
        "legal bases": "perusteet.html",
    },
}
CASES = [(lang, query, path) for lang, asked in QUERIES.items() for query, path in asked.items()]


@pytest.fixture(scope="module", params=LANGUAGES)
def search(request: pytest.FixtureRequest, page: "Page", folder: Path) -> "Page":
    page.goto((folder / in_language("haku.html", request.param)).as_uri())
    return page


def test_each_thing_is_among_the_first_three(page: "Page", folder: Path) -> None:
    page.goto((folder / "haku.html").as_uri())
    found = {
        (lang, query): page.evaluate(
            "([query, lang]) => kytkosFind(query, lang).slice(0, 3).map(hit => hit.path)",
            [query, lang],
        )
        for lang, query, _ in CASES
    }

    missed = {case[:2]: found[case[:2]] for case in CASES if case[2] not in found[case[:2]]}
    assert not missed
    assert len(CASES) >= 36


@pytest.mark.parametrize("query", ["xyzzy", "qqqq wwww", "   ", "§", "<img src=x onerror=a>"])
def test_what_is_not_there_is_not_found(page: "Page", folder: Path, query: str) -> None:
    page.goto((folder / "haku.html").as_uri())

    assert page.evaluate("query => kytkosFind(query, 'fi')", query) == []


def test_what_is_typed_is_found_and_counted(search: "Page") -> None:
    search.fill("#words", "tilannekuva")
    search.wait_for_selector("#hits a")

    assert re.match(r"\d+ \w+", search.inner_text("[role=status]"))
    search.keyboard.press("Tab")
    search.keyboard.press("Tab")
    assert search.evaluate("document.activeElement.tagName") == "A"
    search.fill("#words", "<zzzz>")
    search.wait_for_function("document.querySelectorAll('#hits a').length === 0")
    assert search.inner_text("[role=status]")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("start", ["index.html", "toimielin/kh-turva.html"])
def test_the_field_of_any_page_leads_to_the_hits(
    page: "Page", folder: Path, start: str, lang: str
) -> None:
    page.goto((folder / in_language(start, lang)).as_uri())
    page.fill("[name=q]", "Hytefoorumi")
    page.keyboard.press("Enter")
    page.wait_for_selector("#hits a")

    assert page.input_value("#words") == "Hytefoorumi"
    page.click("#hits a >> nth=0")
    assert page.url == (folder / in_language("toimielin/kh-hyte.html", lang)).as_uri()
