"""The command line: reads, calls one function, prints or writes, sets the exit code."""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kytkos.errors import KytkosError, OutputError
from kytkos.terms import LANGUAGES

if TYPE_CHECKING:
    from kytkos.graph import Graph
    from kytkos.project import Project
    from kytkos.queries import Query
    from kytkos.report import Finding, Report
    from kytkos.sources import SourceDocument, Text
    from kytkos.tables import Table
    from kytkos.terms import Term


SEVERITY = click.Choice(["violation", "warning", "info"])


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


def command(
    function: Callable[..., int],
    group: click.Group | None = None,
    cls: type[click.Command] = click.Command,
) -> Callable[..., None]:
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
    return (group or main).command(name, cls=cls)(click.pass_context(run))


AS_OF = click.option(
    "--as-of",
    "as_of",
    metavar="DATE",
    help="As things stood on a day, 2024-01-31: what was in force, what was a draft, what had "
    "been held, whichever document tells of it.",
)


@AS_OF
@click.option("--out", type=click.Path(path_type=Path), default="site", help="Where to write.")
@click.option("--force", is_flag=True, help="Build in spite of violations; every page says so.")
@click.option(
    "--sources",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of the source documents, to show the passage under each claim.",
)
@command
def build(
    project: "Project", lang: str, out: Path, force: bool, folder: Path | None, as_of: str | None
) -> int:
    """Build the maps: load, check, query, and write the site.

    Stops before writing where the data has a violation. The old site is replaced at once,
    or not at all.

    Example: kytkos build --out site
    """
    from kytkos import pages

    graph, day = _as_of(project, as_of)
    report = _report(project, graph)
    if not report.conforms and not force:
        _print_findings(report, "violation", lang, graph)
        _say(f"{out}: not written, since the data has violations (--force builds all the same).")
        return 1
    passages = _passages(project, graph, lang, folder) if folder else {}
    site = pages.build(project, graph, report, progress=_say, passages=passages, as_of=day)
    pages.write(site, out)
    _say(pages.summary(site, out))
    return 0


@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "junit", "md", "ttl"]),
    default="text",
    show_default=True,
    help="SARIF is for code scanning, JUnit for build servers, md for a pull request, ttl SHACL's.",
)
@click.option(
    "--fail-on",
    type=SEVERITY,
    default="violation",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option(
    "--show",
    type=SEVERITY,
    default="warning",
    show_default=True,
    help="The least severity that the text and md forms print; the others hold all.",
)
@click.option("--engine", type=click.Choice(["compiled", "pyshacl"]), default="compiled")
@click.option(
    "--since",
    metavar="REV",
    help="Tell only what is new since a git revision, and check only what can have changed.",
)
@click.option("--watch", is_flag=True, help="Check again as files are saved, until Ctrl-C.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@command
def check(
    project: "Project",
    lang: str,
    form: str,
    fail_on: str,
    show: str,
    engine: str,
    since: str | None,
    watch: bool,
    files: tuple[Path, ...],
) -> int:
    """Check the data: the shapes, the SPARQL checks, the vocabulary and the links.

    FILES outside `data/` are checked together with it. Findings that
    `accepted-findings.toml` lists, with a reason, do not count. Leaves with 0 where nothing
    as severe as --fail-on was found, 1 where something was, 2 where a file could not be read.

    \b
    Example: kytkos --lang fi check --fail-on warning
             kytkos check --since HEAD
             kytkos check --format sarif > kytkos.sarif
             kytkos check --format md --show info >> "$GITHUB_STEP_SUMMARY"
    """
    if watch:
        return _watch(project, lang, show, files)
    graph = project.graph(*files)
    report = _since(project, graph, since) if since else _report(project, graph, engine)
    if form == "text":
        _print_findings(report, show, lang, graph)
    else:
        click.echo(_in_form(report, form, project, graph, lang, fail_on, show), nl=False)
    accepted = f", {len(report.accepted)} accepted" if report.accepted else ""
    looked_at = f"{report.checked['triples']} triples, {report.checked['shapes']} rules"
    _say(f"{looked_at}: {_counts(report)}{accepted}")
    return 1 if report.at_least(fail_on) else 0


class QueryCommand(click.Command):
    """`kytkos query NAME --help` explains that query."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; where they ask for help on a query, give it and leave."""
        if {"--help", "-h"} & set(args):
            given, _, _ = self.make_parser(context).parse_args(list(args))
            if isinstance(given.get("name"), str):
                from kytkos.project import language, open_project

                root, lang = context.obj
                try:
                    _explain(open_project(root), given["name"], language(lang))
                except KytkosError as error:
                    click.echo(str(error), err=True)
                    context.exit(2)
                context.exit()
        return super().parse_args(context, args)


@click.argument("name", required=False)
@AS_OF
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "tsv", "json", "xlsx", "md", "excel-csv"]),
    help="Table on a terminal, else by the ending of FILE, else CSV.",
)
@click.option(
    "--engine",
    type=click.Choice(["oxigraph", "rdflib"]),
    default="oxigraph",
    show_default=True,
    help="What answers here.",
)
@click.option(
    "--endpoint",
    metavar="URL",
    help="A SPARQL endpoint that answers instead; KYTKOS_USER and KYTKOS_PASSWORD, or "
    "KYTKOS_TOKEN, where it asks for them.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="How long to wait for the answer; 60 with --endpoint, else no end.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file, not stdout.")
@partial(command, cls=QueryCommand)
def query(
    project: "Project",
    lang: str,
    name: str | None,
    assignments: tuple[str, ...],
    form: str | None,
    engine: str,
    endpoint: str | None,
    timeout: float | None,
    output: Path | None,
    as_of: str | None,
) -> int:
    """Run a query of the library, a file, or standard input (`-`).

    Without NAME the library is listed; `kytkos query NAME --help` explains one. VALUE may be
    an IRI, a CURIE, a code or a name.

    \b
    Example: kytkos query body-responsibilities --set "body=KH Turva"
             kytkos query obligations -o obligations.xlsx
             kytkos query obligations --endpoint http://localhost:7878/query
    """
    from kytkos import asof
    from kytkos.engines import ENGINES
    from kytkos.files import write_whole

    if name is None:
        _list_queries(project, lang)
        return 0
    form = form or _form(output)
    if form == "xlsx" and not output and sys.stdout.isatty():
        raise OutputError("a workbook is not for a terminal", hint="Name a file: -o FILE.xlsx.")
    if endpoint and as_of:
        raise OutputError("--as-of is not for an endpoint", hint="Ask without --endpoint.")
    graph, day = _as_of(project, as_of)
    asked = asof.bind(_read_query(project, name), day)
    wanted = _bound(asked, assignments, graph, lang, bool(endpoint))
    if endpoint:
        from kytkos.remote import TIMEOUT_S, Client, Credentials, Remote

        client = Client(Credentials.from_environment(), timeout or TIMEOUT_S, _say)
        table = Remote(endpoint, client).select(wanted.text, wanted.name)
    else:
        with _time_limit(timeout, wanted.name):
            table = ENGINES[engine](graph).select(wanted.text, wanted.name)
    if not table:
        _say(f"{wanted.name}: no rows{_asked(wanted, assignments)}")
    content = _written(wanted, table, form, graph, lang)
    if output:
        write_whole(output, content)
    else:
        click.echo(content, nl=False)
    return 0


@click.option(
    "--format",
    "form",
    type=click.Choice(["ttl", "trig", "nt", "jsonld", "graphml", "xlsx"]),
    help="By the ending of FILE, else Turtle.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file, not stdout.")
@command
def export(project: "Project", lang: str, form: str | None, output: Path | None) -> int:
    """Write the whole graph, ontology and data, in another form.

    TriG has a graph a file. GraphML has the things and their links, without code lists and
    places in sources. XLSX has a sheet for each query of the library. The same data gives
    the same bytes.

    \b
    Example: kytkos export -o kanta-hame.ttl
             kytkos export --format graphml -o kanta-hame.graphml
    """
    from kytkos import exports
    from kytkos.files import write_whole

    ending = output.suffix[1:].lower() if output else ""
    form = form or (ending if ending in exports.FORMATS else "ttl")
    if form == "xlsx" and not output and sys.stdout.isatty():
        raise OutputError("a workbook is not for a terminal", hint="Name a file: -o FILE.xlsx.")
    content = exports.export(project.graph(), form, lang, project.library())
    if output:
        write_whole(output, content)
        _say(f"{output}: {len(content):,} bytes".replace(",", " "))
    else:
        click.echo(content, nl=False)
    return 0


@click.option("--default", is_flag=True, help="Replace the default graph, by the union of all.")
@click.option("--graph", "single", metavar="IRI", help="Put the union of all in this one graph.")
@click.option(
    "--query-endpoint", metavar="URL", default="", help="Where the store answers queries."
)
@click.option("--update-endpoint", metavar="URL", default="", help="Where it takes updates.")
@click.option("--direct", is_flag=True, help="Without updates: graph by graph.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    default=60,
    show_default=True,
    help="How long one request may take.",
)
@click.argument("endpoint")
@command
def push(
    project: "Project",
    lang: str,
    endpoint: str,
    default: bool,
    single: str | None,
    query_endpoint: str,
    update_endpoint: str,
    direct: bool,
    timeout: float,
) -> int:
    """Publish the graph to a store, by the SPARQL 1.1 Graph Store Protocol.

    ENDPOINT is the address of the graph store. Each file becomes a named graph,
    https://w3id.org/kytkos/graph/ and its path. All are replaced at once, or none, where the
    store takes updates; the triples are counted afterwards. KYTKOS_USER and KYTKOS_PASSWORD,
    or KYTKOS_TOKEN, say who asks.

    \b
    Example: kytkos push http://localhost:7878/store
             KYTKOS_USER=dba KYTKOS_PASSWORD=… kytkos push http://localhost:8890/sparql-graph-crud-auth
    """
    from kytkos import exports, publish
    from kytkos.remote import Client, Credentials

    if default and single:
        raise OutputError("--default and --graph say two things", hint="Choose one.")
    graph = project.graph()
    store = publish.find_store(endpoint, query_endpoint, update_endpoint, direct)
    client = Client(Credentials.from_environment(), timeout, _say)
    if default:
        done = publish.push_default(exports.union(graph), store, graph.prefixes, client)
    else:
        graphs = {single: exports.union(graph)} if single else exports.named_graphs(graph)
        done = publish.push(graphs, store, graph.prefixes, client, _say)
    _say(f"{endpoint}: {done.total} triples in {len(done.triples)} graphs, counted there")
    for other in done.others:
        _say(f"<{other}> is there, too, and not of this project's files now")
    if not done.is_seen:
        _say(
            "Queries see nothing yet, since the default graph of this store is not the union of "
            "its graphs.\n\nhint: Push with --default, too, or set the store so."
        )
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
@AS_OF
@click.argument("term")
@command
def show(
    project: "Project", lang: str, term: str, form: str, folder: Path | None, as_of: str | None
) -> int:
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

    graph, _ = _as_of(project, as_of)
    library = project.library()
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


def _passages(project: "Project", graph: Any, lang: str, folder: Path) -> dict[str, str]:
    from kytkos import sources

    found: dict[str, str] = {}
    for document in _documents(project, graph, lang):
        texts = {document.iri: sources.read_document(folder, document)}
        found |= {place.iri: sources.passage_of(place, texts) for place in document.places}
    return found


def _as_of(project: "Project", text: str | None) -> "tuple[Graph, Term | None]":
    from kytkos import asof

    day = None if text is None else asof.read_day(text)
    graph = project.graph()
    if day is None:
        return graph, None
    past = asof.as_of(graph, day, project.as_of_queries())
    _say(str(past))
    return past.graph, day


def _report(project: "Project", graph: Any, engine: str = "compiled") -> "Report":
    from kytkos import accepted, checks

    report = checks.check(graph, project.shapes(), project.checks(), engine=engine)
    return accepted.apply(report, accepted.read(project.root, graph.prefixes), graph.prefixes)


def _since(project: "Project", graph: Any, name: str) -> "Report":
    from kytkos import accepted, changes, revisions

    revision = revisions.find_revision(project.root, name)
    shapes, queries = project.shapes(), project.checks()
    try:
        past = revisions.past(project, revision, graph, shapes, queries)
        difference = changes.since(graph, shapes, queries, past)
    except KytkosError as error:
        report = _report(project, graph)
        _say(f"{error}\n\nSo {name} can't be compared with, and all findings are new.")
        return report
    for shape, why in difference.in_full:
        _say(f"{shape} is checked in full on each change: {why}.")
    _say(
        f"since {name}: {len(difference.new)} new, {len(difference.resolved)} resolved; "
        f"{difference.looked_at} things checked"
    )
    entries = accepted.read(project.root, graph.prefixes)
    return accepted.set_apart(difference.report(graph, len(queries)), entries)


def _watch(project: "Project", lang: str, show: str, files: tuple[Path, ...]) -> int:
    from kytkos import accepted, changes
    from kytkos.report import Report

    def open_ones(findings: "tuple[Finding, ...]") -> Report:
        try:
            entries = accepted.read(project.root, watched.graph.prefixes)
        except KytkosError as error:
            _say(str(error))
            entries = ()
        return accepted.set_apart(Report(findings), entries)

    try:
        for event in changes.watch(project, files):
            if isinstance(event, changes.Watch):
                watched = event
                report = open_ones(watched.findings)
                _print_findings(report, show, lang, watched.graph)
                _say(f"{_counts(report)}; watching (Ctrl-C ends)")
                continue
            for error in event.errors:
                _say(str(error))
            new, gone = open_ones(event.difference.new), open_ones(event.difference.resolved)
            _print_findings(new, show, lang, watched.graph)
            if gone.at_least(show):
                _say("resolved:")
                _print_findings(gone, show, lang, watched.graph)
            _say(
                f"{', '.join(event.files)}: {len(new.findings)} new, {len(gone.findings)} resolved"
                f"; now {_counts(open_ones(watched.findings))}"
            )
    except KeyboardInterrupt:
        _say("")
    return 0


def _counts(report: "Report") -> str:
    return ", ".join(f"{report.count(s)} {s}" for s in ("violation", "warning", "info"))


def _print_findings(report: "Report", least: str, lang: str, graph: Any) -> None:
    from kytkos.report import Report
    from kytkos.terms import SHAPES, Prefixes

    shown = Report(report.at_least(least))
    if sys.stdout.isatty():
        from kytkos import outputs

        colour, columns = "NO_COLOR" not in os.environ, shutil.get_terminal_size().columns
        style = outputs.Style(lang, graph.prefixes, colour, columns)
        click.echo(outputs.to_terminal(shown.findings, graph.root, style), nl=False)
        return
    prefixes = Prefixes({"kyts": SHAPES} | graph.prefixes.namespaces)
    click.echo(shown.to_text(lang, prefixes), nl=False)


def _in_form(
    report: "Report", form: str, project: "Project", graph: Any, lang: str, fail_on: str, show: str
) -> str:
    from kytkos import checks, outputs

    style = outputs.Style(lang, graph.prefixes)
    if form == "json":
        return report.to_json(lang)
    if form == "md":
        return outputs.to_markdown(report, style, show)
    shapes = project.shapes()
    if form == "ttl":
        return outputs.to_turtle(report, shapes, graph)
    rules = checks.rules(shapes, project.checks())
    if form == "junit":
        return outputs.to_junit(report, rules, style, fail_on)
    return outputs.to_sarif(report, rules, style)


def _list_queries(project: "Project", lang: str) -> None:
    from kytkos.names import themes

    library = project.library()
    names = themes(lang)
    of = {name: wanted.tags[0] if wanted.tags else "" for name, wanted in library.items()}
    order = [*names, *sorted(set(of.values()) - names.keys())]
    width = max((len(name) for name in library), default=0)
    for theme in order:
        listed = [wanted for name, wanted in library.items() if of[name] == theme]
        if listed:
            click.echo(f"{names.get(theme, theme or '–')}\n")
        for wanted in listed:
            click.echo(f"  {wanted.name:{width}}  {wanted.summary(lang)}")
            for parameter, default in wanted.parameters.items():
                if parameter != "lang":
                    allowed = ", ".join(wanted.allowed.get(parameter, ()))
                    one_of = f"  ({allowed})" if allowed else ""
                    click.echo(f"  {'':{width}}    --set {parameter}={_plain(default)}{one_of}")
        if listed:
            click.echo()


def _explain(project: "Project", name: str, lang: str) -> None:
    """Print what a query is for, its parameters, and an example."""
    from kytkos.names import alike, is_literal, labels, themes
    from kytkos.terms import Prefixes

    graph = project.graph()
    wanted = _read_query(project, name)
    prefixes = Prefixes(dict(graph.prefixes.namespaces) | wanted.prefixes)
    click.echo(f"{wanted.name}: {wanted.summary(lang)}")
    if described := wanted.description(lang):
        click.echo(f"\n{described}")
    if wanted.tags:
        known = themes(lang)
        click.echo(f"\n{', '.join(known.get(tag, tag) for tag in wanted.tags)}")
    example = f"kytkos query {name}"
    for parameter, default in wanted.parameters.items():
        if parameter == "lang":
            continue
        written = _plain(default)
        first = default.split()[0] if default.split() else ""
        iri = (
            None
            if is_literal(default)
            else first.strip("<>")
            if "://" in first
            else (prefixes.expand(first))
        )
        named = labels([iri], graph, lang)[iri] if iri else ""
        said = f" ({named})" if named and named != written else ""
        click.echo(f"\n  --set {parameter}=…\n      default {written}{said}")
        allowed = wanted.allowed.get(parameter, ())
        if allowed:
            click.echo(f"      one of {', '.join(allowed)}")
        elif iri:
            click.echo(f"      for example {'; '.join(alike(named, parameter, iri, graph, lang))}")
        example += f' --set "{parameter}={named or written}"'
    click.echo(f"\nExample: {example}")


def _plain(default: str) -> str:
    """Show a default without the signs of SPARQL."""
    return default.partition('"^^')[0].strip('"<>') if '"' in default else default.strip("<>")


def _read_query(project: "Project", name: str) -> "Query":
    from kytkos.errors import QueryError, did_you_mean
    from kytkos.queries import read_query

    try:
        if name == "-":
            stdin = sys.stdin.buffer.read()
            return read_query(stdin.decode("utf-8-sig"), "standard input")
        library = project.library()
        if name in library:
            return library[name]
        path = Path(name)
        if path.is_file():
            return read_query(path.read_text(encoding="utf-8-sig"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"can't read the query `{name}`: {error}") from error
    raise QueryError(f"no query `{name}`", hint=did_you_mean(name, library))


def _bound(
    wanted: "Query", assignments: tuple[str, ...], graph: Any, lang: str, elsewhere: bool = False
) -> "Query":
    from kytkos.errors import QueryError
    from kytkos.names import parameter_value
    from kytkos.terms import Term

    values = {"lang": Term("literal", lang)} if "lang" in wanted.parameters else {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise QueryError(f"`{assignment}` is not NAME=VALUE", hint="Write --set body=KH-Turva.")
        values[name] = parameter_value(wanted, name, value, graph, lang, elsewhere)
    return wanted.bind(values)


def _asked(wanted: "Query", assignments: tuple[str, ...]) -> str:
    given = ", ".join(assignments)
    defaults = ", ".join(f"{n}={_plain(v)}" for n, v in wanted.parameters.items() if n != "lang")
    asked = given or defaults
    return f" for {asked}" if asked else ""


def _form(output: Path | None) -> str:
    """Choose a form: by the ending of a file, a table for a terminal, else CSV."""
    if output:
        ending = output.suffix[1:].lower()
        return ending if ending in ("csv", "tsv", "json", "xlsx", "md") else "csv"
    return "table" if sys.stdout.isatty() else "csv"


@contextmanager
def _time_limit(seconds: float | None, name: str) -> Iterator[None]:
    """Leave with 2 where a query of an engine in this process takes too long.

    The engine can't be stopped from outside, so that the process ends.
    """
    if seconds is None:
        yield
        return

    def give_up() -> None:
        _say(f"{name}: error: no answer within {seconds:g} s\n\nhint: Narrow the query.")
        sys.stdout.flush()
        os._exit(2)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _written(wanted: "Query", table: "Table", form: str, graph: Any, lang: str) -> bytes:
    """Write an answer; forms for people have words for variables and for codes."""
    from kytkos import names

    if form in ("csv", "json", "tsv"):
        forms = {"csv": table.to_csv, "json": table.to_json, "tsv": table.to_tsv}
        return forms[form]().encode()
    if form == "xlsx":
        from kytkos import exports, sheets

        return sheets.workbook([exports.sheet(wanted, table, graph, lang)], lang=lang)
    headings = names.headings(table.variables, graph, lang)
    if form == "excel-csv":
        return table.to_excel_csv(headings).encode()
    if form == "md":
        return table.to_markdown(names.labels(table.iris(), graph, lang), headings).encode()
    curies = {iri: graph.prefixes.curie(iri) for iri in table.iris()}
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    return table.to_text(curies, width, headings).encode()


def _drawn(table: "Table", form: str, graph: Any) -> str:
    if form == "json":
        return table.to_json()
    if form == "csv":
        return table.to_csv()
    curies = {iri: graph.prefixes.curie(iri) for iri in table.iris()}
    return table.to_text(curies, shutil.get_terminal_size().columns if sys.stdout.isatty() else 0)


def _say(message: str) -> None:
    click.echo(message, err=True)
