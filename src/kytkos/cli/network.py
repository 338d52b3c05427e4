"""`kytkos network`: what the shape of the cooperation says."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import (
    AS_OF,
    as_of_day,
    columns_of_terminal,
    command,
    form_of,
    form_of_answer,
    put,
    say,
)
from kytkos.cli.query import bound

if TYPE_CHECKING:
    from kytkos.project import Project

FORMS = ("table", "csv", "tsv", "json", "md", "xlsx", "graphml", "gexf")


@click.argument("name", required=False)
@AS_OF
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    help="Table on a terminal, else by the ending of FILE, else CSV; GraphML and GEXF hold the "
    "whole network.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file, not stdout.")
@command
def network(
    project: "Project",
    lang: str,
    name: str | None,
    assignments: tuple[str, ...],
    form: str | None,
    output: Path | None,
    as_of: str | None,
) -> int:
    """Tell what a network of bodies, parties, measures and sections says.

    Without NAME the networks are listed. A sentence on stderr says what the numbers mean.
    VALUE may be an IRI, a CURIE, a code or a name.

    \b
    Example: kytkos network single-points
             kytkos network bodies --set version=version:kh2023 --format md
             kytkos network reach -o reach.graphml
    """
    from kytkos import asof, exports
    from kytkos import network as networks
    from kytkos.engines import Oxigraph
    from kytkos.errors import OutputError, QueryError, did_you_mean

    library = project.queries_in("network")
    if name is None:
        width = max((len(known) for known in library), default=0)
        for known, query in library.items():
            click.echo(f"{known:{width}}  {query.summary(lang)}")
        return 0
    if name not in library:
        raise QueryError(f"no network `{name}`", hint=did_you_mean(name, library))
    chosen = form or form_of(output, FORMS, form_of_answer(output), "table")
    if chosen == "xlsx" and not output and sys.stdout.isatty():
        raise OutputError("a workbook is not for a terminal", hint="Name a file: -o FILE.xlsx.")
    graph, day = as_of_day(project, as_of, lang)
    wanted = bound(asof.bind(library[name], day), assignments, graph, lang)
    edges = Oxigraph(graph).select(wanted.text, name)
    if not edges:
        say(f"{name}: no edges")
    if chosen in networks.FORMATS:
        content = networks.export(edges, chosen, directed=networks.is_directed(wanted))
    else:
        table = networks.figure(wanted, edges)
        say(f"{wanted.summary(lang)}\n{networks.meaning(wanted, lang)}\n")
        width = columns_of_terminal()
        content = exports.answer(wanted, table, chosen, graph, lang, width)
    put(content, output)
    return 0
