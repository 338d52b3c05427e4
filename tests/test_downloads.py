import io
import json
import re
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from datetime import date
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from typing import Any

import html5lib
import icalendar
import openpyxl
import pyoxigraph as ox
import pytest
import rdflib

from kytkos import agenda, downloads, pages
from kytkos.calendar import calendar
from kytkos.downloads import FOLDER, plain, self_contained, standalone, tables
from kytkos.engines import Oxigraph
from kytkos.feed import atom, linked_data
from kytkos.graph import Graph
from kytkos.pages import Site
from kytkos.project import Project
from kytkos.report import Report
from kytkos.terms import LANGUAGES, RDF_TYPE, Term

ATOM = "{http://www.w3.org/2005/Atom}"
SVG = "{http://www.w3.org/2000/svg}"
NAME = rdflib.URIRef("https://schema.org/name")


@pytest.fixture(scope="module")
def site(county: Project, county_graph: Graph) -> Site:
    return pages.build(county, county_graph, Report(()), progress=lambda _: None)


def in_folder(site: Site, ending: str) -> dict[str, bytes]:
    return {
        path.name: content
        for path, content in site.items()
        if path.parts[0] == FOLDER and path.name.endswith(ending)
    }


def test_the_same_data_gives_the_same_bytes(
    site: Site, county: Project, county_graph: Graph
) -> None:
    again = pages.build(county, county_graph, Report(()), progress=lambda _: None)

    assert {path for path in site if site[path] != again.get(path)} == set()


# Tables


def test_a_cell_that_spans_others_stands_in_each_and_what_is_not_said_is_left_out() -> None:
    html = """<table><caption>T</caption>
<thead><tr><th rowspan="2">A</th><th colspan="2">B</th></tr><tr><th>b1</th><th>b2</th></tr></thead>
<tbody><tr><th rowspan="2">x&amp;y</th><td>1</td><td><span aria-hidden="true">V</span>main</td></tr>
<tr><td><ul><li>one</li><li>two</li></ul></td><td>007</td></tr></tbody></table>"""
    [(caption, table)] = tables(html)

    assert caption == "T"
    assert table.variables == ("A", "B – b1", "B – b2")
    values = [[term.value if term else None for term in row] for row in table.rows]
    assert values == [["x&y", "1", "main"], ["x&y", "one\ntwo", "007"]]
    assert [bool(row[1] and row[1].datatype) for row in table.rows] == [True, False]


def test_a_page_without_tables_or_headings_makes_no_file() -> None:
    assert list(tables("<main><p>nothing</p></main>")) == []
    assert [t.variables for _, t in tables("<table><tr><td>a</td></tr></table>")] == [(" ",)]


def test_every_row_of_every_table_is_in_the_workbook(site: Site) -> None:
    views = pages.read_views(pages._HERE / "views.toml")
    chosen = [view.output for view in views if view.files and not view.each]
    for path in chosen:
        tree = html5lib.parse(site[PurePosixPath(path)], namespaceHTMLElements=False)
        rows = [len(table.findall("./tbody/tr")) for table in tree.findall(".//main//table")]
        if not rows:
            continue
        name = f"{path.removesuffix('.html')}-fi.xlsx"
        book = openpyxl.load_workbook(io.BytesIO(in_folder(site, name)[name]))

        assert [sheet.max_row - 4 for sheet in book.worksheets] == rows, path


def test_a_csv_opens_in_a_finnish_excel(site: Site) -> None:
    text = in_folder(site, "vastuut-fi.csv")["vastuut-fi.csv"].decode()

    assert text.startswith("\ufeffToimenpide;")
    packed = zipfile.ZipFile(
        io.BytesIO(in_folder(site, "rakenne-csv-fi.zip")["rakenne-csv-fi.zip"])
    )
    assert packed.namelist() == ["rakenne-1-fi.csv", "rakenne-2-fi.csv"]


# Drawings


def test_a_drawing_is_a_file_of_its_own(site: Site) -> None:
    found = in_folder(site, ".svg")
    assert found
    for name, content in found.items():
        root = ET.fromstring(content)

        assert root.tag == f"{SVG}svg"
        assert b"var(" not in content
        for link in root.iter(f"{SVG}a"):
            target = normpath(join(FOLDER, link.get("href", "").partition("#")[0]))
            assert PurePosixPath(target) in site, (name, target)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "drawings"),
    [
        ("rakenne.html", 1),  # the structure map
        ("vastuut.html", 1),  # the matrix of responsibilities
        ("perusteet.html", 1),  # the legal figure
        ("kokoukset.html", 2),  # the months as a ring; agreed against held
        ("muutokset/kh2023-kh2026.html", 2),  # the cadences; the priorities side by side
        ("mittarit.html", 1),  # the segments of an indicator
        ("tapahtumat.html", 1),  # the time line
    ],
)
def test_each_figure_and_its_table_can_be_fetched(
    site: Site, path: str, drawings: int, lang: str
) -> None:
    page = PurePosixPath("" if lang == "fi" else lang, path)
    fetched = [
        normpath(page.parent / href)
        for href in re.findall(r'<a\s+href="?([^"\s>]+)"?\s+download', site[page].decode())
    ]
    kinds = [href.rpartition(".")[2] for href in fetched]

    assert [href for href in fetched if PurePosixPath(href) not in site] == []
    assert kinds.count("svg") == drawings
    assert kinds.count("xlsx") == 1
    assert kinds.count("csv") + kinds.count("zip") == 1


def test_a_drawing_takes_its_rules_and_colours_along() -> None:
    css = ":root { --body: #123456; }\nrect.body { fill: var(--body); }\n"
    css += "rect.measure { fill: red; }\np { margin: 0; }\n"
    drawn = standalone(
        '<svg aria-hidden="true"><rect class="body"/>'
        '<a tabindex="-1" href="b/c.html">&nbsp;</a></svg>',
        css,
        "../",
    )

    assert "rect.body { fill: #123456; }" in drawn
    assert "margin" not in drawn
    assert "measure" not in drawn  # it has none
    assert '<a href="../b/c.html">\u00a0</a>' in drawn
    assert ET.fromstring(drawn) is not None


# The graph


@pytest.fixture(scope="module")
def unpacked(site: Site) -> dict[str, bytes]:
    packed = io.BytesIO(in_folder(site, ".tar.xz")["kytkos.tar.xz"])
    with tarfile.open(fileobj=packed, mode="r:xz") as archive:
        assert {(m.mtime, m.uid, m.uname, oct(m.mode)) for m in archive} == {
            (946684800, 0, "", "0o644")
        }
        return {m.name: (archive.extractfile(m) or io.BytesIO()).read() for m in archive}


@pytest.mark.parametrize("form", ["ttl", "trig"])
def test_the_packed_graph_is_the_whole_graph(
    unpacked: dict[str, bytes], county_graph: Graph, form: str
) -> None:
    parsed = ox.parse(unpacked[f"kytkos.{form}"], format=ox.RdfFormat.from_extension(form))

    assert len({quad.triple for quad in parsed}) == county_graph.triples


def test_a_thing_is_written_alike_in_turtle_and_trig(unpacked: dict[str, bytes]) -> None:
    lines = {form: unpacked[f"kytkos.{form}"].decode().splitlines() for form in ("ttl", "trig")}

    assert [s for s in lines["trig"] if s != "}" and not s.endswith(" {")] == lines["ttl"]


def test_the_packed_network_has_names_in_each_language(unpacked: dict[str, bytes]) -> None:
    said = {data.text for data in ET.fromstring(unpacked["kytkos.graphml"]).iter() if data.text}

    assert {"Lopen kunta", "Loppi kommun", "Municipality of Loppi"} <= said


def test_the_archive_says_what_is_in_it_and_its_licence(unpacked: dict[str, bytes]) -> None:
    readme = unpacked["README.txt"].decode()

    assert {name for name in unpacked if name not in readme} == {"README.txt"}
    for lang in LANGUAGES:
        assert f"https://creativecommons.org/licenses/by/4.0/deed.{lang}" in readme


# JSON-LD


def test_each_page_of_a_thing_says_what_it_is_in_its_own_language(site: Site) -> None:
    seen = 0
    for path, content in site.items():
        if path.suffix != ".html":
            continue
        html = content.decode()
        scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
        for script in scripts:
            said = json.loads(script)
            assert isinstance(said["@context"], dict)
            graph = rdflib.Graph().parse(data=script, format="json-ld")
            [subject] = set(graph.subjects())
            kinds = {str(kind) for kind in graph.objects(subject, rdflib.RDF.type)}
            assert any(kind.startswith("https://schema.org/") for kind in kinds), path
            assert str(subject).startswith("http"), path
            lang = html.partition('<html lang="')[2][:2]
            assert {name.language for name in graph.objects(subject, NAME)} <= {lang}  # type: ignore[attr-defined]
            seen += 1
    things = [path for path in site if path.suffix == ".html" and (site[path].count(b"ld+json"))]
    assert seen == len(things)
    assert seen > 80 * len(LANGUAGES)


def test_what_a_thing_says_can_not_end_the_script() -> None:
    this, name = Term("uri", "https://example.org/a"), Term("uri", "https://schema.org/name")
    value = Term("literal", "</script><b>", "fi")
    said = linked_data([{"this": this, "property": name, "value": value}], "fi")

    assert "<" not in said[this.value]
    assert json.loads(said[this.value])["name"] == "</script><b>"


def test_a_kind_and_a_link_are_written_as_such() -> None:
    this = Term("uri", "https://w3id.org/kytkos/id/body/a")
    schema = "https://schema.org/"
    said = {
        RDF_TYPE: Term("uri", f"{schema}Organization"),
        f"{schema}member": Term("uri", "urn:b"),
        f"{schema}name": Term("literal", "B", "sv"),
    }
    records = [{"this": this, "property": Term("uri", p), "value": v} for p, v in said.items()]

    graph = rdflib.Graph().parse(data=linked_data(records, "fi")[this.value], format="json-ld")
    assert {(str(p), str(o)) for _, p, o in graph} == {
        (RDF_TYPE, "https://schema.org/Organization"),
        ("https://schema.org/member", "urn:b"),
    }


# One file


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_whole_can_be_sent_as_one_file(site: Site, lang: str) -> None:
    html = site[PurePosixPath("" if lang == "fi" else lang, "kooste.html")].decode()
    html5lib.HTMLParser(strict=True).parse(html)
    ids = set(re.findall(r'\bid="([^"]*)"', html))
    text = re.sub(r"<(header|nav)\b.*?</\1>", "", html, flags=re.DOTALL)
    targets = set(re.findall(r'(?:href|src|action)="([^"]*)"', text))
    [sheet] = [target for target in targets if target.endswith("static/site.css")]

    assert "<script" not in html
    assert "\n.landscape { page: sheet;" in html.replace("  ", "")
    assert "@media print {" in html
    assert all(t[1:] in ids for t in targets if t.startswith("#"))
    assert all(t.startswith(("https://", "mailto:", "#")) for t in targets - {sheet})
    assert "url(" not in html


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_whole_is_offered_under_a_name_that_tells_it(site: Site, lang: str) -> None:
    data = site[PurePosixPath("" if lang == "fi" else lang, "aineisto.html")].decode()

    assert re.search(rf'href="kooste.html" download="vastuukartta-{lang}.html"', data)


def test_the_styles_in_a_file_are_those_it_uses() -> None:
    css = """/* .c {} */
p { margin: 0 }
.a, .b { color: red }
.c > p { color: red } .a.c { color: red }
:is(.c, p) { color: red }
p:not(.c) { color: red }
@media print {
  .c { color: red }
  .b li::before { content: "; " }
}
"""
    made = self_contained('<head></head><body><p class="a b">x</p></body>', css)

    assert made.partition("<style>\n")[2].partition("\nbody > header, nav {")[0].splitlines() == [
        "p { margin: 0 }",
        ".a, .b { color: red }",
        ":is(.c, p) { color: red }",
        "p:not(.c) { color: red }",
        "@media print {",
        '  .b li::before { content: "; " }',
        "}",
    ]


def test_in_the_text_a_link_to_another_page_is_its_words() -> None:
    html = (
        '<html lang="fi"><head><link rel="stylesheet" href="a.css"><link rel="alternate" href="z">'
        '<script src="s.js"></script></head><body><nav><a href="a.html">a</a></nav>'
        '<main id="main"><a href="b.html">b</a> <a class="tag" href="c.html">c</a> '
        '<a href="#d">d</a> <a href="https://e.fi">e</a></main><footer><p>1.1.2026</p>'
        '<nav><a href="f.html">f</a></nav></footer></body></html>'
    )

    assert self_contained(html, "p {}\n") == (
        '<html lang="fi"><head><style>\np {}\nbody > header, nav { display: none; }\n</style>\n'
        '<link rel="stylesheet" href="a.css"></head><body><nav><a href="a.html">a</a></nav>'
        '<main id="main">b <span class="tag">c</span> <a href="#d">d</a> '
        '<a href="https://e.fi">e</a></main><footer><p>1.1.2026</p>'
        '<nav><a href="f.html">f</a></nav></footer></body></html>'
    )


# Calendars


def test_a_body_and_a_party_have_calendars_of_their_own(site: Site) -> None:
    found = in_folder(site, ".ics")
    assert "kalenteri-fi.ics" in found
    assert len(found) > 10 * len(LANGUAGES)
    for name, content in found.items():
        events: list[Any] = icalendar.Calendar.from_ical(content).events
        assert events, name
        assert all(event["dtstart"].dt < event["dtend"].dt for event in events)
    loppi = icalendar.Calendar.from_ical(found["kalenteri-kunta-433-sv.ics"])
    assert "Loppi kommun" in str(loppi["x-wr-calname"])
    page = site[PurePosixPath("sv/osapuoli/433.html")].decode()
    assert 'href="../../lataukset/kalenteri-kunta-433-sv.ics"' in page


def test_calendars_do_not_change_by_being_written_together(
    county: Project, county_graph: Graph
) -> None:
    queries, engine = county.queries_in("calendar"), Oxigraph(county_graph)
    made = calendar(engine, queries, date(2026, 4, 23), "fi")
    iri = "https://w3id.org/kytkos/id/body/kh-turva"
    written: dict[object, bytes] = {}
    agenda.to_ics(made, "", written)

    assert agenda.to_ics(made.of(iri), "x", written) == agenda.to_ics(made.of(iri), "x")


# The feed


def test_the_feed_is_valid_and_leads_to_pages(site: Site) -> None:
    found = in_folder(site, ".atom")
    assert len(found) == len(LANGUAGES)
    for name, content in found.items():
        feed = ET.fromstring(content)
        entries = feed.findall(f"{ATOM}entry")
        ids = [entry.findtext(f"{ATOM}id") for entry in entries]
        days = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]

        assert entries
        assert len(ids) == len(set(ids))
        assert all(entry.findtext(f"{ATOM}title") for entry in entries)
        # RFC 4287, section 4.1.2
        assert all(
            e.find(f"{ATOM}link") is not None or e.findtext(f"{ATOM}content") for e in entries
        )
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", day) for day in days)
        assert days == sorted(days, reverse=True)
        assert feed.findtext(f"{ATOM}updated") == days[0]
        for link in feed.iter(f"{ATOM}link"):
            target = normpath(
                join(dirname(f"{FOLDER}/{name}"), link.get("href", "").partition("#")[0])
            )
            assert PurePosixPath(target) in site, target


def test_a_feed_of_nothing_is_still_a_feed() -> None:
    feed = ET.fromstring(atom([], "urn:x", "<T>", "fi", {}, {}))

    assert feed.findtext(f"{ATOM}title") == "<T>"
    assert feed.findtext(f"{ATOM}updated")


def test_text_of_html_is_what_a_reader_sees() -> None:
    assert plain("a&shy;b <b>c</b><br>d&nbsp;e") == "ab c\nd e"
    assert downloads.FOLDER == "lataukset"
