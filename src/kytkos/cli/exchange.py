"""`kytkos export` and `kytkos push`: the graph for other programs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import command, form_of, put, say
from kytkos.errors import OutputError

if TYPE_CHECKING:
    from kytkos.project import Project


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

    form = form or form_of(output, exports.FORMATS, "ttl")
    if form == "xlsx" and not output and sys.stdout.isatty():
        raise OutputError("a workbook is not for a terminal", hint="Name a file: -o FILE.xlsx.")
    content = exports.export(project.graph(), form, lang, project.library())
    put(content, output)
    if output:
        say(f"{output}: {len(content):,} bytes".replace(",", " "))
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
    client = Client(Credentials.from_environment(), timeout, progress=say)
    if default:
        done = publish.push_default(exports.union(graph), store, graph.prefixes, client)
    else:
        graphs = {single: exports.union(graph)} if single else exports.named_graphs(graph)
        done = publish.push(graphs, store, graph.prefixes, client, say)
    say(f"{endpoint}: {done.total} triples in {len(done.triples)} graphs, counted there")
    for other in done.others:
        say(f"<{other}> is there, too, and not of this project's files now")
    if not done.is_seen:
        say(
            "Queries see nothing yet, since the default graph of this store is not the union of "
            "its graphs.\n\nhint: Push with --default, too, or set the store so."
        )
    return 0
