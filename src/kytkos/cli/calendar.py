"""`kytkos calendar`: what is owed, what was held, and what is coming."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import AS_OF, as_of_day, columns_of_terminal, command, form_of, put, say
from kytkos.errors import QueryError, did_you_mean

if TYPE_CHECKING:
    from kytkos.calendar import Calendar, Version
    from kytkos.graph import Graph
    from kytkos.project import Project

_FORMS = ("table", "json", "ics", "csv")


@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file, not stdout.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="Else by the ending of FILE, else a table.",
)
@click.option(
    "--version",
    "chosen",
    metavar="NAME",
    help="A version of an agreement, a draft too; else those in force on the day.",
)
@click.option(
    "--rolling",
    is_flag=True,
    help="Measure yearly duties over the twelve months before the day, not the calendar year.",
)
@click.option("--party", metavar="NAME", help="One party: its own duties, and where it has a seat.")
@click.option("--body", metavar="NAME", help="One body.")
@AS_OF
@command
def calendar(
    project: "Project",
    lang: str,
    body: str | None,
    party: str | None,
    chosen: str | None,
    rolling: bool,
    form: str | None,
    output: Path | None,
    as_of: str | None,
) -> int:
    """Tell what each body and party must do and when, what was held, and what is coming.

    Each duty is told in each of its windows, with a verdict: met, in progress, partial period,
    not shown, not met. What is still to be done in the coming year follows. As iCalendar, planned
    events stand on their days, and what has no day yet spans its window.

    \b
    Example: kytkos calendar --body "KH Turva"
             kytkos --lang sv calendar --party "Lopen kunta" -o loppi.ics
             kytkos calendar --version kh2026 --format csv
    """
    from datetime import date

    from kytkos import agenda, calendar
    from kytkos.engines import Oxigraph

    graph, known = as_of_day(project, as_of, lang)
    day = date.fromisoformat(known.value) if known else date.today()
    engine, queries = Oxigraph(graph), project.queries_in("calendar")
    versions = calendar.versions(engine, queries, lang)
    wanted = [_version(chosen, versions, graph)] if chosen else None
    made = calendar.calendar(engine, queries, day, lang, wanted, rolling)
    name = ""
    for option, text in (("body", body), ("party", party)):
        if text is not None:
            iri = _holder(option, text, made, project, graph)
            made = made.of(iri)
            name = _label(iri, graph, lang)
    form = form or form_of(output, _FORMS, "table", "table")
    if form == "ics":
        content = agenda.to_ics(made, name)
    elif form == "json":
        content = agenda.to_json(made).encode()
    elif form == "csv":
        content = agenda.to_table(made).to_csv().encode()
    else:
        width = 0 if output else columns_of_terminal()
        content = agenda.to_text(made, width, name).encode()
    put(content, output)
    if output:
        say(f"{output}: {len(made.verdicts)} verdicts, {len(made.due)} duties due by {made.until}")
    return 0


def _version(text: str, known: "tuple[Version, ...]", graph: "Graph") -> "Version":
    from kytkos.cadence import iso_day

    for version in known:
        key = version.iri.rpartition("/")[2]
        called = (version.iri, graph.prefixes.curie(version.iri), key, version.label)
        if text.casefold() in map(str.casefold, called) or iso_day(text) == version.issued:
            return version
    keys = [version.iri.rpartition("/")[2] for version in known]
    hint = did_you_mean(text, keys)
    raise QueryError(f"`{text}` is not a version of an agreement", hint=hint)


def _holder(option: str, text: str, made: "Calendar", project: "Project", graph: "Graph") -> str:
    """Find a body or a party by name.

    Raises:
        QueryError: it is none, or it is not spoken of here.
    """
    from kytkos import show

    iri, by_form = show.find(text, graph, project.library())
    if by_form:
        say(f"{text}: {_label(iri, graph, made.lang)} ({graph.prefixes.curie(iri)})")
    bodies = {body for some in made.seats.values() for body in some}
    bodies |= {duty.holder.iri for duty in made.duties} - made.seats.keys()
    known = (
        bodies
        if option == "body"
        else made.seats.keys() | {duty.holder.iri for duty in made.duties}
    )
    if iri in known:
        return iri
    labels = sorted({duty.holder.label for duty in made.duties if duty.holder.iri in known})
    listed = ", ".join(f"`{label}`" for label in labels)
    hint = f"Those that have something to do: {listed}." if labels else ""
    raise QueryError(f"`{text}` has no duties and no seat as a {option} here", hint=hint)


def _label(iri: str, graph: "Graph", lang: str) -> str:
    from kytkos import names

    return names.labels([iri], graph, lang)[iri]
