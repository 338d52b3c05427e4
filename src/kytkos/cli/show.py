"""`kytkos show`: all that is known of one thing."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import AS_OF, as_of_day, command, say
from kytkos.errors import KytkosError

if TYPE_CHECKING:
    from kytkos.project import Project
    from kytkos.sources import SourceDocument, Text


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

    graph, _ = as_of_day(project, as_of, lang)
    library = project.library()
    iri, by_form = dossiers.find(term, graph, library)

    def read(document: "SourceDocument") -> "Text | None":
        try:
            return sources.read_document(folder, document) if folder else None
        except KytkosError as error:
            say(str(error))
            return None

    words = dossiers.read_words(lang, graph.prefixes)
    dossier = dossiers.show(iri, Oxigraph(graph), library, words, read)
    if by_form:
        say(f"{term}: {dossier.label} ({graph.prefixes.curie(dossier.iri)})")
    if form == "json":
        click.echo(dossiers.to_json(dossier, graph.prefixes), nl=False)
    else:
        place = graph.place_of(dossier.iri)
        click.echo(dossiers.to_text(dossier, words, str(place or "")), nl=False)
    return 0
