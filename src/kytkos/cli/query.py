"""`kytkos query`: the library of queries."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kytkos.cli.common import (
    AS_OF,
    Verb,
    as_of_day,
    columns_of_terminal,
    command,
    form_of,
    form_of_answer,
    put,
    say,
)
from kytkos.errors import KytkosError, OutputError

if TYPE_CHECKING:
    from kytkos.project import Project
    from kytkos.queries import Query


_NO_ROWS = {"fi": "ei rivejä", "sv": "inga rader", "en": "no rows"}


class QueryCommand(Verb):
    """`kytkos query NAME --help` explains that query."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; where they ask for help on a query, give it and leave."""
        if {"--help", "-h"} & set(args):
            given, _, _ = self.make_parser(context).parse_args(list(args))
            if isinstance(given.get("name"), str):
                from kytkos.project import language, open_project

                root, lang = context.obj[0], language(context.obj[1])
                try:
                    _explain(open_project(root), given["name"], lang)
                except KytkosError as error:
                    click.echo(error.text(lang), err=True)
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
@click.option(
    "--max-bytes",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="How large an answer of an endpoint may be; 200 000 000 if not given.",
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
    max_bytes: int | None,
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
    from kytkos import asof, exports
    from kytkos.engines import ENGINES

    if name is None:
        _list_queries(project, lang)
        return 0
    forms = ("csv", "tsv", "json", "xlsx", "md")
    form = form or form_of(output, forms, form_of_answer(output), "table")
    if form == "xlsx" and not output and sys.stdout.isatty():
        raise OutputError("a workbook is not for a terminal", hint="Name a file: -o FILE.xlsx.")
    if endpoint and as_of:
        raise OutputError("--as-of is not for an endpoint", hint="Ask without --endpoint.")
    graph, day = as_of_day(project, as_of, lang)
    asked = asof.bind(_read_query(project, name), day)
    wanted = bound(asked, assignments, graph, lang, bool(endpoint))
    if endpoint:
        from kytkos.remote import MOST_BYTES, TIMEOUT_S, Client, Credentials, Remote

        who = Credentials.from_environment()
        client = Client(who, timeout or TIMEOUT_S, max_bytes or MOST_BYTES, say)
        table = Remote(endpoint, client).select(wanted.text, wanted.name)
    else:
        with _may_be_ended(timeout, wanted.name):
            table = ENGINES[engine](graph).select(wanted.text, wanted.name)
    if not table:
        nothing = _NO_ROWS[lang]
        say(f"{wanted.name}: {nothing}{_asked(wanted, assignments)}")
    width = columns_of_terminal()
    content = exports.answer(wanted, table, form, graph, lang, width)
    put(content, output)
    return 0


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
    from kytkos.errors import QueryError, did_you_mean, shortened, why_unread
    from kytkos.queries import read_query

    try:
        if name == "-":
            stdin = sys.stdin.buffer.read()
            return read_query(stdin.decode("utf-8-sig"), "standard input")
        if wanted := project.query(name):
            return wanted
        path = Path(name)
        if path.is_file():
            return read_query(path.read_text(encoding="utf-8-sig"), name)
    except (OSError, UnicodeDecodeError) as error:
        message = f"can't read the query `{shortened(name)}`: {why_unread(error)}"
        raise QueryError(message) from error
    is_file = "." in name or "/" in name
    hint = "There is no such file." if is_file else did_you_mean(name, project.library())
    raise QueryError(f"no query `{shortened(name)}`", hint=hint)


def bound(
    wanted: "Query", assignments: tuple[str, ...], graph: Any, lang: str, elsewhere: bool = False
) -> "Query":
    """Bind the parameters that `--set NAME=VALUE` gives.

    Raises:
        QueryError: one is not NAME=VALUE, or the query has no such parameter or value.
    """
    from kytkos.errors import QueryError
    from kytkos.names import bind

    texts = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise QueryError(
                f"`{assignment}` is not NAME=VALUE", hint='Write --set "body=KH Turva".'
            )
        texts[name] = value
    return bind(wanted, texts, graph, lang, elsewhere)


def _asked(wanted: "Query", assignments: tuple[str, ...]) -> str:
    given = ", ".join(assignments)
    defaults = ", ".join(f"{n}={_plain(v)}" for n, v in wanted.parameters.items() if n != "lang")
    asked = given or defaults
    return f" ({asked})" if asked else ""


@contextmanager
def _may_be_ended(seconds: float | None, name: str) -> Iterator[None]:
    """Leave with 2 where a query of an engine in this process takes too long, or at Ctrl-C.

    The store can't be stopped from outside, so that the process ends. It lets other threads
    run; a regular expression of rdflib does not, but looks for signals.
    """

    def give_up(*_: Any) -> None:
        say(f"{name}: error: no answer within {seconds:g} s\n\nhint: Narrow the query.")
        sys.stdout.flush()
        os._exit(2)

    is_main = threading.current_thread() is threading.main_thread()
    interrupt = signal.signal(signal.SIGINT, signal.SIG_DFL) if is_main else None
    has_alarm = is_main and seconds is not None and hasattr(signal, "setitimer")
    timer = threading.Timer(seconds, give_up) if seconds else None
    if timer:
        timer.daemon = True
        timer.start()
    if has_alarm and seconds:
        signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, seconds + 0.1)
    try:
        yield
    finally:
        if timer:
            timer.cancel()
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if is_main:
            signal.signal(signal.SIGINT, interrupt)
