"""The pages of the site: views × tables × templates → {path: bytes}.

`views.toml` lists the views. A view has an `output` path, a `template`, and `tables`: names
that the template uses, each with the query that fills it. A view with `each` makes a page
for every thing of that query, which binds `?this` and `?key`; of a table whose query binds
`?this` too, such a page gets the rows about its own thing, or all of them where the table's
name begins with `all_`. Things in the variables that `also` names are told of on that page;
those in the variables of the queries that `marks` names are told of at an anchor of it. Of a
view with `only`, the things have pages for which the query binds that variable. Those that
`?this` is in the queries that `sought` names are found by the search, too, where they have no
page: the text that it names says of what kind they are.
A view with a `menu` is in the navigation (`main`) or at the foot (`foot`) of every page, by
the text `name`.

A query answers with things, not with names, so that it is asked once for all languages. A
template writes a name with `label`, a name that leads to a page with `link`, and the places
of a claim with `cites`.
"""

import json
import posixpath
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from kytkos import collector, downloads, feed, pdf, search, stamp
from kytkos.asof import bind
from kytkos.beside import beside
from kytkos.dated import Dated
from kytkos.engines import Engine, Oxigraph, Remembering
from kytkos.errors import ProjectError
from kytkos.files import write_folder
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.queries import Query
from kytkos.report import Report
from kytkos.rows import Record, Rows, bound, distinct
from kytkos.settings import Settings, read_settings
from kytkos.stamp import MANIFEST
from kytkos.tables import Table
from kytkos.templating import Headings, environment
from kytkos.terms import ID, LANGUAGES, Term
from kytkos.wording import Citations, Names, Pen, anchors, slug, without_spans

Site = dict[PurePosixPath, bytes]

FRONT = "index.html"
MOST_BESIDE = 100_000  # triples of a graph of which two processes may have a part each
WHOLE = "kooste.html"  # the page that is all of them, for paper

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class View:
    """One page of the site, or one page for each thing of a kind."""

    output: str
    template: str
    tables: Mapping[str, str] = field(default_factory=dict)
    each: str = ""
    also: Sequence[str] = ()
    only: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)
    sought: Mapping[str, str] = field(default_factory=dict)
    menu: str = ""
    name: str = ""
    files: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page to write: its path below the folder of its language, and what it is about."""

    view: View
    path: str
    this: Record

    @property
    def iri(self) -> str:
        """The IRI of the thing that the page is about, or empty."""
        this = self.this.get("this")
        return this.value if this else ""


def read_views(path: Path) -> tuple[View, ...]:
    """Read views.toml: one `[[view]]` a page or a kind of page; `[common]` tables are for all."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        View(**view | {"tables": listed["common"] | view.get("tables", {})})
        for view in listed["view"]
    )


def read_downloads(path: Path) -> list[dict[str, Any]]:
    """Read which files the data page offers: `[[download]]` with path, form, name, shared, saved.

    `name` is the key of a text. A `shared` file is the same in all languages, at the root.
    `saved` is what it is called once it is fetched, if not as on the site.
    """
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    return [{"shared": False, "saved": ""} | one for one in listed.get("download", [])]


def read_gates() -> dict[str, Any]:
    """Read what the tests in a browser found, for the accessibility statement."""
    held: dict[str, Any] = json.loads((_HERE / "gates.json").read_text(encoding="utf-8"))
    return held


def read_texts(path: Path, lang: str) -> dict[str, Any]:
    """Read the texts of the pages in one language: `[key]` tables with fi, sv and en."""
    return {key: in_languages[lang] for key, in_languages in _texts(path).items()}


@cache
def _texts(path: Path) -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def build(
    project: Project,
    graph: Graph,
    report: Report,
    *,
    progress: Callable[[str], None],
    step: Callable[[float], None] = lambda _: None,
    passages: Mapping[str, str] | None = None,
    as_of: Term | None = None,
    browser: str = "",
) -> Site:
    """Make the site in all languages, Finnish at its root.

    Args:
        project: whose queries and `site.toml` are used.
        graph: what the pages tell of.
        report: what the check found; a page says so where there are violations.
        progress: is told what is being made.
        step: is told what share of the pages is made, from 0 to 1.
        passages: the text at each place, by the IRI of the place, to stand under its claims;
            without them a claim has its place alone.
        as_of: the day that the graph is as of; every page says so.
        browser: the Chromium that prints the whole as a PDF; none without it.

    Raises:
        QueryError: a query of a view can't be answered.
        ProjectError: `site.toml` can't be read, or says what can't be.
    """
    views = read_views(_HERE / "views.toml")
    settings = read_settings(project.root / "site.toml")
    for note in settings.notes:
        progress(note)
    site: Site = {}
    # A large graph takes its memory once: what is made of it is made afterwards.
    meanwhile = beside if graph.triples < MOST_BESIDE else _when_asked
    packed = meanwhile(partial(downloads.of_graph, graph, _readme()))
    headings = Headings()
    with collector.at_rest():
        library = {name: bind(query, as_of) for name, query in project.page_queries().items()}
        engine = Oxigraph(graph)
        answers = _answers(views, library, engine)
        tables = {name: Rows(table.records()) for name, table in answers}
        pages = tuple(_pages(views, tables))
        day = _day(as_of or _latest(tables["pages/sources"]))
        asked = Remembering(engine)  # most of what is asked for a language is asked for all
        dated = {lang: Dated(project, asked, day, lang).vocabulary for lang in LANGUAGES}
        calendars = {
            lang: downloads.of_calendar(due, lang)
            for lang in LANGUAGES
            if (due := dated[lang]["dated"].in_force)
        }
        told = {
            "report": report,
            "headings": headings,
            "as_of": as_of,
            "data_date": day,
            "logo": _logo(settings),
            "triples": graph.triples,
            "curie": lambda term: graph.prefixes.curie(term.value),
            # Without a day there is nothing due, and no calendar.
            "downloads": [
                one
                for one in read_downloads(_HERE / "views.toml")
                if (calendars or one["form"] != "iCalendar") and (browser or one["form"] != "PDF")
            ],
            "gates": read_gates(),
            "kinds": [view.output for view in views if view.output.endswith(".html")],
        }
        whose = {lang: files for lang, (_, files) in calendars.items()}
        where = _where(pages)
        site |= _render(pages, tables, settings, told, dated, whose, progress, step, passages or {})
        parts = _sought(pages, tables)
        where |= {iri: path for path, (iri, *_) in parts.items()}
        site[PurePosixPath("static", "search-index.js")] = search.index(
            _html(pages, site),
            dict(_html(pages[:1], site)).get(FRONT, {}),
            where,
            tables["pages/search-names"],
            {path: (titles, kinds) for path, (_, titles, kinds) in parts.items()},
        )
    for path in sorted((_HERE / "static").iterdir()):
        site[PurePosixPath("static", path.name)] = path.read_bytes()
    site[PurePosixPath("static", "site.css")] += (headings.style + settings.style).encode()
    progress("Downloads")
    site |= _downloads(pages, tables, settings, site, meanwhile)
    site |= packed()
    for files, _ in calendars.values():
        site |= files
    site |= dict(_alone(site, browser, progress))
    if settings.logo:
        site[PurePosixPath(_logo(settings))] = settings.logo.read_bytes()
    site[PurePosixPath(MANIFEST)] = _manifest(site, graph, where)
    return site


def write(site: Site, out: Path, inputs: str = "") -> None:
    """Write the site, replacing the old one at once or not at all.

    The pages in `site` lose what no browser needs: end tags, quotes and spaces that HTML
    can do without.

    Args:
        site: the files.
        out: the folder.
        inputs: a digest of what the site was made of, kept with it.

    Raises:
        OutputError: the target can't be written, or holds files that are not a site.
    """
    import minify_html

    for path, content in site.items():
        if path.suffix == ".html":  # one after another, as they are many
            site[path] = minify_html.minify(content.decode()).encode()
    marker = PurePosixPath(MANIFEST)
    held = json.loads(site[marker]) | {"inputs": inputs, "site": stamp.of_site(site)}
    write_folder(out, site | {marker: (json.dumps(held, indent=1) + "\n").encode()}, MANIFEST)


def summary(site: Site, out: Path) -> str:
    """Say where the site is, and how much it holds."""
    held = json.loads(site[PurePosixPath(MANIFEST)])
    size = sum(map(len, site.values())) / 1_000_000
    pages = f"{held['pages']} pages from {held['triples']} triples, {size:.1f} MB"
    return f"{out / 'index.html'}: {pages}"


def _answers(
    views: Sequence[View], library: Mapping[str, Query], engine: Engine
) -> Iterator[tuple[str, Table]]:
    asked = [(*view.tables.values(), view.each, *view.marks) for view in views]
    names = {name for query_names in asked for name in query_names if name}
    for name in sorted(names):
        if name not in library:
            raise ProjectError(f"the pages ask the query `{name}`, which is not there")
        yield name, engine.select(library[name].text, name)


def _pages(views: Sequence[View], tables: Mapping[str, Rows]) -> Iterator[Page]:
    taken: set[str] = set()
    for view in views:
        records: Iterable[Record] = distinct(tables[view.each], "this") if view.each else [{}]
        for record in records:
            if view.only and not record.get(view.only):
                continue
            key = record.get("key")
            path = free = view.output.format(key=slug(key.value) if key else "")
            number = 2
            while free in taken:
                free, number = path.replace(".html", f"-{number}.html"), number + 1
            taken.add(free)
            yield Page(view, free, record)


def _render(
    pages: Sequence[Page],
    tables: Mapping[str, Rows],
    settings: Settings,
    told: Mapping[str, object],
    dated: Mapping[str, Mapping[str, object]],
    calendars: Mapping[str, Mapping[str, PurePosixPath]],
    progress: Callable[[str], None],
    step: Callable[[float], None],
    passages: Mapping[str, str],
) -> Iterator[tuple[PurePosixPath, bytes]]:
    loaded = environment()
    versions = distinct(tables["pages/versions"], "version")
    marks = _anchors(pages, tables)
    names = Names(tables["pages/texts"])
    citations = Citations(tables["pages/places"], marks)
    where = _marked(pages, tables, marks) | _where(pages)
    told = {"versions": versions, "anchor": marks, "menus": _menus(pages)} | dict(told)
    rows_of = [
        {name: _about(page, name, tables[query]) for name, query in page.view.tables.items()}
        for page in pages
    ]
    for made, lang in enumerate(LANGUAGES):
        progress(f"Pages: {lang}")
        texts = read_texts(_HERE / "texts.toml", lang)
        said = settings.said(lang)
        linked = feed.linked_data(tables["pages/linked-data"], lang)
        pens = {
            root: Pen(texts, lang, names, citations, where, root, passages)
            for root in {_up(page.path) for page in pages}
        }
        words = {root: pen.vocabulary | dict(dated[lang]) | told for root, pen in pens.items()}
        for number, (page, rows) in enumerate(zip(pages, rows_of, strict=True)):
            step((made + number / len(pages)) / len(LANGUAGES))
            path, root = _in_folder(page.path, lang), _up(page.path)
            own = calendars.get(lang, {}).get(page.iri)
            html = loaded.get_template(page.view.template).render(
                rows | words[root],
                this=page.this,
                spoken=_spoken(page, rows, versions),
                settings=said,
                linked=linked.get(page.iri, ""),
                calendar_file=f"{_up(path)}{own}" if own else "",
                path=page.path,
                root=root,
                top=_up(path),
                in_language={
                    code: _relative(_in_folder(page.path, code), path) for code in LANGUAGES
                },
            )
            yield PurePosixPath(path), without_spans(html).encode()
        untranslated = set[str]().union(*(pen.untranslated for pen in pens.values()))
        if untranslated:
            progress(f"Pages: {lang}: {len(untranslated)} texts have no translation")


def _downloads(
    pages: Sequence[Page],
    tables: Mapping[str, Rows],
    settings: Settings,
    site: Site,
    meanwhile: Callable[[Callable[[], Site]], Callable[[], Site]],
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Make the files for other programs, and the pages that lead to them."""
    css = site[PurePosixPath("static", "site.css")].decode()
    html = dict(_html((page for page in pages if page.view.files), site))
    names, where = Names(tables["pages/texts"]), _where(pages)
    happened = [*bound(tables["pages/feed"], "thing"), *bound(tables["pages/feed"], "kind")]

    def of_language(lang: str) -> Site:
        texts = read_texts(_HERE / "texts.toml", lang)
        here = {path: in_languages[lang] for path, in_languages in html.items()}
        title = settings.said(lang).get("title", texts["site_title"])
        called = {term.value: names.find(term, lang)[0] for term in happened}
        ways = {iri: f"../{_in_folder(path, lang)}" for iri, path in where.items()}
        feed_iri = f"{ID}feed/{lang}/{slug(settings.said(LANGUAGES[0]).get('title', ''))}"
        atom = feed.atom(tables["pages/feed"], feed_iri, title, lang, called, ways)
        path = PurePosixPath(downloads.FOLDER, f"muutokset-{lang}.atom")
        return downloads.of_pages(here, lang, texts, css) | {path: atom}

    first, *others = LANGUAGES
    made = meanwhile(partial(of_language, first))
    files = [of_language(lang) for lang in others]
    for one in (made(), *files):
        yield from one.items()


def _when_asked(work: Callable[[], Site]) -> Callable[[], Site]:
    return work


def _alone(
    site: Site, browser: str, progress: Callable[[str], None]
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Make the whole a file that can be sent alone, and a PDF where there is a browser."""
    css = site[PurePosixPath("static", "site.css")].decode()
    for lang in LANGUAGES:
        path = PurePosixPath(_in_folder(WHOLE, lang))
        alone = downloads.self_contained(site[path].decode(), css)
        yield path, alone.encode()
        if browser:
            progress(f"PDF: {lang}")
            path = PurePosixPath(downloads.FOLDER, f"vastuukartta-{lang}.pdf")
            yield path, pdf.printed(alone, browser)


def _html(pages: Iterable[Page], site: Site) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each path, and the page there in each language: one after another, as they are many."""
    for page in pages:
        in_folders = {lang: PurePosixPath(_in_folder(page.path, lang)) for lang in LANGUAGES}
        yield page.path, {lang: site[path].decode() for lang, path in in_folders.items()}


def _readme() -> str:
    """Say in each language what the files of the graph are, and what may be done with them."""
    listed = (read_texts(_HERE / "texts.toml", lang) for lang in LANGUAGES)
    return "\n".join(texts["graph_readme"] for texts in listed)


def _about(page: Page, name: str, table: Rows) -> Rows:
    if page.iri and table and "this" in table[0] and not name.startswith("all_"):
        return table.where("this", page.iri)
    return table


def _where(pages: Iterable[Page]) -> dict[str, str]:
    """Tell on which page each thing is told of."""
    listed = list(pages)
    own = {page.iri: page.path for page in listed if page.iri}
    also: dict[str, str] = {}
    for page in listed:
        for variable in page.view.also:
            if term := page.this[variable]:
                also.setdefault(term.value, page.path)
    return also | own


def _latest(sources: Rows) -> Term | None:
    return max(bound(sources, "issued"), key=str, default=None)


def _day(term: Term | None) -> date | None:
    try:
        return date.fromisoformat(term.value) if term else None
    except ValueError:
        return None


def _marked(
    pages: Iterable[Page], tables: Mapping[str, Rows], anchor: Callable[[Term], str]
) -> dict[str, str]:
    """Tell at which anchor of which page each thing is told of that has no page of its own."""
    return {
        term.value: f"{page.path}#{anchor(term)}"
        for page in pages
        for query, variable in page.view.marks.items()
        for term in bound(_about(page, query, tables[query]), variable)
    }


def _anchors(pages: Sequence[Page], tables: Mapping[str, Rows]) -> Callable[[Term], str]:
    marked = dict.fromkeys(mark for page in pages for mark in page.view.marks.items())
    things = [term for query, variable in marked for term in bound(tables[query], variable)]
    of_data = [term for term in things if term.value.startswith(ID)]
    return anchors(
        bound(tables["pages/versions"], "version"),
        (term for term in things if not term.value.startswith(ID)),
        many=chain(of_data, bound(tables["pages/places"], "place")),
        keys={
            this.value: key.value
            for query, _ in marked
            for row in tables[query]
            if (this := row.get("this")) and (key := row.get("key"))
        },
    )


def _sought(
    pages: Sequence[Page], tables: Mapping[str, Rows]
) -> dict[str, tuple[str, list[str], list[str]]]:
    """Give what the search finds that has no page: by its place, its IRI, titles and kinds."""
    names, marks, own = Names(tables["pages/texts"]), _anchors(pages, tables), _where(pages)
    found = {}
    for page in pages:
        for query, text in page.view.sought.items():
            kinds = [read_texts(_HERE / "texts.toml", lang)[text] for lang in LANGUAGES]
            for row in distinct(tables[query], "this"):
                this, number = row["this"], row.get("number")
                if this and this.value not in own:
                    titles = [names.find(this, lang)[0] for lang in LANGUAGES]
                    if number:
                        titles = [f"{number.value} {title}" for title in titles]
                    found[f"{page.path}#{marks(this)}"] = (this.value, titles, kinds)
    return found


def _menus(pages: Iterable[Page]) -> dict[str, list[tuple[str, str]]]:
    """Give the path and the name of the first page of each view that is in a menu."""
    menus: dict[str, list[tuple[str, str]]] = {"main": [], "foot": []}
    seen: set[str] = set()
    for page in pages:
        if page.view.menu and page.view.output not in seen:
            seen.add(page.view.output)
            menus[page.view.menu].append((page.path, page.view.name))
    return menus


def _spoken(page: Page, rows: Mapping[str, Rows], versions: Rows) -> Rows:
    """Give the versions that a page about one thing speaks of; for another page, all."""
    if not page.iri:
        return versions
    about = [page.this]
    for name, table in rows.items():
        if not name.startswith("all_") and table and "this" in table[0]:
            about += table
    found = {
        record[variable]
        for record in about
        for variable in ("version", "old", "new")
        if record.get(variable)
    }
    return Rows(record for record in versions if record["version"] in found)


def _logo(settings: Settings) -> str:
    return f"static/logo{settings.logo.suffix.lower()}" if settings.logo else ""


def _in_folder(path: str, lang: str) -> str:
    return path if lang == LANGUAGES[0] else f"{lang}/{path}"


def _up(path: str) -> str:
    return "../" * path.count("/")


def _relative(target: str, page: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def _manifest(site: Site, graph: Graph, where: Mapping[str, str]) -> bytes:
    held = {
        "generator": "kytkos",
        "pages": sum(path.suffix == ".html" for path in site),
        "triples": graph.triples,
        "things": where,
    }
    return (json.dumps(held, indent=1) + "\n").encode()
