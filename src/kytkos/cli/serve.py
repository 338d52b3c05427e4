"""`kytkos serve`: the site and the graph, for programs and people, on this machine."""

import gc
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import command, report_of, say

if TYPE_CHECKING:
    from kytkos.project import Project


@click.option("--port", type=click.IntRange(0, 65535), default=3030, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen. Any other than this machine lets everyone ask who reaches it.",
)
@click.option(
    "--site",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of a built site; else the site is made anew.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    default=30,
    show_default=True,
    help="How long one query may take before it is stopped.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="How many rows or triples an answer may have.",
)
@click.option(
    "--memory",
    type=click.IntRange(50),
    metavar="MEGABYTES",
    default=2000,
    show_default=True,
    help="How much memory one query may take.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="How many queries are answered at once; each worker holds the graph.",
)
@command
def serve(
    project: "Project",
    lang: str,
    port: int,
    host: str,
    folder: Path | None,
    timeout: float,
    max_rows: int,
    memory: int,
    workers: int,
) -> int:
    """Serve the site, a SPARQL endpoint and the stored queries, until Ctrl-C.

    \b
    /              the site
    /sparql        SPARQL 1.1 Protocol; in a browser, a page to ask on
    /queries       the queries of the library, and their answers at /queries/NAME
    /id, /def      the things and terms of the graph, as a page or as RDF

    Nothing can be changed through it, and it asks no other server.

    \b
    Example: kytkos serve
             kytkos serve --port 8080 --site site --timeout 5
    """
    from kytkos import pages
    from kytkos import serve as server
    from kytkos.errors import ProjectError
    from kytkos.stamp import MANIFEST

    settings = server.Settings(
        host, port, workers, server.Limits(timeout, max_rows, memory * 1_000_000)
    )
    gc.enable()  # since this goes on for days
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            folder = Path(temporary) / "site"
            graph = project.graph()
            site = pages.build(project, graph, report_of(project, graph), progress=say)
            pages.write(site, folder)
        elif not (folder / MANIFEST).is_file():
            hint = f"Make it: kytkos build --out {folder}"
            raise ProjectError(f"`{folder}` is not a built site", hint=hint)
        app = server.make_app(project, folder, lang, settings)
        server.run(app, settings, lambda address: say(f"{address} (Ctrl-C ends)"))
    return 0
