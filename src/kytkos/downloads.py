"""The files of the site for other programs: its tables, figures and data, in one folder.

A table is taken from the page as readers see it, so that the file says neither more nor less.
"""

import io
import lzma
import re
import tarfile
from collections.abc import Iterator, Mapping
from html import escape, unescape
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from kytkos import agenda, exports
from kytkos.calendar import Calendar
from kytkos.graph import Graph
from kytkos.sheets import Contents, Sheet, archive, workbook
from kytkos.tables import Table
from kytkos.terms import LANGUAGES, XSD, Term
from kytkos.wording import slug

FOLDER = "lataukset"

_LARGE = 16_000_000  # bytes
_DAY_2000 = 946_684_800  # 1 January 2000, in seconds

Files = dict[PurePosixPath, bytes]

_MAIN = re.compile(r"<main\b.*?</main>", re.DOTALL)
_END_OF_MAIN = "</main>"
_TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
_HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
_ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(th|td)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_SPAN = re.compile(r'\b(col|row)span="(\d+)"')
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_UNSAID = re.compile(r'<(\w+)[^>]*\baria-hidden="true"[^>]*>[^<]*</\1>')
_BREAK = re.compile(r"<br>|</(?:li|p|div|dt|dd)>")
_TAG = re.compile(r"<[^>]*>")
_UNSEEN = re.compile("[\u00ad\u200b\u2068\u2069]")
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})")
_CUSTOM_COLOUR = re.compile(r"var\(--([\w-]+)\)")
_HEAD_LINK = re.compile(r"<link\b[^>]*>\n?")
_SCRIPT = re.compile(r"<script\b.*?</script>\n?", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"[ \t]*([^{}@\n]+)\{[^{}]*\}")
_CLASS = re.compile(r"\.([A-Za-z][\w-]*)")
_CLASSES = re.compile(r'\bclass="([^"]*)"')
_TO_THE_SITE = "body > header, nav"
_IN_TEXT = re.compile(
    r'<(header|nav)\b.*?</\1>|<a\b([^>]*\bhref="(?!#|https?:|mailto:)[^"]*"[^>]*)>(.*?)</a>',
    re.DOTALL,
)
_LINK = re.compile(r'(<a\b[^>]*?\bhref=")([^"#][^"]*)"')


def tables(html: str) -> Iterator[tuple[str, Table]]:
    """Read the tables of a page: the caption, the headings as variables, and the texts of cells.

    A cell that spans others is repeated in each; headings on two levels are put together.
    """
    main = _MAIN.search(html)
    for found in _TABLE.findall(_SVG.sub("", main[0] if main else html)):
        caption = _CAPTION.search(found)
        head = _HEAD.search(found)
        heads = _grid(head[0]) if head else []
        body = _grid(found.replace(head[0], "") if head else found)
        width = max((len(row) for row in (*heads, *body)), default=0)
        names = [
            " – ".join(dict.fromkeys(filter(None, (row[i] for row in heads if i < len(row)))))
            for i in range(width)
        ]
        rows = tuple(
            tuple(_term(row[i]) if i < len(row) and row[i] else None for i in range(width))
            for row in body
        )
        yield plain(caption[1]) if caption else "", Table(tuple(_each_once(names)), rows)


def of_pages(pages: Mapping[str, str], lang: str, texts: Mapping[str, Any], css: str) -> Files:
    """Make the files of some pages, and a workbook of all; give the pages with links to them.

    Args:
        pages: the HTML by path, below the folder of the language.
        lang: the language.
        texts: of the pages, in that language.
        css: the style sheet, for the drawings.
    """
    folder = "" if lang == LANGUAGES[0] else f"{lang}/"
    made: Files = {}
    sheets: list[Sheet] = []
    for path, html in pages.items():
        found = list(_sheets(html))
        sheets += found
        files = _files_of_page(path, lang, html, found, css)
        top = "../" * f"{folder}{path}".count("/")
        made |= files
        made[PurePosixPath(f"{folder}{path}")] = with_links(html, files, top, texts).encode()
    name, title, note = texts["workbook"]
    sheet, holds, rows = texts["workbook_headings"]
    contents = Contents(name, title, note, (sheet, holds, rows))
    made[_file(f"kaikki-{lang}.xlsx")] = workbook(sheets, contents, lang)
    return made


def _files_of_page(path: str, lang: str, html: str, sheets: list[Sheet], css: str) -> Files:
    stem = path.removesuffix(".html").replace("/", "-")
    files: Files = {}
    if sheets:
        files[_file(f"{stem}-{lang}.xlsx")] = workbook(sheets, lang=lang)
    listed = [sheet.table.to_excel_csv().encode() for sheet in sheets]
    if len(listed) == 1:
        files[_file(f"{stem}-{lang}.csv")] = listed[0]
    elif listed:
        named = {f"{stem}-{n}-{lang}.csv": one for n, one in enumerate(listed, start=1)}
        files[_file(f"{stem}-csv-{lang}.zip")] = archive(named)
    main = _MAIN.search(html)
    drawings = _SVG.findall(main[0]) if main else []
    for number, drawing in enumerate(drawings, start=1):
        name = f"{stem}-{number}-{lang}.svg" if len(drawings) > 1 else f"{stem}-{lang}.svg"
        folder = PurePosixPath("" if lang == LANGUAGES[0] else lang, path).parent
        back = "../" if folder == PurePosixPath() else f"../{folder}/"
        files[_file(name)] = standalone(drawing, css, back).encode()
    return files


def with_links(html: str, files: Files, top: str, texts: Mapping[str, Any]) -> str:
    """Put links to its files at the end of a page.

    Args:
        html: the page.
        files: of the page.
        top: from the page to the root of the site.
        texts: of the pages, in the language of the page.
    """
    if not files:
        return html
    links = " · ".join(
        f'<a href="{top}{path}" download>{escape(_called(path, texts))}</a>' for path in files
    )
    said = f'<p class="downloads no-print">{escape(texts["downloads_of_page"])}: {links}</p>\n'
    head, end, tail = html.rpartition(_END_OF_MAIN)
    return head + said + end + tail if end else html


def self_contained(html: str, css: str) -> str:
    """Make a page of the site a file that can be sent alone, too.

    The styles that it uses are in it, and in the text a link to another page is its words.
    What leads to the site is seen where the site is: its style sheet shows what the styles of
    the file hide.
    """
    head, _, body = _SCRIPT.sub("", html).partition("<body>")
    sheets = "".join(found[0] for found in _HEAD_LINK.finditer(head) if "stylesheet" in found[0])
    styles = f"<style>\n{_used(css, body)}\n{_TO_THE_SITE} {{ display: none; }}\n</style>\n{sheets}"
    head = _HEAD_LINK.sub("", head).replace("</head>", f"{styles}</head>")
    return f"{head}<body>{_IN_TEXT.sub(_unlinked, body)}"


def of_calendar(calendar: Calendar, lang: str) -> tuple[Files, dict[str, PurePosixPath]]:
    """Make an iCalendar of all that is due, and one for each body and party that has a share.

    Returns:
        The files, and whose each is, by IRI.
    """
    whole = PurePosixPath(FOLDER, f"kalenteri-{lang}.ics")
    files = {whole: agenda.to_ics(calendar)}
    whose: dict[str, PurePosixPath] = {}
    names = {thing.iri: thing.label for thing in calendar.holders}
    written: dict[object, bytes] = {}
    for iri in sorted(names.keys() | calendar.seats.keys()):
        own = calendar.of(iri)
        if own.due or own.events:
            key = slug("-".join(iri.split("/")[-2:]))
            whose[iri] = PurePosixPath(FOLDER, f"kalenteri-{key}-{lang}.ics")
            files[whose[iri]] = agenda.to_ics(own, names.get(iri, ""), written)
    return files, whose


def of_graph(graph: Graph, readme: str) -> Files:
    """Make an archive of the graph: Turtle, TriG, GraphML with names in each language.

    Together they take little more than one: each says the same, and the Turtle in the order of
    the TriG. The archive tells no time, so that the same data gives the same bytes.
    """
    graphs = exports.named_graphs(graph)
    files = {
        "README.txt": readme.encode(),
        "kytkos.ttl": exports.turtle(chain(*graphs.values()), graph.prefixes),
        "kytkos.trig": exports.trig(graphs, graph.prefixes),
        "kytkos.graphml": exports.graphml(graph, LANGUAGES[0]),
    }
    saved = io.BytesIO()
    with tarfile.open(fileobj=saved, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)  # of nobody, and readable by all
            entry.size, entry.mtime = len(content), _DAY_2000
            packed.addfile(entry, io.BytesIO(content))
    # These are settings for text; what is large is packed less tightly, and sooner.
    preset = 6 | lzma.PRESET_EXTREME if saved.tell() < _LARGE else 4
    best = {"id": lzma.FILTER_LZMA2, "preset": preset, "lc": 4, "pb": 0}
    return {_file("kytkos.tar.xz"): lzma.compress(saved.getvalue(), filters=[best])}


def standalone(drawing: str, css: str, back: str) -> str:
    """Make a drawing of a page a file of its own, in the light colours of the style sheet.

    Args:
        drawing: the `svg` element.
        css: the style sheet of the site.
        back: from the folder of the files to the folder of the page, for the links.
    """
    root = re.search(r":root\s*\{(.*?)\}", css, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+):\s*([^;]+);", root[1] if root else ""))
    plain_css = _COMMENT.sub("", css)
    rules = re.findall(
        r"^(?!\s)([^@{}\n]*\b(?:svg|rect|path|circle|line)\b[^{}]*\{[^{}]*\})",
        plain_css,
        re.MULTILINE,
    )
    used = "".join(rule for rule in rules if _is_of(rule, drawing))
    style = _CUSTOM_COLOUR.sub(lambda m: colours.get(m[1], "currentcolor"), used)
    drawn = drawing.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    drawn = _LINK.sub(lambda m: m[0] if ":" in m[2] else f'{m[1]}{back}{m[2]}"', drawn)
    drawn = re.sub(r' (?:aria-hidden="true"|tabindex="-1")', "", drawn)
    head, close, tail = drawn.partition(">")
    return f"{head}{close}<style>{style}</style>{_named_entities(tail)}\n"


def _is_of(rule: str, drawing: str) -> bool:
    """Tell whether a drawing has something that a rule may be about."""
    selectors = rule.partition("{")[0].split(",")
    return any(
        all(re.search(rf"[ \"]{name}[ \"]", drawing) for name in re.findall(r"\.([\w-]+)", one))
        for one in selectors
    )


def plain(html: str) -> str:
    """Give the text of some HTML, without what a screen reader does not say, either."""
    broken = _BREAK.sub("\n", _UNSAID.sub("", " ".join(html.split())))
    lines = (" ".join(line.split()) for line in unescape(_TAG.sub("", broken)).split("\n"))
    return _UNSEEN.sub("", "\n".join(filter(None, lines)))


def _used(css: str, html: str) -> str:
    """Leave out of a style sheet the rules about classes that some HTML has not."""
    classes = {name for found in _CLASSES.findall(html) for name in found.split()}

    def kept(rule: re.Match[str]) -> str:
        selectors = re.sub(r":not\([^()]*\)", "", rule[1]).split(",")
        has = (classes.issuperset(_CLASS.findall(one)) for one in selectors)
        return rule[0] if any(has) else ""

    rules = _RULE.sub(kept, _COMMENT.sub("", css))
    return "\n".join(line for line in rules.splitlines() if line.strip())


def _unlinked(found: re.Match[str]) -> str:
    if found[1]:
        return found[0]
    kept = re.search(r'\bclass="[^"]*"', found[2])
    return f"<span {kept[0]}>{found[3]}</span>" if kept else found[3]


def _grid(html: str) -> list[list[str]]:
    """Give the texts of the cells, those that span others in each of their places."""
    rows: list[list[str]] = []
    below: dict[tuple[int, int], str] = {}
    for y, row in enumerate(_ROW.findall(html)):
        texts: list[str] = []
        for _, attributes, content in _CELL.findall(row):
            while (y, len(texts)) in below:
                texts.append(below[y, len(texts)])
            spans = {kind: int(number) for kind, number in _SPAN.findall(attributes)}
            text = plain(content)
            for _ in range(spans.get("col", 1)):
                for down in range(1, spans.get("row", 1)):
                    below[y + down, len(texts)] = text
                texts.append(text)
        while (y, len(texts)) in below:
            texts.append(below[y, len(texts)])
        rows.append(texts)
    return rows


def _each_once(names: list[str]) -> Iterator[str]:
    taken: set[str] = set()
    for name in names:
        free, number = name or " ", 2
        while free in taken:
            free, number = f"{name} {number}".strip(), number + 1
        taken.add(free)
        yield free


def _term(text: str) -> Term:
    return Term("literal", text, "", XSD + "integer" if _WHOLE_NUMBER.fullmatch(text) else "")


def _sheets(html: str) -> Iterator[Sheet]:
    title = _TITLE.search(html)
    page = plain(title[1]) if title else ""
    for caption, table in tables(html):
        yield Sheet(name=caption or page, title=caption or page, table=table, note=page)


def _called(path: PurePosixPath, texts: Mapping[str, Any]) -> str:
    kind = str(texts[f"file_{path.suffix[1:]}"])
    number = re.search(r"-(\d+)-\w\w$", path.stem)
    return f"{kind} {number[1]}" if number else kind


def _named_entities(html: str) -> str:
    """Write what XML has no name for as it is."""
    return re.sub(r"&(?!amp;|lt;|gt;|quot;|apos;|#)\w+;", lambda m: unescape(m[0]), html)


def _file(name: str) -> PurePosixPath:
    return PurePosixPath(FOLDER, name)
