"""Names and numbers that nobody hopes for: the pages stay readable, safe and correct."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kytkos import pages
from kytkos.project import Project
from kytkos.report import Report
from tests.browser.conftest import KINDS, fullest
from tests.conftest import PREFIXES
from tests.test_pages import SMALL, literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ARABIC = "منتدى البلديات للرفاه"
MARKUP = '<img src=x onerror="document.title=1">'
LABELS = {
    "long": "pitkä nimi " * 36 + "loppu",
    "solid": "x" * 400,
    "compound": "Hyvinvointialueyhteistyöneuvottelukuntatyöryhmävalmistelijakokous" * 3,
    "arabic": ARABIC,
    "turned": "abc\u202egnp.exe",
    "markup": MARKUP,
    "template": "{{ 7 * 7 }} </script></style>",
}
SCHEME = "https://w3id.org/kytkos/scheme/"
IN_A = "kyt:inVersion p:version-a ; kyt:basis basis:stated ; kyt:statedAt p:place-a"
IN_B = "kyt:inVersion p:version-b ; kyt:basis basis:stated ; kyt:statedAt p:place-b"
CROWD = 300
COOPERATING = 40


def of_name(key: str, label: str, n: int) -> str:
    """Give a body, a priority, a measure, an indicator, a party and a section with one name."""
    lit = literal(label)
    law = f"<http://data.finlex.fi/eli/sd/2021/61{n}>"
    return f"""
body:{key} a kyt:Forum ; skos:prefLabel {lit} .
p:placed-{key} a kyt:Placement ; kyt:concerns body:{key} ; kyt:level <{SCHEME}level/leadership> ;
    kyt:lineOfWork <{SCHEME}line/wellbeing> ; {IN_A} .
p:meets-{key} a kyt:Obligation ; kyt:binds body:{key} ; kyt:act <{SCHEME}act/meet> ;
    kyt:atLeast 2 ; kyt:atMost 4 ; kyt:monthFrom 5 ; kyt:monthTo 6 ;
    kyt:perPeriod <{SCHEME}period-kind/calendar-year> ; {IN_A} .
p:met-{key} a kyt:Obligation ; kyt:binds body:{key} ; kyt:act <{SCHEME}act/meet> ;
    kyt:atLeast 6 ; kyt:perPeriod <{SCHEME}period-kind/calendar-year> ; {IN_B} .
p:priority-{key} a kyt:Priority ; skos:prefLabel {lit} ; kyt:order {n} ;
    kyt:inVersion p:version-a ; kyt:statedAt p:place-a .
p:older-{key} a kyt:Priority ; skos:prefLabel {lit} ; kyt:order {n} ;
    kyt:inVersion p:version-b ; kyt:statedAt p:place-b .
p:measure-{key} a kyt:Measure ; skos:prefLabel {lit} ; kyt:order {n} ;
    kyt:partOf p:priority-{key} ; kyt:inVersion p:version-a ; kyt:statedAt p:place-a .
p:main-{key} a kyt:RoleAssignment ; cv:hasParticipant body:{key} ; cv:role role:main ;
    kyt:concerns p:measure-{key} ; {IN_A} .
p:indicator-{key} a kyt:Indicator ; skos:prefLabel {lit} ; kyt:order {n} ;
    kyt:partOf p:priority-{key} ; kyt:inVersion p:version-a ; kyt:statedAt p:place-a .
p:party-{key} a kyt:Municipality ; skos:prefLabel {lit} ; skos:notation "99{n}" .
p:seat-{key} a kyt:BodyMembership ; org:member p:party-{key} ; org:organization body:{key} ;
    org:role role:member ; {IN_A} .
{law} a eli:LegalResource ; skos:prefLabel {lit} ; skos:notation "61{n}/2021" .
p:law-{key} a kyt:LegalBasis ; kyt:legalResource {law} ; kyt:concerns body:{key} ; {IN_A} .
"""


def crowd() -> str:
    """Give many bodies on one level, of which many cooperate in one measure."""
    placed = (
        f'body:b{n} a kyt:Network ; skos:prefLabel "Verkosto {n}"@fi .\n'
        f"p:placed-{n} a kyt:Placement ; kyt:concerns body:b{n} ;"
        f" kyt:level <{SCHEME}level/networks> ; {IN_A} ."
        for n in range(CROWD)
    )
    cooperating = (
        f"p:role-{n} a kyt:RoleAssignment ; cv:hasParticipant body:b{n} ;"
        f" cv:role role:cooperating ; kyt:concerns p:measure-long ; {IN_A} ."
        for n in range(COOPERATING)
    )
    return "\n".join((*placed, *cooperating))


TURTLE = (
    PREFIXES
    + """
@prefix eli: <http://data.europa.eu/eli/ontology#> .
@prefix org: <http://www.w3.org/ns/org#> .
"""
    + SMALL
    + """
p:version-a dcterms:isVersionOf agreement:x .
p:version-b a kyt:AgreementVersion ; dcterms:isVersionOf agreement:x ;
    skos:prefLabel "Vanha sopimus"@fi ; dcterms:issued "2023-01-02"^^xsd:date .
p:source-b a kyt:SourceDocument ; kyt:textOf p:version-b ; skos:prefLabel "Vanha"@fi .
p:place-b a kyt:SourcePlace ; oa:hasSource p:source-b ; kyt:sectionPath "3" .
<https://example.org/../../etc/passwd> a kyt:Forum ; skos:prefLabel "Polku"@fi .
<https://example.org/b/SAME> a kyt:Forum ; skos:prefLabel "Sama"@fi .
<https://example.org/a/same> a kyt:Forum ; skos:prefLabel "Sama"@fi .
"""
    + "".join(of_name(key, label, n) for n, (key, label) in enumerate(LABELS.items()))
    + crowd()
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built site of hostile data, with no meeting held and a logo that is not there."""
    root = tmp_path_factory.mktemp("hostile")
    (root / "data").mkdir()
    (root / "data" / "things.ttl").write_text(TURTLE, encoding="utf-8")
    (root / "site.toml").write_text('logo = "missing.svg"\n', encoding="utf-8")
    project = Project(root)
    site = pages.build(project, project.graph(), Report(()), progress=lambda _: None)
    pages.write(site, root / "site")
    return root / "site"


@pytest.fixture(scope="module")
def opened(browser: "Browser") -> "Iterator[Page]":
    page = browser.new_page()
    page.add_init_script(path=Path(__file__).with_name("gates.js"))
    yield page
    page.close()


def kinds(site: Path) -> list[str]:
    """Give the fullest page of each kind, and the page of each odd body."""
    found = [
        kind for kind in KINDS if "{" not in kind or list(site.glob(kind.replace("{key}", "*")))
    ]
    return [fullest(site, kind) for kind in found] + [f"toimielin/{key}.html" for key in LABELS]


def test_every_page_can_be_read_at_every_width(hostile: Path, opened: "Page") -> None:
    wrong: list[tuple[str, int, Any]] = []

    def asked(dialog: Any) -> None:
        wrong.append((opened.url, 0, "a dialog"))
        dialog.dismiss()

    opened.on("pageerror", lambda error: wrong.append((opened.url, 0, str(error))))
    opened.on("dialog", asked)
    for path in kinds(hostile):
        opened.goto((hostile / path).as_uri())
        opened.evaluate("gates.open()")
        for width in (320, 768, 1280):
            opened.set_viewport_size({"width": width, "height": 900})
            for gate in ("sideways", "drawn"):
                found = opened.evaluate(f"width => gates.{gate}(width)", width)
                if found:
                    wrong.append((path, width, found[:3]))
        if opened.title() == "1" or opened.locator("main img").count():
            wrong.append((path, 0, "a name did something"))

    assert not wrong, wrong


def test_every_page_fits_its_paper(hostile: Path, opened: "Page") -> None:
    wrong = []
    opened.emulate_media(media="print")
    opened.set_viewport_size({"width": 680, "height": 900})
    for path in kinds(hostile):
        opened.goto((hostile / path).as_uri())
        if found := opened.evaluate("gates.sideways(680)"):
            wrong.append((path, found[:3]))
    opened.emulate_media(media="null")

    assert not wrong, wrong


@pytest.mark.parametrize("key", LABELS)
def test_a_name_is_shown_whole(hostile: Path, opened: "Page", key: str) -> None:
    opened.goto((hostile / f"toimielin/{key}.html").as_uri())
    shown = opened.locator("h1").inner_text()

    whole = " ".join(LABELS[key].split())
    assert shown.replace("\u00ad", "").replace("\u200b", "") == whole


def test_a_name_that_runs_the_other_way_leaves_what_stands_beside_it(
    hostile: Path, opened: "Page"
) -> None:
    opened.set_viewport_size({"width": 1280, "height": 900})
    opened.goto((hostile / "rakenne.html").as_uri())
    # Each stands in an element of its own that keeps its direction to itself.
    beside = opened.evaluate(
        """names => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const wrong = [];
        let n = 0;
        while (walker.nextNode()) {
            const text = walker.currentNode.data.replace(/[\u00ad\u200b]/g, '');
            if (!names.some(name => text.includes(name))) continue;
            n++;
            const bidi = getComputedStyle(walker.currentNode.parentElement).unicodeBidi;
            if (bidi !== 'isolate') wrong.push(text);
        }
        return [n, wrong];
    }""",
        [ARABIC, LABELS["turned"]],
    )

    assert beside[0] >= 4
    assert beside[1] == []


def test_the_crowd_is_on_the_map_and_in_the_measure(hostile: Path, opened: "Page") -> None:
    opened.goto((hostile / "rakenne.html").as_uri())
    boxes = opened.locator(".map a.box").all_inner_texts()
    opened.goto((hostile / "toimenpide/measure-long.html").as_uri())
    said = opened.locator("main").inner_text()

    assert len([text for text in boxes if text.startswith("Verkosto ")]) == CROWD
    assert [n for n in range(COOPERATING) if f"Verkosto {n}" not in said] == []


def test_two_of_one_name_and_a_path_have_pages_in_the_folder(hostile: Path) -> None:
    names = {path.name for path in (hostile / "toimielin").iterdir()}

    assert {"same.html", "same-2.html", "passwd.html"} <= names
    assert not (hostile.parent / "etc").exists()
