"""What every verb shares: the program itself, opening the project, and saying things."""

import os
import sys
import time
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kytkos.errors import KytkosError, OutputError
from kytkos.terms import LANGUAGES, Place

if TYPE_CHECKING:
    from kytkos.accepted import Entry
    from kytkos.checks import Ruleset
    from kytkos.graph import Graph
    from kytkos.project import Project
    from kytkos.report import Report
    from kytkos.tables import Table
    from kytkos.terms import Prefixes, Term


SEVERITY = click.Choice(["violation", "warning", "info"])
# Each verb, and the module of `kytkos.cli` that adds it to the program.
VERBS = {
    "build": "build",
    "calendar": "calendar",
    "check": "check",
    "diff": "diff",
    "export": "exchange",
    "network": "network",
    "new": "new",
    "push": "exchange",
    "query": "query",
    "serve": "serve",
    "show": "show",
    "sources": "sources",
}


class _Program(click.Group):
    """The program: it imports the module of a verb when the verb is asked for.

    It leaves with 130 where it is interrupted: 1 would say that something was found.
    """

    def invoke(self, context: click.Context) -> Any:
        """Run a verb."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            click.echo("\ninterrupted", err=True)
            context.exit(130)

    def list_commands(self, context: click.Context) -> list[str]:
        """Name the verbs."""
        return list(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Give a verb, or None; then all are there, so that the nearest can be named."""
        for verb in (name,) if name in VERBS else VERBS:
            import_module(f"kytkos.cli.{VERBS[verb]}")
        return super().get_command(context, name)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
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


class Verb(click.Command):
    """A command that lists its options in the order in which they are written."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Give the parameters; those put on a finished command come in the order opposite."""
        *own, helping = super().get_params(ctx)
        return [*reversed(own), helping]


def command(
    function: Callable[..., int],
    group: click.Group | None = None,
    cls: type[click.Command] = Verb,
) -> Callable[..., None]:
    """Make a verb: open the project, call the function, leave with the code it gives."""

    @wraps(function)
    def run(context: click.Context, /, **options: Any) -> None:
        from kytkos.project import language, open_project

        root, lang = context.obj
        lang = language(lang)
        try:
            code = function(open_project(root), lang, **options)
        except KytkosError as error:
            click.echo(error.text(lang), err=True)
            code = 2
        context.exit(code)

    name = function.__name__.removeprefix(f"{group.name}_" if group else "")
    return (group or main).command(name, cls=cls)(click.pass_context(run))


AS_OF = click.option(
    "--as-of",
    "as_of",
    metavar="DATE",
    help="As things stood on a day, 2024-01-31 or 31.1.2024: what was in force, what was a "
    "draft, what had been held, whichever document tells of it.",
)


def say(message: str) -> None:
    """Say something that is not data, on stderr."""
    click.echo(message, err=True)


class Progress:
    """Says what is being done, on stderr; on a terminal, with a bar that fills."""

    WIDTH = 30
    PAUSE_S = 0.1  # between two drawings

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._what = ""
        self._share = 0.0
        self._drawn = 0.0

    def say(self, message: str) -> None:
        """Say what comes next."""
        self._what = message
        if self._is_terminal:
            self._draw()
        else:
            say(message)

    def step(self, share: float) -> None:
        """Draw what share of it is done, from 0 to 1."""
        self._share = share
        if self._is_terminal and time.monotonic() - self._drawn >= self.PAUSE_S:
            self._draw()

    def end(self) -> None:
        """Take the bar away."""
        if self._is_terminal:
            click.echo("\r\x1b[K", err=True, nl=False)

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        full = round(self._share * self.WIDTH)
        bar = "█" * full + "·" * (self.WIDTH - full)
        click.echo(f"\r\x1b[K{bar} {self._share:4.0%} {self._what}", err=True, nl=False)


def as_of_day(project: "Project", text: str | None, lang: str) -> "tuple[Graph, Term | None]":
    """Load the graph, as of a day where one is given, and give the day."""
    from kytkos import asof

    day = None if text is None else asof.read_day(text)
    graph = project.graph()
    if day is None:
        return graph, None
    past = asof.as_of(graph, day, project.as_of_queries())
    say(past.text(lang))
    return past.graph, day


def report_of(
    project: "Project",
    graph: Any,
    engine: str = "compiled",
    least: str = "info",
    folder: Path | None = None,
    rules: "Ruleset | None" = None,
) -> "Report":
    """Check a graph, and set the accepted findings apart; `least` as of `checks.check`.

    Places are re-checked where the folder of the source documents is given. The rules are
    those of the project, and read here where they were not before.
    """
    from kytkos import accepted, checks

    rules = rules or ruleset_of(project)
    entries = accepted.read(project.root, graph.prefixes)
    if folder:
        from kytkos.cli.documents import place_findings

        more = place_findings(project, graph, folder)
    else:
        more = ()
        entries = _of_what_was_checked(entries) if entries else ()
    report = checks.check(graph, rules, engine=engine, least=least, more=more)
    if report.broken:  # what was accepted may be in what could not be read
        return accepted.set_apart(report, entries)
    return accepted.apply(report, entries, graph.prefixes)


def ruleset_of(project: "Project") -> "Ruleset":
    """Read the rules of a project, and compile them.

    Raises:
        ProjectError: it has no shapes.
        ShapesError: a shape is ill-formed.
    """
    from kytkos import checks

    return checks.ruleset(project.shapes(), project.checks())


def _of_what_was_checked(entries: "Sequence[Entry]") -> "tuple[Entry, ...]":
    """Leave out what was accepted of the source documents: they were not read."""
    from kytkos import sources

    unchecked = {rule.name for rule in sources.rules()}
    return tuple(entry for entry in entries if entry.shape not in unchecked)


def counts(report: "Report") -> str:
    """Say how many findings of each severity a report has."""
    return ", ".join(f"{report.count(s)} {s}" for s in ("violation", "warning", "info"))


def print_findings(
    report: "Report", least: str, lang: str, prefixes: "Prefixes", root: Path
) -> None:
    """Print the findings that are severe enough; on a terminal, with the lines they stand on.

    Places are relative to the folder `root`.
    """
    from kytkos.report import Report
    from kytkos.terms import SHAPES, Prefixes

    shown = Report(report.at_least(least))
    if sys.stdout.isatty():
        from kytkos import outputs

        colour, columns = "NO_COLOR" not in os.environ, columns_of_terminal()
        style = outputs.Style(lang, prefixes, colour, columns)
        click.echo(outputs.to_terminal(shown.findings, root, style), nl=False)
        return
    named = Prefixes({"kyts": SHAPES} | dict(prefixes))
    click.echo(shown.to_text(lang, named), nl=False)


def drawn(table: "Table", form: str, graph: Any) -> str:
    """Draw a table as text, or as JSON or CSV."""
    if form == "json":
        return table.to_json()
    if form == "csv":
        return table.to_csv()
    curies = {iri: graph.prefixes.curie(iri) for iri in table.iris()}
    return table.to_text(curies, columns_of_terminal())


def put(content: str | bytes, output: Path | None) -> None:
    """Write to a file, whole or not at all, or to stdout."""
    if output is None:
        click.echo(content, nl=False)
        return
    from kytkos.files import write_whole

    write_whole(output, content.encode() if isinstance(content, str) else content)


def columns_of_terminal() -> int:
    """Give the width of the terminal, or 0 where the output is no terminal."""
    if not sys.stdout.isatty():
        return 0
    import shutil  # brings the modules of all archives with it

    return shutil.get_terminal_size().columns


def form_of(output: Path | None, forms: Collection[str], other: str, text: str = "") -> str:
    """Choose a form by the ending of a file.

    Args:
        output: the file, or None for stdout.
        forms: the endings that name a form.
        other: the form where there is no file, or its name has no ending.
        text: the form of a file that ends in `.txt`.

    Raises:
        OutputError: the ending names no form.
    """
    ending = output.suffix[1:].lower() if output else ""
    if ending == "txt" and text:
        return text
    if ending and ending not in forms:
        listed = ", ".join(f".{form}" for form in (*forms, *(["txt"] if text else [])))
        hint = f"End it in one of {listed}, or say --format."
        raise OutputError(f"no form ends in `.{ending}`", hint=hint, place=Place(str(output)))
    return ending or other


def form_of_answer(output: Path | None) -> str:
    """Give the form of an answer where none is asked for: drawn for a terminal, else CSV."""
    return "table" if sys.stdout.isatty() and not output else "csv"
