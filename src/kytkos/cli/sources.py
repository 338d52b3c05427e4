"""`kytkos sources`: the claims against the source documents."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import command, drawn, main, say
from kytkos.cli.documents import documents
from kytkos.errors import KytkosError

if TYPE_CHECKING:
    from kytkos.project import Project
    from kytkos.sources import Text


@main.group("sources")
def sources_group() -> None:
    """Re-check the claims against the source documents.

    Example: kytkos sources verify --sources documents
    """


sources_command = partial(command, group=sources_group)


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
    verification = sources.verify(folder, documents(project, graph, lang))
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
            click.echo(drawn(table, "csv" if form == "csv" else "table", graph), nl=False)
    for line in sources.summary(verification):
        say(line)
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

    verification = sources.verify(folder, documents(project, project.graph(), lang))
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
        say(line)
    short = any(one.share * 100 < fail_under for one in coverages)
    return 2 if verification.errors else 1 if short else 0


@SOURCES
@click.option("--nth", type=click.IntRange(1), help="Which of several matches, from 1.")
@click.option("--key", default="", help="The key of the place; else made from its words.")
@click.option("--section", default="", help="Its section; else that of the place before it.")
@click.argument("document")
@click.argument("words")
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
    wanted = sources.find_document(document, documents(project, graph, lang), graph.prefixes)
    text = sources.read_document(folder, wanted)
    span = sources.choose(text, sources.locate(text, words), words, wanted.file_name, nth)
    same = [p.iri for p in wanted.places if (p.start, p.end) == span]
    for iri in same:
        say(f"{graph.prefixes.curie(iri)} is this very passage")
    say(f"{wanted.file_name}:{text.line(span[0])}: {sources.context_of(text, span)}")
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
@click.argument("old")
@click.argument("new")
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
    known = documents(project, graph, lang)
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
        say(str(error))
    standings = sources.compare(document, text, texts.get(document.iri))
    counts = Counter(standing.verdict for standing in standings)
    listed = [s for s in standings if form != "text" or s.verdict == "review"]
    table = sources.standing_table(listed, texts, text)
    if listed or form != "text":
        click.echo(drawn(table, "table" if form == "text" else form, graph), nl=False)
    say(
        f"{document.file_name}: {counts['unchanged']} claims unchanged, "
        f"{counts['moved']} moved, {counts['review']} for a person to review"
    )
    return 1 if counts["review"] else 0
