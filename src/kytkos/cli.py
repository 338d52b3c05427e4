"""The command line: reads, calls one function, prints or writes, sets the exit code."""

import shutil
import sys
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kytkos.errors import KytkosError
from kytkos.terms import LANGUAGES

if TYPE_CHECKING:
    from kytkos.project import Project
    from kytkos.queries import Query
    from kytkos.report import Report
    from kytkos.sources import SourceDocument, Text
    from kytkos.tables import Table


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--project",
    "root",
    type=click.Path(path_type=Path),
    default=".",
    help="The project folder, with its `data/`; the current folder if not given.",
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    help="Language of findings, headings and pages; else KYTKOS_LANG, the locale, Finnish.",
)
@click.version_option(package_name="kytkos")
@click.pass_context
def main(context: click.Context, root: Path, lang: str | None) -> None:
    """Who answers for what in regional cooperation, on which section of which act.

    \b
    Exit codes: 0 fine; 1 findings at or above the threshold; 2 something to put right.

    Example: kytkos build --out site
    """
    context.obj = (root, lang)


def command(function: Callable[..., int], group: click.Group | None = None) -> Callable[..., None]:
    """Make a verb: open the project, call the function, leave with the code it gives."""

    @wraps(function)
    def run(context: click.Context, /, **options: Any) -> None:
        from kytkos.project import language, open_project

        root, lang = context.obj
        try:
            code = function(open_project(root), language(lang), **options)
        except KytkosError as error:
            click.echo(str(error), err=True)
            code = 2
        context.exit(code)

    name = function.__name__.removeprefix(f"{group.name}_" if group else "")
    return (group or main).command(name)(click.pass_context(run))


@click.option("--out", type=click.Path(path_type=Path), default="site", help="Where to write.")
@click.option("--force", is_flag=True, help="Build in spite of violations; every page says so.")
@command
def build(project: "Project", lang: str, out: Path, force: bool) -> int:
    """Build the maps: load, check, query, and write the site.

    Stops before writing where the data has a violation. The old site is replaced at once,
    or not at all.

    Example: kytkos build --out site
    """
    from kytkos import pages

    graph = project.graph()
    report = _report(project, graph)
    if not report.conforms and not force:
        _print_findings(report, "violation", lang, graph)
        _say(f"{out}: not written, since the data has violations (--force builds all the same).")
        return 1
    site = pages.build(project, graph, report, progress=_say)
    pages.write(site, out)
    _say(pages.summary(site, out))
    return 0


@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--fail-on",
    type=click.Choice(["violation", "warning", "info"]),
    default="violation",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option(
    "--show",
    type=click.Choice(["violation", "warning", "info"]),
    default="warning",
    show_default=True,
    help="The least severity that the text form prints; JSON holds all.",
)
@click.option("--engine", type=click.Choice(["compiled", "pyshacl"]), default="compiled")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@command
def check(
    project: "Project",
    lang: str,
    form: str,
    fail_on: str,
    show: str,
    engine: str,
    files: tuple[Path, ...],
) -> int:
    """Check the data against the shapes and the SPARQL checks.

    FILES outside `data/` are checked together with it. Leaves with 0 where nothing as
    severe as --fail-on was found, 1 where something was, 2 where a file could not be read.

    Example: kytkos --lang fi check --fail-on warning
    """
    graph = project.graph(*files)
    report = _report(project, graph, engine)
    if form == "json":
        click.echo(report.to_json(), nl=False)
    else:
        _print_findings(report, show, lang, graph)
        counts = ", ".join(f"{report.count(s)} {s}" for s in ("violation", "warning", "info"))
        _say(f"{report.checked['triples']} triples, {report.checked['shapes']} rules: {counts}")
    return 1 if report.at_least(fail_on) else 0


@click.argument("name", required=False)
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    help="Table on a terminal, else CSV.",
)
@click.option("--engine", type=click.Choice(["oxigraph", "rdflib"]), default="oxigraph")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file, not stdout.")
@command
def query(
    project: "Project",
    lang: str,
    name: str | None,
    assignments: tuple[str, ...],
    form: str | None,
    engine: str,
    output: Path | None,
) -> int:
    """Run a query of the library, a file, or standard input (`-`).

    Without NAME the library is listed. VALUE may be an IRI, a CURIE, a code or a name.

    \b
    Example: kytkos query body-responsibilities --set "body=KH Turva"
             kytkos query measures --format csv > measures.csv
    """
    from kytkos.engines import ENGINES
    from kytkos.files import write_whole

    if name is None:
        _list_queries(project, lang)
        return 0
    graph = project.graph()
    wanted = _bound(_read_query(project, name), assignments, graph, lang)
    table = ENGINES[engine](graph).select(wanted.text, wanted.name)
    text = _drawn(table, form or ("table" if not output and sys.stdout.isatty() else "csv"), graph)
    if output:
        write_whole(output, text.encode())
    else:
        click.echo(text, nl=False)
    return 0


@click.option(
    "--sources",
    "folder",
    type=click.Path(path_type=Path),
    envvar="KYTKOS_SOURCES",
    show_envvar=True,
    help="The folder of the source documents, to quote the passages from.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.argument("term")
@command
def show(project: "Project", lang: str, term: str, form: str, folder: Path | None) -> int:
    """Show all that is known of one thing, and where it stands.

    TERM is an IRI, a CURIE, a code, a business ID (Y-tunnus), or a name: a former one and
    an inflected Finnish one will do.

    \b
    Example: kytkos show "KH Turvan"
             kytkos --lang sv show 3221307-8 --sources documents
    """
    from kytkos import show as dossiers
    from kytkos import sources
    from kytkos.engines import Oxigraph

    graph, library = project.graph(), project.library()
    iri, by_form = dossiers.find(term, graph, library)

    def read(document: "SourceDocument") -> "Text | None":
        try:
            return sources.read_document(folder, document) if folder else None
        except KytkosError as error:
            _say(str(error))
            return None

    words = dossiers.read_words(lang, graph.prefixes)
    dossier = dossiers.show(iri, Oxigraph(graph), library, words, read)
    if by_form:
        _say(f"{term}: {dossier.label} ({graph.prefixes.curie(dossier.iri)})")
    if form == "json":
        click.echo(dossiers.to_json(dossier, graph.prefixes), nl=False)
    else:
        place = graph.place_of(dossier.iri)
        click.echo(dossiers.to_text(dossier, words, str(place or "")), nl=False)
    return 0


@main.group("sources")
def sources_group() -> None:
    """Re-check the claims against the source documents.

    Example: kytkos sources verify --sources documents
    """


sources_command = partial(command, group=sources_group)

# What is written last stands first: an argument is added to a command that is there already.
SOURCES = click.option(
    "--sources",
    "folder",
    type=click.Path(path_type=Path),
    envvar="KYTKOS_SOURCES",
    show_envvar=True,
    required=True,
    help="The folder of the source documents.",
)


@SOURCES
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
)
@click.option("--all", "everything", is_flag=True, help="List the places that are ok, too.")
@sources_command
def sources_verify(project: "Project", lang: str, folder: Path, form: str, everything: bool) -> int:
    """Tell of every place whether its passage still stands there.

    A place is ok, moved, lost, or ambiguous: found, but not so that it is surely the same.
    Leaves with 1 where one is lost or ambiguous, 2 where a document could not be read.

    Example: kytkos sources verify --sources documents
    """
    from kytkos import sources

    graph = project.graph()
    verification = sources.verify(folder, _documents(project, graph, lang))
    if form == "json":
        click.echo(sources.verification_json(verification), nl=False)
    else:
        listed = [
            check
            for check in verification.checks
            if everything or form == "csv" or check.verdict != "ok"
        ]
        table = sources.verification_table(listed, verification.documents)
        if listed or form == "csv":
            click.echo(_drawn(table, "csv" if form == "csv" else "table", graph), nl=False)
    for line in sources.summary(verification):
        _say(line)
    return 2 if verification.errors else 0 if verification.ok else 1


@SOURCES
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    default=0,
    show_default=True,
    help="The least share, in per cent, that every document must have.",
)
@sources_command
def sources_coverage(
    project: "Project", lang: str, folder: Path, form: str, fail_under: float
) -> int:
    """Tell how much of each document is claimed or declared as furniture, and what is not.

    Leaves with 1 where a document has less than --fail-under, 2 where one could not be read.

    Example: kytkos sources coverage --sources documents --fail-under 100
    """
    from kytkos import sources

    verification = sources.verify(folder, _documents(project, project.graph(), lang))
    texts = verification.texts
    coverages = [
        sources.coverage(document, verification.of(document), texts[document.iri])
        for document in verification.documents
        if document.iri in texts
    ]
    if form == "json":
        click.echo(sources.coverage_json(coverages, texts), nl=False)
    else:
        for one in coverages:
            for line in sources.coverage_lines(one, texts[one.document.iri]):
                click.echo(line)
    for line in sources.summary(verification, quiet=True):
        _say(line)
    short = any(one.share * 100 < fail_under for one in coverages)
    return 2 if verification.errors else 1 if short else 0


@SOURCES
@click.option("--nth", type=click.IntRange(1), help="Which of several matches, from 1.")
@click.option("--key", default="", help="The key of the place; else made from its words.")
@click.option("--section", default="", help="Its section; else that of the place before it.")
@click.argument("words")
@click.argument("document")
@sources_command
def sources_locate(
    project: "Project",
    lang: str,
    folder: Path,
    document: str,
    words: str,
    nth: int | None,
    key: str,
    section: str,
) -> int:
    """Print the Turtle of a place, to paste into the data.

    DOCUMENT is a file name, a CURIE, a key or a label. WORDS may be set otherwise than in
    the document; `A … B` is a passage from A to B.

    Example: kytkos sources locate --sources documents kh2026-luonnos "KH Turva … kertaa"
    """
    from kytkos import sources

    graph = project.graph()
    wanted = sources.find_document(document, _documents(project, graph, lang), graph.prefixes)
    text = sources.read_document(folder, wanted)
    span = sources.choose(text, sources.locate(text, words), words, wanted.file_name, nth)
    same = [p.iri for p in wanted.places if (p.start, p.end) == span]
    for iri in same:
        _say(f"{graph.prefixes.curie(iri)} is this very passage")
    _say(f"{wanted.file_name}:{text.line(span[0])}: {sources.context_of(text, span)}")
    click.echo(sources.place_turtle(wanted, span, text, graph.prefixes, key, section), nl=False)
    return 0


@SOURCES
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="The text form lists the claims that need a person; the others list all.",
)
@click.argument("new")
@click.argument("old")
@sources_command
def sources_compare(
    project: "Project", lang: str, folder: Path, old: str, new: str, form: str
) -> int:
    """Tell how the claims that rest on a document stand in another edition of it.

    OLD is a document of the graph, NEW another one or a file. A claim is unchanged, moved,
    or for a person to review. Leaves with 1 where one is to be reviewed.

    Example: kytkos sources compare --sources documents kh2026-luonnos new.txt
    """
    from collections import Counter

    from kytkos import sources
    from kytkos.readers import read_text

    graph = project.graph()
    known = _documents(project, graph, lang)
    document = sources.find_document(old, known, graph.prefixes)
    files = [path for path in (Path(new), folder / new) if path.is_file()]
    if files:
        text = sources.normalise(read_text(files[0]))
    else:
        text = sources.read_document(folder, sources.find_document(new, known, graph.prefixes))
    texts: dict[str, Text] = {}
    try:
        texts[document.iri] = sources.read_document(folder, document)
    except KytkosError as error:
        _say(str(error))
    standings = sources.compare(document, text, texts.get(document.iri))
    counts = Counter(standing.verdict for standing in standings)
    listed = [s for s in standings if form != "text" or s.verdict == "review"]
    table = sources.standing_table(listed, texts, text)
    if listed or form != "text":
        click.echo(_drawn(table, "table" if form == "text" else form, graph), nl=False)
    _say(
        f"{document.file_name}: {counts['unchanged']} claims unchanged, "
        f"{counts['moved']} moved, {counts['review']} for a person to review"
    )
    return 1 if counts["review"] else 0


def _documents(project: "Project", graph: Any, lang: str) -> "tuple[SourceDocument, ...]":
    from kytkos import sources
    from kytkos.engines import Oxigraph
    from kytkos.terms import Term

    query = project.library()["places"].bind({"lang": Term("literal", lang)})
    return sources.documents(Oxigraph(graph).select(query.text, query.name))


def _report(project: "Project", graph: Any, engine: str = "compiled") -> "Report":
    from kytkos import checks

    return checks.check(graph, project.shapes(), project.checks(), engine=engine)


def _print_findings(report: "Report", least: str, lang: str, graph: Any) -> None:
    from kytkos.report import Report
    from kytkos.terms import SHAPES, Prefixes

    shown = Report(report.at_least(least))
    prefixes = Prefixes({"kyts": SHAPES} | graph.prefixes.namespaces)
    click.echo(shown.to_text(lang, prefixes), nl=False)


def _list_queries(project: "Project", lang: str) -> None:
    library = project.library()
    width = max((len(name) for name in library), default=0)
    for name, wanted in library.items():
        click.echo(f"{name:{width}}  {wanted.summary(lang)}")
        for parameter, default in wanted.parameters.items():
            if parameter != "lang":
                click.echo(f"{'':{width}}    --set {parameter}={default}")


def _read_query(project: "Project", name: str) -> "Query":
    from kytkos.errors import QueryError, did_you_mean
    from kytkos.queries import read_query

    if name == "-":
        return read_query(sys.stdin.read(), "standard input")
    library = project.library()
    if name in library:
        return library[name]
    path = Path(name)
    if path.is_file():
        return read_query(path.read_text(encoding="utf-8"), name)
    raise QueryError(f"no query `{name}`", hint=did_you_mean(name, library))


def _bound(wanted: "Query", assignments: tuple[str, ...], graph: Any, lang: str) -> "Query":
    from kytkos.errors import QueryError
    from kytkos.names import parameter_value
    from kytkos.terms import Term

    values = {"lang": Term("literal", lang)} if "lang" in wanted.parameters else {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise QueryError(f"`{assignment}` is not NAME=VALUE", hint="Write --set body=KH-Turva.")
        values[name] = parameter_value(wanted, name, value, graph)
    return wanted.bind(values)


def _drawn(table: "Table", form: str, graph: Any) -> str:
    if form == "json":
        return table.to_json()
    if form == "csv":
        return table.to_csv()
    curies = {iri: graph.prefixes.curie(iri) for iri in table.iris()}
    return table.to_text(curies, shutil.get_terminal_size().columns if sys.stdout.isatty() else 0)


def _say(message: str) -> None:
    click.echo(message, err=True)
