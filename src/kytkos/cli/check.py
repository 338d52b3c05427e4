"""`kytkos check`: the findings about the data."""

import gc
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.beside import in_thread
from kytkos.cli.common import (
    SEVERITY,
    command,
    counts,
    print_findings,
    report_of,
    ruleset_of,
    say,
)
from kytkos.cli.documents import place_findings
from kytkos.errors import KytkosError

if TYPE_CHECKING:
    from kytkos.checks import Ruleset
    from kytkos.graph import Graph
    from kytkos.project import Project
    from kytkos.report import Finding, Report, Rule
    from kytkos.revisions import Revision
    from kytkos.terms import Prefixes

_MUCH_MB = 5  # from here on a check takes longer than a second
_KEPT: "list[Graph]" = []  # until the program ends: taking a graph apart takes time


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
@click.option(
    "--staged",
    is_flag=True,
    help="Check what git would commit, not the files as they are, since HEAD or --since.",
)
@click.option(
    "--cache/--no-cache",
    default=True,
    help="Whether to tell again what was found in the very same files; on if not given.",
)
@click.option(
    "--sources",
    "folder",
    type=click.Path(path_type=Path),
    help="Re-check the places of claims against the source documents in this folder, too.",
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
    staged: bool,
    cache: bool,
    folder: Path | None,
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
             kytkos check --staged
             kytkos check --sources documents
             kytkos check --format sarif > kytkos.sarif
             kytkos check --format md --show info >> "$GITHUB_STEP_SUMMARY"
    """
    if watch and (since or staged or folder):
        raise click.UsageError("--watch checks the files as they are saved, and nothing else")
    if staged and files:
        raise click.UsageError("--staged checks what is staged of the project, and no other files")
    if watch:
        return _watch(project, lang, show, files)
    least = show if form == "text" else "info"
    with ExitStack() as stack:
        revision = None
        if staged:
            from kytkos import revisions

            project, revision = stack.enter_context(revisions.staged(project, since or "HEAD"))
        elif since:
            from kytkos import revisions

            revision = revisions.find_revision(project.root, since)
        if revision or folder or form == "ttl" or engine != "compiled" or not cache:
            graph, ruleset = _read(project, files)
            prefixes = graph.prefixes
            if revision:
                report = _since(project, graph, revision, folder)
            else:
                report = report_of(project, graph, engine, least, folder, ruleset)
        else:
            report, prefixes = _in_full(project, files, least)
        if form == "text":
            print_findings(report, show, lang, prefixes, project.root)
        elif form == "ttl":
            from kytkos import outputs

            click.echo(outputs.to_turtle(report, project.shapes(), graph), nl=False)
        else:
            rules = () if form in ("json", "md") else _rules(project, folder)
            click.echo(_in_form(report, form, rules, prefixes, lang, fail_on, show), nl=False)
    accepted = f", {len(report.accepted)} accepted" if report.accepted else ""
    looked_at = f"{report.checked['triples']} triples, {report.checked['shapes']} rules"
    say(f"{looked_at}: {counts(report)}{accepted}")
    if report.broken:
        say(_unread(report))
        return 2
    return 1 if report.at_least(fail_on) else 0


def _read(project: "Project", files: tuple[Path, ...]) -> "tuple[Graph, Ruleset]":
    """Load the graph, and the rules meanwhile; say so where all takes longer than a second."""
    paths = [path for path in project.read_by_check(*files) if path.is_file()]
    megabytes = sum(path.stat().st_size for path in paths) // 1_000_000
    if megabytes >= _MUCH_MB:
        memory = f", which may take {megabytes / 40:.0f} GB of memory" if megabytes > 40 else ""
        say(f"reading {megabytes} MB{memory}")
    loading = in_thread(lambda: project.graph(*files, lenient=True))
    try:
        ruleset = ruleset_of(project)
        import_module("kytkos.whereabouts")  # while there is time: it finds the places
    finally:
        graph = loading()
    _KEPT.append(graph)
    if megabytes >= _MUCH_MB:
        say(f"checking {len(graph.store):,} statements")
    return graph, ruleset


def _in_full(project: "Project", files: tuple[Path, ...], least: str) -> "tuple[Report, Prefixes]":
    """Check everything, unless the report of these very files was kept."""
    from kytkos import remembered
    from kytkos.report import ACCEPTED_FILE

    def digest() -> str | None:
        inputs = [*project.read_by_check(*files), project.root / ACCEPTED_FILE]
        return remembered.digest(inputs, project.root, least, *map(str, files))

    key = digest()
    if key and (found := remembered.recall(key)):
        return found
    graph, ruleset = _read(project, files)
    report = report_of(project, graph, least=least, rules=ruleset)
    if key and key == digest():  # no file was saved meanwhile
        remembered.keep(key, report, graph.prefixes)
    return report, graph.prefixes


def _unread(report: "Report") -> str:
    """Say which files could not be read as a whole, and what that means for the report."""
    first = {f.place.path: str(f.place) for f in reversed(report.broken) if f.place}
    files = ", ".join(sorted(first.values()))
    held = report.checked.get("held_back", 0)
    rest = f"; {held} findings that may follow from it are left out" if held else ""
    return f"can't be read as a whole: {files}{rest}"


def _since(
    project: "Project", graph: "Graph", revision: "Revision", folder: Path | None
) -> "Report":
    from kytkos import accepted, changes, checks, revisions

    name = revision.name
    if graph.salvaged:
        say(f"Not all files can be read, so all findings are told, not only those since {name}.")
        return report_of(project, graph, folder=folder)
    shapes, queries = project.shapes(), project.checks()
    try:
        past = revisions.past(project, revision, graph, shapes, queries)
        difference = changes.since(graph, shapes, queries, past)
        new, gone = _moved_since(project, graph, revision, folder) if folder else ([], 0)
    except KytkosError as error:
        report = report_of(project, graph, folder=folder)
        say(f"{error}\n\nSo {name} can't be compared with, and all findings are new.")
        return report
    for shape, why in difference.in_full:
        say(f"{shape} is checked in full on each change: {why}.")
    say(
        f"since {name}: {len(difference.new) + len(new)} new, "
        f"{len(difference.resolved) + gone} resolved; {difference.looked_at} things checked"
    )
    entries = accepted.read(project.root, graph.prefixes)
    report = difference.report(graph, len(queries))
    if new:
        found = checks.placed(graph, [*report.findings, *new])
        report = report._replace(findings=found)
    return accepted.set_apart(report, entries)


def _moved_since(
    project: "Project", graph: "Graph", revision: "Revision", folder: Path
) -> "tuple[list[Finding], int]":
    """Give the findings about places that were none then, and count those that are none now."""
    from kytkos import revisions

    now = place_findings(project, graph, folder)
    then = place_findings(project, revisions.graph_at(project, revision, graph), folder)
    known, left = ({(f.shape, f.focus_node) for f in found} for found in (then, now))
    return [f for f in now if (f.shape, f.focus_node) not in known], len(known - left)


def _rules(project: "Project", folder: Path | None) -> "tuple[Rule, ...]":
    """List what can have spoken: of the source documents, only where they were read."""
    from kytkos import checks, sources

    return checks.rules(project.shapes(), project.checks()) + (sources.rules() if folder else ())


def _watch(project: "Project", lang: str, show: str, files: tuple[Path, ...]) -> int:
    from kytkos import accepted, changes
    from kytkos.report import Report

    def open_ones(findings: "tuple[Finding, ...]") -> Report:
        try:
            entries = accepted.read(project.root, watched.graph.prefixes)
        except KytkosError as error:
            say(str(error))
            entries = ()
        return accepted.set_apart(Report(findings), entries)

    gc.enable()  # since this goes on for hours
    try:
        for event in changes.watch(project, files):
            if isinstance(event, changes.Watch):
                watched = event
                report = open_ones(watched.findings)
                print_findings(report, show, lang, watched.graph.prefixes, project.root)
                say(f"{counts(report)}; watching (Ctrl-C ends)")
                continue
            for error in event.errors:
                say(error.text(lang))
            new, gone = open_ones(event.difference.new), open_ones(event.difference.resolved)
            print_findings(new, show, lang, watched.graph.prefixes, project.root)
            if gone.at_least(show):
                say("resolved:")
                print_findings(gone, show, lang, watched.graph.prefixes, project.root)
            say(
                f"{', '.join(event.files)}: {len(new.findings)} new, {len(gone.findings)} resolved"
                f"; now {counts(open_ones(watched.findings))}"
            )
    except KeyboardInterrupt:
        say("")
    return 0


def _in_form(
    report: "Report",
    form: str,
    rules: "tuple[Rule, ...]",
    prefixes: "Prefixes",
    lang: str,
    fail_on: str,
    show: str,
) -> str:
    if form == "json":
        return report.to_json()
    from kytkos import outputs

    style = outputs.Style(lang, prefixes)
    if form == "md":
        return outputs.to_markdown(report, style, show)
    if form == "junit":
        return outputs.to_junit(report, rules, style, fail_on)
    return outputs.to_sarif(report, rules, style)
