import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from xml.etree import ElementTree

import html5lib
import pytest
from markupsafe import Markup

from kytkos import pages
from kytkos.errors import KytkosError, OutputError, ProjectError
from kytkos.files import write_folder
from kytkos.graph import Graph
from kytkos.pages import Site
from kytkos.project import Project
from kytkos.report import Finding, Report
from kytkos.rows import Rows, by, distinct
from kytkos.stamp import MANIFEST
from kytkos.templating import Headings
from kytkos.terms import LANGUAGES, Term
from kytkos.wording import Citations, Names, Pen, anchors, slug, soft_hyphens
from tests.conftest import MakeProject

KINDS = [
    "index.html",
    "rakenne.html",
    "vastuut.html",
    "perusteet.html",
    "kokoukset.html",
    "muutokset/kh2023-kh2026.html",
    "tapahtumat.html",
    "mittarit.html",
    "havainnot.html",
    "paatelmat.html",
    "tarkistus.html",
    "lahteet.html",
    "hakemisto.html",
    "kooste.html",
    "aineisto.html",
    "sanasto.html",
    "koodistot.html",
    "toimielin/kh-turva.html",
    "toimenpide/kh2026-turvallisuuden-tilannekuva.html",
    "painopiste/kh2026-varautuminen-ja-turvallisuus.html",
    "saados/612-2021-7.html",
    "osapuoli/433.html",
    "lahde/kh2026-luonnos.html",
]
# Where a reader is led: the acts, the licences, and who supervises accessibility.
OUTSIDE = {
    "www.finlex.fi",
    "creativecommons.org",
    "eur-lex.europa.eu",
    "www.saavutettavuusvaatimukset.fi",
    "www.tillganglighetskrav.fi",
    "www.webaccessibility.fi",
}
TEXTS = Path(pages.__file__).parent / "texts.toml"
MARKER = PurePosixPath(MANIFEST)
NO_FINDINGS = Report(())
FIGURE = r'<div class="(?:map|figure[^"]*)" aria-hidden="true".*?(?=<h[23]|<table)'


def build(project: Project, report: Report = NO_FINDINGS) -> Site:
    return pages.build(project, project.graph(), report, progress=lambda _: None)


def text_of(site: Site, path: str) -> str:
    return site[PurePosixPath(path)].decode()


def html_pages(site: Site) -> Iterator[tuple[str, str]]:
    for path, content in site.items():
        if path.suffix == ".html":
            yield str(path), content.decode()


def words(html: str) -> str:
    """The text of a page, without its markup and soft hyphens, on one line."""
    seen = re.sub(r"<[^>]*>", "", re.sub(r"</(td|th|li|p|h\d)>", " ", html)).replace("\u00ad", "")
    return " ".join(seen.split())


def main_of(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


def in_language(path: str, lang: str) -> str:
    return path if lang == "fi" else f"{lang}/{path}"


@pytest.fixture(scope="session")
def site(county: Project, county_graph: Graph) -> Site:
    return pages.build(county, county_graph, NO_FINDINGS, progress=lambda _: None)


# Links


def dead_links(site: Site) -> set[tuple[str, str]]:
    ids = {path: set(re.findall(r'\bid="([^"]*)"', html)) for path, html in html_pages(site)}
    dead = set()
    for path, html in html_pages(site):
        for target in set(re.findall(r'(?:href|src)="([^"]*)"', html)):
            if target.startswith(("https://", "mailto:")):
                continue
            file, _, anchor = target.partition("#")
            found = normpath(join(dirname(path), file)) if file else path
            if PurePosixPath(found) not in site or (anchor and anchor not in ids.get(found, ())):
                dead.add((path, target))
    return dead


def test_every_relative_link_leads_to_a_page_and_a_place_on_it(site: Site) -> None:
    assert not dead_links(site)


def test_no_page_asks_anything_of_another_server(site: Site) -> None:
    for path, html in html_pages(site):
        outside = re.findall(r'<(\w+)[^>]*(?:href|src)="(?:https?:)?//([^/"]*)', html)

        assert {tag for tag, _ in outside} <= {"a"}, path
        assert {host for _, host in outside} <= OUTSIDE, path
    assert b"url(" not in site[PurePosixPath("static/site.css")]


def without_own_scripts(html: str) -> str:
    own = r'<script src="(\.\./)*static/[a-z-]+\.js"></script>'
    data = r'<script type="application/ld\+json">[^<]*</script>'
    return re.sub(f"{own}|{data}", "", html)


def test_no_page_has_a_script_but_our_own_or_an_event_handler(site: Site) -> None:
    for path, whole in html_pages(site):
        html = without_own_scripts(whole)
        assert not re.search(r"<script|<iframe|<[^>]*\son\w+=|javascript:", html), path


def test_the_links_of_a_figure_are_a_subset_of_those_of_the_tables(site: Site) -> None:
    seen = 0
    for path, html in html_pages(site):
        rest = main_of(html)
        figures = re.findall(FIGURE, rest, re.DOTALL)
        tables = " ".join(re.findall(r"<table.*?</table>", rest, re.DOTALL))
        for figure in figures:
            links = re.findall(r'href="([^"]*)"', figure)

            # The text of the whole leads to no other page: it can be sent alone.
            assert links or path.endswith("kooste.html"), path
            assert set(links) <= set(re.findall(r'href="([^"]*)"', tables)), path
            assert figure.count('tabindex="-1"') == len(links), path
            seen += 1
    # The structure by two versions, the legal bases of one, how priorities went on; and on
    # paper the structure of one, and the priorities.
    assert seen == 6 * len(LANGUAGES)


# Each page


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", KINDS)
def test_a_page_of_each_kind_is_well_formed(site: Site, path: str, lang: str) -> None:
    html5lib.HTMLParser(strict=True).parse(text_of(site, in_language(path, lang)))


def test_every_page_has_one_heading_of_the_first_level_and_unique_ids(site: Site) -> None:
    for path, html in html_pages(site):
        ids = re.findall(r'\bid="([^"]*)"', html)

        assert html.count("<h1") == 1, path
        assert len(ids) == len(set(ids)), path
        assert all(ids), path


def test_every_page_names_the_status_of_its_agreement(site: Site) -> None:
    said = {
        "fi": ["luonnos 13.4.2026, ei voimassa", "allekirjoitettu 1.8.2023"],
        "sv": ["utkast 13.4.2026, inte i kraft", "undertecknat 1.8.2023"],
        "en": ["draft of 13 April 2026, not in force", "signed on 1 August 2023"],
    }
    for path, html in html_pages(site):
        lang = path[:2] if path[:3] in ("sv/", "en/") else "fi"

        said_at_top = re.search(r'<p class="status">.*?</p>', html, re.DOTALL)
        assert said_at_top, path
        expected = [*said[lang], pages.read_texts(TEXTS, lang)["no_agreement"]]
        assert any(one in words(said_at_top[0]) for one in expected), path


def test_a_page_about_one_agreement_names_the_status_of_no_other_at_its_top(site: Site) -> None:
    html = text_of(site, "toimenpide/kh2026-turvallisuuden-tilannekuva.html")
    status = re.search(r'<p class="status">.*?</p>', html, re.DOTALL)

    assert status
    assert "luonnos 13.4.2026" in status[0]
    assert "allekirjoitettu" not in status[0]


def test_every_page_says_so_where_the_data_has_violations(county: Project) -> None:
    finding = Finding("violation", "https://example.org/shape", "urn:x", {"fi": "Puuttuu."})
    site = build(county, Report((finding,)))

    for path, html in html_pages(site):
        assert 'class="alarm"' in html, path
    assert "Puuttuu." in words(text_of(site, "tarkistus.html"))


def test_every_page_about_a_thing_of_an_agreement_leads_to_a_place_in_a_source(site: Site) -> None:
    for path, html in html_pages(site):
        if re.search(r"(toimielin|toimenpide|painopiste|osapuoli)/", path):
            assert re.search(r'href="\.\./(lahde/[^"#]+|tapahtumat)\.html#', html), path


def test_kh_turva_has_the_main_responsibility_for_two_measures_that_inherit_it(site: Site) -> None:
    html = text_of(site, "toimielin/kh-turva.html")
    answer = re.search(r'<div class="answer">.*?</div>', html, re.DOTALL)

    assert answer
    said = words(answer[0])
    assert "Kokoontuu: 2 kertaa vuodessa" in said
    assert "yhteinen kokoontuminen kerran vuodessa (mukana: KH Hyte)" in said
    assert "Päävastuu: 2 toimenpidettä" in said
    assert "periytyy painopisteeltä Varautuminen ja turvallisuus" in said
    assert answer[0].count("../toimenpide/") == 2


def test_a_measure_tells_what_it_inherits_from_what_is_its_own(site: Site) -> None:
    html = text_of(site, "toimenpide/kh2026-varautumisen-yhteistyosopimukset.html")
    rows = [words(row) for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)]

    assert any("KH Turva Päävastuu periytyy painopisteeltä" in row for row in rows)
    assert any("Kanta-Hämeen kunnat Yhteistyössä oma" in row for row in rows)


def test_what_is_inferred_is_marked_where_it_is_read(site: Site) -> None:
    html = text_of(site, "toimielin/kh-turva.html")
    law = re.search(r"Lakiperuste:.*?</p>", html, re.DOTALL)

    assert law
    assert "612/2021 50 §" in words(law[0])
    assert "päätelty" in words(law[0])


def test_a_duty_of_a_group_is_shown_at_its_members(site: Site) -> None:
    html = words(text_of(site, "toimielin/alueellinen-hyte-tyoryhma.html"))

    assert "vähintään 6 kertaa vuodessa (ryhmässä: Yhteisten palvelujen" in html


def test_what_a_document_leaves_open_is_shown_at_the_thing(site: Site) -> None:
    html = words(text_of(site, "toimielin/kh-turva.html"))

    assert "Asiakirja jättää avoimeksi KH Turvan puheenjohtajan valinta" in html


def test_an_older_agreement_is_folded(site: Site) -> None:
    html = text_of(site, "toimielin/kh-turva.html")

    assert html.index("(luonnos)") < html.index('<details class="older">')
    assert "Puitesopimus 1.8.2023" in words(html[html.index('<details class="older">') :])


def test_a_place_is_cited_once_and_by_its_section(site: Site) -> None:
    html = text_of(site, "toimielin/kh-turva.html")

    assert "luku 5" in html
    for cites in re.findall(r"<cite>(.*?)</cite>", html):
        sections = re.findall(r">([^<]*)</a>", cites)
        assert len(sections) == len(set(sections)) or ":" in cites


def test_dates_are_written_as_readers_of_the_language_do(site: Site) -> None:
    path = "lahde/kh2026-luonnos.html"

    assert "<td>13.4.2026</td>" in text_of(site, path)
    assert "<td>13.4.2026</td>" in text_of(site, f"sv/{path}")
    assert "<td>13 April 2026</td>" in text_of(site, f"en/{path}")


def test_a_page_leads_to_the_same_page_in_the_other_languages(site: Site) -> None:
    html = text_of(site, "sv/toimielin/kh-turva.html")

    assert '<html lang="sv">' in html
    assert 'hreflang="fi" href="../../toimielin/kh-turva.html"' in html
    assert 'hreflang="en" href="../../en/toimielin/kh-turva.html"' in html


def test_what_only_a_source_says_in_finnish_is_marked_as_finnish(site: Site) -> None:
    html = text_of(site, "en/toimielin/kh-turva.html")

    assert ' lang="fi">Liite 2 / Varautuminen ja turvallisuus</a>' in html.replace("\u00ad", "")


def test_two_builds_give_the_same_bytes(county: Project, site: Site) -> None:
    again = build(county)

    assert again == site


def test_nothing_of_a_county_is_in_templates_texts_or_code() -> None:
    here = Path(pages.__file__).parent
    # Templates compiled by a build before are no text.
    files = [p for p in here.glob("templates/**/*.*") if p.parent.name != "__pycache__"]
    files += [here / "texts.toml", here / "views.toml"]
    modules = ("pages", "wording", "figures", "templating", "dated")
    files += [here / f"{name}.py" for name in modules]
    for file in files:
        said = file.read_text("utf-8")
        assert not re.search(r"(?i)häme|hame|tavast|turva\b|kh2026|loppi", said), file.name


# Small and odd graphs

SMALL = """
@prefix agreement: <https://w3id.org/kytkos/id/agreement/> .
@prefix basis: <https://w3id.org/kytkos/scheme/basis/> .
@prefix cv: <http://data.europa.eu/m8g/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix p: <https://w3id.org/kytkos/id/> .
@prefix role: <https://w3id.org/kytkos/scheme/role/> .
@prefix status: <https://w3id.org/kytkos/scheme/status/> .

p:version-a a kyt:AgreementVersion ;
    skos:prefLabel "Sopimus"@fi , "Avtal"@sv , "Agreement"@en ;
    kyt:status status:draft ;
    dcterms:issued "2026-01-02"^^xsd:date .
p:source-a a kyt:SourceDocument ; kyt:textOf p:version-a ;
    skos:prefLabel "Lähde"@fi , "Källa"@sv , "Source"@en .
p:place-a a kyt:SourcePlace ; oa:hasSource p:source-a ; kyt:sectionPath "3" .
"""
THINGS = """
body:a a kyt:Forum ; skos:prefLabel LABEL .
p:priority-a a kyt:Priority ; skos:prefLabel LABEL ; kyt:inVersion p:version-a ; kyt:order 1 ;
    kyt:statedAt p:place-a .
p:measure-a a kyt:Measure ; skos:prefLabel LABEL ; kyt:inVersion p:version-a ; kyt:order 2 ;
    kyt:partOf p:priority-a ; kyt:statedAt p:place-a .
p:role-a a kyt:RoleAssignment ; cv:hasParticipant body:a ; cv:role role:main ;
    kyt:concerns p:priority-a ; kyt:inVersion p:version-a ; kyt:basis basis:stated ;
    kyt:statedAt p:place-a .
p:party-a a kyt:Municipality ; skos:prefLabel LABEL ; skos:notation "999" .
p:task-a a kyt:Task ; skos:prefLabel LABEL ; kyt:concerns body:a ; kyt:inVersion p:version-a ;
    kyt:basis basis:stated ; kyt:statedAt p:place-a .
"""
ODD_LABELS = {
    "a script": "<script>alert(1)</script>",
    "an image with a handler": "<img src=x onerror=alert(1)>",
    "quotes": "\"a\" 'b' & c",
    "a template": "{{ 7 * 7 }} {% raw %} {0}",
    "right to left": "منتدى البلديات",
    "a mark that turns the direction": "abc\u202egnp.exe",
    "four hundred characters": "pitkä nimi " * 36 + "loppu",
    "no spaces": "x" * 400,
    "nothing": "",
}


def literal(label: str, langs: tuple[str, ...] = LANGUAGES) -> str:
    escaped = label.replace("\\", "\\\\").replace('"', '\\"')
    return " , ".join(f'"{escaped}"@{lang}' for lang in langs)


class Reader(HTMLParser):
    """Reads which elements, attributes and texts a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("label", ODD_LABELS.values(), ids=ODD_LABELS)
def test_an_odd_label_is_shown_as_it_is_and_does_nothing(
    make_project: MakeProject, label: str
) -> None:
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal(label))))

    assert not dead_links(site)
    plain = " ".join(label.split())
    for path, html in html_pages(site):
        html5lib.HTMLParser(strict=True).parse(html)
        reader = Reader()
        reader.feed(without_own_scripts(html))
        assert not reader.tags & {"script", "img"}, path
        assert not any(name.startswith("on") for name in reader.attributes), path
    body = Reader()
    body.feed(text_of(site, "toimielin/a.html"))
    shown = "".join(body.texts).replace("\u00ad", "").replace("\u200b", "")
    assert plain in " ".join(shown.split())


@pytest.mark.parametrize("label", [ODD_LABELS["right to left"], "abc\u202egnp.exe"])
def test_a_name_that_runs_the_other_way_does_not_turn_the_text_around_it(
    make_project: MakeProject, label: str
) -> None:
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal(label))))

    for path in ("vastuut.html", "toimielin/a.html", "index.html"):
        main = main_of(text_of(site, path))
        for match in re.finditer(re.escape(label), main):
            assert main[: match.start()].endswith("<bdi>"), path


def test_a_name_without_a_translation_is_shown_in_finnish_and_marked(
    make_project: MakeProject,
) -> None:
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal("Nimi", ("fi",)))))

    assert '<h1 lang="fi">Nimi</h1>' in text_of(site, "en/toimielin/a.html")
    assert "<h1>Nimi</h1>" in text_of(site, "toimielin/a.html")


def test_a_long_name_without_spaces_can_break(make_project: MakeProject) -> None:
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal("x" * 400))))

    assert not re.search("x{60}", main_of(text_of(site, "vastuut.html")))


def test_two_things_with_the_same_key_get_a_page_each(make_project: MakeProject) -> None:
    site = build(
        make_project("""
<https://example.org/a/same> a kyt:Forum ; skos:prefLabel "Yksi"@fi .
<https://example.org/b/same> a kyt:Forum ; skos:prefLabel "Kaksi"@fi .
<https://example.org/b/SÄME> a kyt:Forum ; skos:prefLabel "Kolme"@fi .
""")
    )

    names = [text_of(site, f"toimielin/same{n}.html") for n in ("", "-2", "-3")]
    assert {re.findall("<h1>(.*?)</h1>", html)[0] for html in names} == {"Yksi", "Kaksi", "Kolme"}


@pytest.mark.parametrize(
    "iri",
    [
        "https://example.org/../../../etc/passwd",
        "https://example.org/..",
        "https://example.org/",
        "https://example.org/%2e%2e%2f",
        "urn:x:y",
        "https://example.org/con",
        "https://example.org/" + "a" * 400,
        "https://example.org/مجلس",
    ],
)
def test_no_iri_leads_out_of_the_folder_of_the_site(make_project: MakeProject, iri: str) -> None:
    site = build(make_project(f'<{iri}> a kyt:Forum ; skos:prefLabel "Yksi"@fi .'))

    found = [path for path in site if path.parts[0] == "toimielin"]
    assert len(found) == 1
    assert re.fullmatch(r"[a-z0-9-]{1,80}\.html", found[0].name)
    assert found[0].stem != "con"


def test_a_graph_with_nothing_in_it_gives_pages_that_say_so(make_project: MakeProject) -> None:
    site = build(make_project(""))

    for _, html in html_pages(site):
        html5lib.HTMLParser(strict=True).parse(html)
    assert "Lähteissä ei ole tietoa tasoista." in text_of(site, "rakenne.html")
    assert "Lähteissä ei ole toimenpiteitä." in text_of(site, "vastuut.html")
    assert "Lähteitä ei ole." in text_of(site, "lahteet.html")


def test_a_measure_without_priority_role_or_law_has_a_page_that_says_so(
    make_project: MakeProject,
) -> None:
    site = build(
        make_project(
            SMALL
            + 'p:measure-a a kyt:Measure ; skos:prefLabel "M"@fi ; kyt:inVersion p:version-a ;'
            " kyt:statedAt p:place-a ."
        )
    )

    said = words(text_of(site, "toimenpide/measure-a.html"))
    assert "Vastuutahoa ei ole lähteissä." in said
    assert "ei omaa eikä periytyvää lakiperustetta" in said
    assert "Ei painopistettä" in words(text_of(site, "vastuut.html"))


def test_three_hundred_bodies_on_one_level_fit_the_map(make_project: MakeProject) -> None:
    many = "\n".join(
        f'body:b{n} a kyt:Network ; skos:prefLabel "Verkosto {n}"@fi .\n'
        f"p:placement-{n} a kyt:Placement ; kyt:concerns body:b{n} ; kyt:inVersion p:version-a ;"
        f" kyt:level <https://w3id.org/kytkos/scheme/level/networks> ;"
        f" kyt:basis basis:stated ; kyt:statedAt p:place-a ."
        for n in range(300)
    )
    html = text_of(build(make_project(SMALL + many)), "rakenne.html")

    lines = re.findall(r"grid-column: (\d+ / \d+); grid-row: (\d+)", html)
    assert len(lines) == len(set(lines)) == 300


def test_forty_who_cooperate_are_all_named(make_project: MakeProject) -> None:
    many = "\n".join(
        f'body:b{n} a kyt:Network ; skos:prefLabel "Verkosto {n}"@fi .\n'
        f"p:role-{n} a kyt:RoleAssignment ; cv:hasParticipant body:b{n} ;"
        f" cv:role role:cooperating ; kyt:concerns p:measure-a ;"
        f" kyt:inVersion p:version-a ; kyt:basis basis:stated ;"
        f" kyt:statedAt p:place-a ."
        for n in range(40)
    )
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal("A")) + many))

    for path in ("toimenpide/measure-a.html", "vastuut.html", "kooste.html"):
        said = words(text_of(site, path))
        assert all(f"Verkosto {n}" in said for n in range(40)), path
    assert not dead_links(site)


def test_a_graph_without_meetings_says_so_and_draws_nothing(make_project: MakeProject) -> None:
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal("A"))))
    html = text_of(site, "kokoukset.html")

    assert "Mikään kartan sopimuksista ei ole voimassa" in words(html)
    assert "<svg" not in html
    assert "Lähteissä ei ole tästä tietoa." in words(text_of(site, "tapahtumat.html"))
    assert "Lähteissä ei ole tästä tietoa." in words(text_of(site, "mittarit.html"))


def test_a_name_in_a_language_of_no_page_is_marked_as_such(make_project: MakeProject) -> None:
    site = build(make_project('body:a a kyt:Forum ; skos:prefLabel "منتدى البلديات"@ar .'))

    assert '<bdi lang="ar">منتدى البلديات</bdi>' in text_of(site, "toimielin/a.html")


def test_a_language_that_is_none_is_not_written(make_project: MakeProject) -> None:
    bad = Term("literal", "Nimi", 'x" onload="alert(1)')

    assert pen().label(bad) == "Nimi"


def test_the_build_counts_what_has_no_translation(make_project: MakeProject) -> None:
    project = make_project(SMALL + THINGS.replace("LABEL", literal("Nimi", ("fi",))))
    told: list[str] = []
    pages.build(project, project.graph(), NO_FINDINGS, progress=told.append)

    assert "Pages: sv: 1 texts have no translation" in told
    assert not any(note.startswith("Pages: fi:") for note in told)


def test_no_page_is_over_150_kilobytes(site: Site) -> None:
    for path, html in html_pages(site):
        assert len(html.encode()) < 150_000, path


OBSERVED = """
@prefix sosa: <http://www.w3.org/ns/sosa/> .
p:county a kyt:WellbeingServicesCounty ; skos:prefLabel "Alue"@fi .
p:one a kyt:Municipality ; skos:prefLabel "Yksi"@fi ; kyt:inCounty p:county .
p:two a kyt:Municipality ; skos:prefLabel "Kaksi"@fi ; kyt:inCounty p:county .
p:figure a sosa:ObservableProperty ; skos:prefLabel "Luku"@fi .
p:observation a kyt:IndicatorObservation ; sosa:observedProperty p:figure ;
    sosa:hasFeatureOfInterest p:one ; kyt:value 0 ; kyt:statedAt p:place-a .
"""


def test_zero_is_told_apart_from_no_value(make_project: MakeProject) -> None:
    html = text_of(build(make_project(SMALL + OBSERVED)), "mittarit.html")
    rows = [words(row) for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)]

    assert any(row.startswith("Yksi 0") for row in rows)
    assert any(row.startswith("Kaksi ? ei arvoa lähteissä") for row in rows)


def test_what_changed_is_told_with_both_places(site: Site) -> None:
    html = text_of(site, "muutokset/kh2023-kh2026.html")
    answer = re.search(r'<div class="answer">.*?</div>', html, re.DOTALL)

    assert answer
    said = words(answer[0])
    assert "KH Hyte (kokoontuminen): 3–4 kertaa vuodessa" in said
    assert "→ 2–3 kertaa vuodessa" in said
    cited = re.findall(r"KH Hyte</a>.*?2–3", answer[0], re.DOTALL)
    assert "../lahde/kh2023-" in cited[0]


def test_a_meeting_that_is_planned_is_not_called_held(site: Site) -> None:
    html = text_of(site, "kokoukset.html")
    rows = [words(row) for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)]

    (autumn,) = [row for row in rows if "suunniteltu 24.9.2025" in row]
    assert autumn.startswith("Kokoontuminen 2025 kerran vuodessa ei kirjausta lähteissä")
    assert "? Ei osoitettu" in autumn


def test_the_front_page_counts_the_bodies_that_the_structure_map_shows(site: Site) -> None:
    first_map = text_of(site, "rakenne.html").partition('class="map"')[2].partition("<h3>")[0]
    shown = set(re.findall(r'<a [^>]*class="box[^>]*href="([^"]+)"', first_map))

    assert len(shown) > 10
    assert f"{len(shown)} toimielintä tasoittain" in words(text_of(site, "index.html"))


def test_the_front_page_counts_what_the_pages_it_leads_to_show(site: Site) -> None:
    said = words(text_of(site, "index.html"))
    law = main_of(text_of(site, "perusteet.html")).partition("<h2>Yhteistyötä koskevia")[0]
    sections = set(re.findall(r'<th[^>]*><a [^>]*href="?(saados/[^"\s>]+)', law))
    measures = set(re.findall(r"href=\"?(toimenpide/[^\"\s>]+)", text_of(site, "vastuut.html")))
    indicators = re.search(r"Sopimuksissa on (\d+) mittaria", words(text_of(site, "mittarit.html")))

    assert f"{len(sections)} säännöstä" in said
    assert f"{len(measures)} toimenpidettä" in said
    assert indicators is not None
    assert f"{indicators[1]} mittaria" in said


def test_a_party_sees_its_meetings_a_year_and_what_the_law_asks(site: Site) -> None:
    said = words(text_of(site, "osapuoli/433.html"))

    assert "vähintään 9 kokousta vuodessa" in said
    assert "vähintään 6 kokousta vuodessa" in said
    assert "lisäksi vähintään 24, jos päätelty jäsenyys pitää paikkansa" in said
    assert "Lain mukaan: 38 säännöstä" in said


def test_a_finding_is_named_on_the_page_of_what_it_concerns(site: Site) -> None:
    html = text_of(site, "toimielin/kh-hyte.html")

    assert re.search(r'class="noted".*?href="\.\./havainnot\.html#', html, re.DOTALL)


def test_a_value_of_a_source_is_shown_as_it_is(make_project: MakeProject) -> None:
    naming = (
        'p:naming a kyt:Naming ; kyt:concerns body:a ; kyt:name "<b>K-H</b>"@fi ;'
        " kyt:inVersion p:version-a ; kyt:basis basis:stated ; kyt:statedAt p:place-a ."
    )
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal("A")) + naming))

    assert "&lt;b&gt;K-H&lt;/b&gt;" in text_of(site, "toimielin/a.html")


def test_dates_and_months_that_do_not_exist_are_shown_as_they_are(
    make_project: MakeProject,
) -> None:
    duty = """
p:duty a kyt:Obligation ; kyt:binds body:a ; kyt:inVersion p:version-a ; kyt:atLeast 1 ;
    kyt:act <https://w3id.org/kytkos/scheme/act/meet> ; kyt:monthFrom 0 ; kyt:monthTo 13 ;
    kyt:perPeriod <https://w3id.org/kytkos/scheme/period-kind/calendar-year> ;
    kyt:dueBy "2026-99-99"^^xsd:date ; kyt:basis basis:stated ; kyt:statedAt p:place-a .
"""
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal("A")) + duty))

    said = words(text_of(site, "toimielin/a.html"))
    assert "kerran vuodessa 0–13kuussa viimeistään 99.99.2026" in said


def test_a_link_that_is_not_to_a_page_of_the_web_is_not_made(make_project: MakeProject) -> None:
    site = build(
        make_project(
            SMALL
            + """
<http://data.finlex.fi/eli/sd/2021/1> skos:notation "1/2021" ; skos:prefLabel "Laki"@fi ;
    <http://xmlns.com/foaf/0.1/page> <javascript:alert(1)> .
p:base a kyt:LegalBasis ; kyt:concerns p:version-a ; kyt:inVersion p:version-a ;
    kyt:legalResource <http://data.finlex.fi/eli/sd/2021/1> ;
    kyt:basis basis:stated ; kyt:statedAt p:place-a .
"""
        )
    )

    assert "javascript" not in text_of(site, "saados/1-2021.html")


def test_settings_that_are_not_toml_are_named(make_project: MakeProject) -> None:
    project = make_project("")
    (project.root / "site.toml").write_text("title = \n", encoding="utf-8")

    with pytest.raises(ProjectError, match=r"site\.toml"):
        build(project)


def test_settings_are_texts_and_not_markup(make_project: MakeProject) -> None:
    project = make_project("")
    (project.root / "site.toml").write_text('lede = "<b>x</b>"\n', encoding="utf-8")

    assert "&lt;b&gt;x&lt;/b&gt;" in text_of(build(project), "index.html")


# Names, dates, numbers


def pen(lang: str = "fi", **texts: object) -> Pen:
    records: list[Mapping[str, Term | None]] = []
    stated = pages.read_texts(Path(pages.__file__).parent / "texts.toml", lang)
    names, citations = Names(records), Citations(records, anchors())
    return Pen(stated | texts, lang, names, citations, {}, "")


@pytest.mark.parametrize(
    ("lang", "value", "expected"),
    [
        ("fi", "2026-04-13", "13.4.2026"),
        ("sv", "2026-04-13", "13.4.2026"),
        ("en", "2026-04-13", "13 April 2026"),
        ("fi", "2023-03", "3/2023"),
        ("en", "2023-03", "March 2023"),
        ("en", "2023", "2023"),
        ("fi", "keväällä", "keväällä"),
    ],
)
def test_a_date_is_written_as_the_language_does(lang: str, value: str, expected: str) -> None:
    assert pen(lang).date(value) == expected


@pytest.mark.parametrize(
    ("lang", "expected"), [("fi", "24.9.25"), ("sv", "24.9.25"), ("en", "24 Sep 2025")]
)
def test_a_date_in_a_narrow_cell_is_short(lang: str, expected: str) -> None:
    assert pen(lang).short_date("2025-09-24") == expected


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("fi", "touko–kesäkuussa"), ("sv", "i maj–juni"), ("en", "in May–June")],
)
def test_a_window_of_months_is_named(lang: str, expected: str) -> None:
    assert pen(lang).months(5, 6) == expected


def test_one_and_many_have_their_own_forms() -> None:
    assert [str(pen().count(n, "measure")) for n in (0, 1, 2)] == [
        "0 toimenpidettä",
        "1 toimenpide",
        "2 toimenpidettä",
    ]


def test_names_are_in_the_alphabet_of_the_language() -> None:
    rows = [{"x": Term("literal", name)} for name in ("Ö", "Z", "Ä", "Å", "A")]

    assert [row["x"].value for row in pen("fi").alphabetical(rows, "x") if row["x"]] == [
        "A", "Z", "Å", "Ä", "Ö",
    ]  # fmt: skip


def test_two_terms_whose_iris_end_alike_have_anchors_of_their_own() -> None:
    mark = anchors([Term("uri", "urn:a/x"), Term("uri", "urn:b/x"), Term("uri", "urn:c/x-2")])

    assert [mark(Term("uri", f"urn:{c}")) for c in ("a/x", "b/x", "c/x-2")] == ["x", "x-2", "x-2-2"]


def test_headings_are_classes_and_nothing_in_one_ends_its_rule() -> None:
    headings = Headings()
    odd = Markup("Mitä, <span>'}</style></span>&lt;b&gt;\\")
    names = [headings(heads) for heads in (["Mitä"], ["Laji", odd], ["Mitä"])]

    assert names[0] == names[2] != names[1]
    assert f".{names[0]} {{ --c1:'Mitä' }}\n" in headings.style
    odd_rule = r"--c2:'Mitä, \27 \7d \3c b\3e \5c '"
    assert f".{names[1]} {{ --c1:'Laji';{odd_rule} }}\n" in headings.style


def test_a_long_word_may_break_only_where_a_syllable_begins() -> None:
    assert soft_hyphens("lyhyt") == "lyhyt"
    assert (
        soft_hyphens("perhekeskustyöryhmä") == "per\u00adhe\u00adkes\u00adkus\u00adtyö\u00adryhmä"
    )


def test_a_compound_breaks_between_words_that_are_known() -> None:
    parts = frozenset({"perhekeskus", "työryhmä", "keskus"})

    assert soft_hyphens("Perhekeskustyöryhmä", parts=parts) == "Perhekeskus\u00adtyöryhmä"
    assert soft_hyphens("työryhmä", parts=parts) == "työryhmä"


def test_a_swedish_word_breaks_before_consonants_that_belong_together() -> None:
    assert soft_hyphens("samarbetsgrupperna", "sv").endswith("bets\u00adgrupperna")
    assert soft_hyphens("responsibilities", "en") == "responsibilities"


def test_a_slug_is_a_safe_file_name() -> None:
    assert slug("612/2021 7 §") == "612-2021-7"
    assert slug("../..") == "x"
    assert slug("CON") == "x-con"


def test_rows_are_grouped_in_the_order_they_come() -> None:
    a, b = Term("literal", "a"), Term("literal", "b")
    rows = Rows([{"x": b}, {"x": a}, {"x": b}, {"x": None}])

    assert [len(group) for _, group in by(rows, "x")] == [2, 1, 1]
    assert [row["x"] for row in distinct(rows, "x")] == [b, a]
    assert len(rows.where("x", "b")) == 2
    assert len(rows.where("x", None)) == 1


# Writing


def files(text: str = "new") -> dict[PurePosixPath, bytes]:
    return {PurePosixPath("index.html"): text.encode(), MARKER: b"{}"}


def test_a_site_replaces_the_old_one_whole(tmp_path: Path) -> None:
    out = tmp_path / "site"
    write_folder(out, files() | {PurePosixPath("gone.html"): b""}, MANIFEST)
    write_folder(out, files("newer"), MANIFEST)

    assert sorted(path.name for path in out.iterdir()) == ["index.html", MANIFEST]
    assert (out / "index.html").read_text() == "newer"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(OutputError, match="not ours"):
        write_folder(tmp_path, files(), MANIFEST)

    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_file_where_the_site_should_go_is_kept(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")

    with pytest.raises(OutputError):
        write_folder(tmp_path / "site", files(), MANIFEST)

    assert (tmp_path / "site").read_text() == "mine"


def test_a_target_that_cannot_be_written_leaves_the_old_site(tmp_path: Path) -> None:
    write_folder(tmp_path / "site", files("old"), MANIFEST)
    unwritable = files() | {PurePosixPath("a" * 300): b""}

    with pytest.raises(OutputError, match="can't write"):
        write_folder(tmp_path / "site", unwritable, MANIFEST)

    assert (tmp_path / "site/index.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_killed_build_leaves_the_old_site_whole(tmp_path: Path) -> None:
    out = tmp_path / "site"
    write_folder(out, files("old"), MANIFEST)
    program = textwrap.dedent("""
        import sys
        from pathlib import Path, PurePosixPath
        from kytkos.files import write_folder
        many = {PurePosixPath(f"{n}.html"): b"new" * 1000 for n in range(200_000)}
        many[PurePosixPath("kytkos.json")] = b"{}"
        print("writing", flush=True)
        write_folder(Path(sys.argv[1]), many, "kytkos.json")
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(out)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "writing\n"
    while not any(path.name.startswith(".site.new") for path in tmp_path.iterdir()):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    assert (out / "index.html").read_text() == "old"
    write_folder(out, files(), MANIFEST)
    assert (out / "index.html").read_text() == "new"


def test_a_site_that_was_set_aside_is_put_back(tmp_path: Path) -> None:
    write_folder(tmp_path / "site", files("old"), MANIFEST)
    (tmp_path / "site").rename(tmp_path / ".site.old")

    with pytest.raises(KytkosError):
        write_folder(tmp_path / "site", files() | {PurePosixPath("a" * 300): b""}, MANIFEST)

    assert (tmp_path / "site/index.html").read_text() == "old"


# Settings


def settings_project(make_project: MakeProject, text: str) -> Project:
    project = make_project("")
    (project.root / "site.toml").write_text(text, encoding="utf-8")
    return project


def test_a_logo_that_is_missing_is_told_of_and_keeps_nothing_from_being_built(
    make_project: MakeProject,
) -> None:
    project = settings_project(make_project, 'logo = "nothing.svg"\n')
    told: list[str] = []
    site = pages.build(project, project.graph(), NO_FINDINGS, progress=told.append)

    assert any("nothing.svg" in note for note in told)
    assert "<img" not in text_of(site, "index.html")


def test_a_logo_stands_at_the_top_of_every_page(make_project: MakeProject) -> None:
    project = settings_project(make_project, 'logo = "logo.svg"\n')
    (project.root / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    site = build(project)

    assert PurePosixPath("static/logo.svg") in site
    assert 'src="../static/logo.svg"' in text_of(site, "sv/index.html")


def test_the_colours_of_a_county_come_after_those_of_the_program(
    make_project: MakeProject,
) -> None:
    site = build(settings_project(make_project, '[colours]\nfocus = "#123456"\n'))

    assert site[PurePosixPath("static/site.css")].endswith(b":root { --focus: #123456; }\n")


@pytest.mark.parametrize(
    "text",
    [
        '[colours]\nfocus = "red; } body { display: none"\n',
        'colours = "red"\n',
        'contact = "javascript:alert(1)"\n',
        'contact = "somebody"\n',
    ],
)
def test_a_setting_that_cannot_be_used_is_named(make_project: MakeProject, text: str) -> None:
    with pytest.raises(ProjectError, match=r"site\.toml"):
        build(settings_project(make_project, text))


def test_every_page_says_where_to_report_a_mistake(make_project: MakeProject) -> None:
    site = build(settings_project(make_project, 'contact = "someone@example.org"\n'))

    for path, html in html_pages(site):
        assert 'href="mailto:someone@example.org"' in html, path


@pytest.mark.parametrize("address", ["https://example.org/kartta", "https://example.org/kartta/"])
def test_the_sheet_of_a_party_says_where_its_page_is(
    make_project: MakeProject, address: str
) -> None:
    settings_project(make_project, f'address = "{address}"')
    site = build(make_project(SMALL + THINGS.replace("LABEL", literal("A"))))

    assert "https://example.org/kartta/sv/osapuoli/party-a.html" in text_of(
        site, "sv/osapuoli/party-a.html"
    )


def many_links(priorities: int) -> str:
    parts = []
    for p in range(priorities):
        parts.append(
            f'p:pr{p} a kyt:Priority ; skos:prefLabel "Painopiste {p}"@fi ; kyt:order {p} ;'
            f" kyt:inVersion p:version-a ; kyt:statedAt p:place-a ."
        )
        for n in range(6):
            parts.append(
                f'body:b{p}{n} a kyt:Network ; skos:prefLabel "Verkosto {p}.{n}"@fi .\n'
                f'p:m{p}{n} a kyt:Measure ; skos:prefLabel "Toimi {p}.{n}"@fi ; kyt:order {n} ;'
                f" kyt:partOf p:pr{p} ; kyt:inVersion p:version-a ; kyt:statedAt p:place-a .\n"
                f"p:r{p}{n} a kyt:RoleAssignment ; cv:hasParticipant body:b{p}{n} ;"
                f" cv:role role:main ; kyt:concerns p:m{p}{n} ; kyt:inVersion p:version-a ;"
                f" kyt:basis basis:stated ; kyt:statedAt p:place-a ."
            )
    return SMALL + "\n".join(parts)


@pytest.mark.parametrize(("priorities", "figures"), [(6, 1), (7, 7)])
def test_past_forty_links_each_priority_has_a_figure_of_its_own(
    make_project: MakeProject, priorities: int, figures: int
) -> None:
    html = text_of(build(make_project(many_links(priorities))), "perusteet.html")

    assert html.count('<svg class="columns"') == figures
    assert len(re.findall("<path class", html)) == 6 * priorities


def test_past_forty_links_each_act_has_a_figure_of_its_own(make_project: MakeProject) -> None:
    act = "<http://data.finlex.fi/eli/sd/2021/612>"
    law = f"""
{act} a eli:LegalResource ; skos:prefLabel "Laki A"@fi ; skos:notation "612/2021" .
<http://data.finlex.fi/eli/sd/2021/612/luku/1/pykala/7> a eli:LegalResourceSubdivision ;
    eli:is_part_of {act} ; skos:prefLabel "Pykälä"@fi ; skos:notation "612/2021 7 §" .
p:law a kyt:LegalBasis ; kyt:legalResource <http://data.finlex.fi/eli/sd/2021/612/luku/1/pykala/7> ;
    kyt:concerns body:b00 ; kyt:inVersion p:version-a ; kyt:basis basis:stated ;
    kyt:statedAt p:place-a .
"""
    prefix = "@prefix eli: <http://data.europa.eu/eli/ontology#> .\n"
    html = text_of(build(make_project(prefix + many_links(7) + law)), "perusteet.html")

    of_act = html.partition("Laki A</h3>")[2].partition("</svg>")[0]
    assert html.count('<svg class="columns"') == 8
    assert len(re.findall("<path class", of_act)) == 2
    assert [
        name for name in ("612/2021 7 §", "Verkosto 0.0", "Toimi 0.0") if name not in of_act
    ] == []


@pytest.mark.parametrize("name", ["rakenne", "vastuut"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_map_is_a_drawing_of_its_own_with_every_box_in_it(
    site: Site, name: str, lang: str
) -> None:
    drawing = ElementTree.fromstring(text_of(site, in_language(f"kuviot/{name}.svg", lang)))

    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    left, top, width, height = map(float, drawing.attrib["viewBox"].split())
    boxes = [e for e in drawing.iter() if e.tag.endswith("}rect") and "rx" in e.attrib]
    assert len(boxes) > 10
    for box in boxes:
        x, y, w, h = (float(box.attrib[a]) for a in ("x", "y", "width", "height"))
        assert left <= x
        assert x + w <= left + width
        assert top <= y
        assert y + h <= top + height


def test_an_odd_name_is_no_markup_in_a_drawing(make_project: MakeProject) -> None:
    odd = literal("<script>alert(1)</script> & \"x\" 'y'")
    site = build(make_project(SMALL + THINGS.replace("LABEL", odd)))

    for name in ("rakenne", "vastuut"):
        drawing = ElementTree.fromstring(text_of(site, f"kuviot/{name}.svg"))
        assert not [e for e in drawing.iter() if e.tag.endswith("}script")]
