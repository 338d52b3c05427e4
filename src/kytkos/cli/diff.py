"""`kytkos diff`: what differs between two versions of an agreement, or two states of the data."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import command, form_of, put
from kytkos.errors import KytkosError, QueryError, did_you_mean

if TYPE_CHECKING:
    from kytkos.compare import Version
    from kytkos.graph import Graph
    from kytkos.project import Project
    from kytkos.revisions import Revision


@click.argument("old")
@click.argument("new", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md"]),
    help="Else by the ending of FILE, else text.",
)
@click.option(
    "--only",
    "aspects",
    multiple=True,
    metavar="ASPECT",
    help="Of versions: list this aspect alone, as bodies or cadences; may be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="List what stands unchanged too.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file, not stdout.")
@command
def diff(
    project: "Project",
    lang: str,
    old: str,
    new: str | None,
    form: str | None,
    everything: bool,
    aspects: tuple[str, ...],
    output: Path | None,
) -> int:
    """Tell what differs between two versions of an agreement, or two revisions of the data.

    A version is named by its key, CURIE, IRI, label or date; anything else is a git revision.
    Without NEW a revision is compared with the files as they are. What names both is a version:
    write a branch of that name as refs/heads/NAME.

    \b
    Example: kytkos diff kh2023 kh2026
             kytkos diff kh2023 kh2026 --only cadences --only bodies
             kytkos --lang sv diff 2023-08-01 13.4.2026 -o changes.md
             kytkos diff HEAD~1 HEAD --format md
    """
    from kytkos import compare
    from kytkos.engines import Oxigraph

    graph = project.graph()
    engine, queries = Oxigraph(graph), project.queries_in("diff")
    known = compare.versions(engine, queries, lang)
    named = [_version(name, known, graph) for name in (old, new) if name is not None]
    versions = [version for version in named if version]
    form = form or form_of(output, ("md", "json"), "text", "text")
    if len(versions) == 2:
        from kytkos import difftext

        compared = compare.compare(engine, queries, versions[0].iri, versions[1].iri, lang)
        writers = {
            "text": difftext.to_text,
            "md": difftext.to_markdown,
            "json": difftext.to_json,
        }
        told = [section.aspect for section in compared.sections]
        for aspect in aspects:
            if aspect not in told:
                hint = did_you_mean(aspect, told)
                raise QueryError(f"versions have no aspect `{aspect}`", hint=hint)
        put(writers[form](compared, everything, aspects), output)
        return 0
    if versions:
        other = next((name for name, v in zip((old, new), named, strict=False) if not v), None)
        keys = ", ".join(f"`{_key(version)}`" for version in known)
        if new is None:
            hint = f"Name the other version too: {keys}."
            raise QueryError(f"`{old}` is a version of an agreement", hint=hint)
        hint = f"There are the versions {keys}. A revision is compared with a revision."
        raise QueryError(f"`{other}` is not a version of an agreement", hint=hint)
    _revisions(project, graph, lang, old, new, known, form, output)
    return 0


def _revisions(
    project: "Project",
    graph: "Graph",
    lang: str,
    old: str,
    new: str | None,
    known: "tuple[Version, ...]",
    form: str,
    output: Path | None,
) -> None:
    from kytkos import edits
    from kytkos.revisions import graph_at

    found = [_revision(project, name, known) for name in (old, new) if name is not None]
    states = [graph_at(project, revision, graph) for revision in found]
    if new is None:
        states.append(graph)
    here = {"fi": "työkopio", "sv": "arbetskopian", "en": "the files"}[lang]
    told = edits.edits(states[0], states[1], (old, new or here), lang)
    writers = {"text": edits.to_text, "md": edits.to_markdown, "json": edits.to_json}
    put(writers[form](told), output)


def _version(name: str, known: "tuple[Version, ...]", graph: "Graph") -> "Version | None":
    """Find a version by its key, CURIE, IRI, label or date, or None where it is none of these."""
    from kytkos import names
    from kytkos.cadence import iso_day

    wanted = name.strip()
    iso = iso_day(wanted)
    for version in known:
        curie = graph.prefixes.curie(version.iri)
        called = {version.iri, f"<{version.iri}>", curie, _key(version), version.label}
        if wanted.casefold() in {text.casefold() for text in called} or iso == version.issued:
            return version
    try:
        iri = names.find(wanted, graph, graph.prefixes)
    except KytkosError:
        return None
    return next((version for version in known if version.iri == iri), None)


def _revision(project: "Project", name: str, known: "tuple[Version, ...]") -> "Revision":
    from kytkos import revisions

    try:
        return revisions.find_revision(project.root, name)
    except KytkosError as error:
        called = [*(_key(version) for version in known), *(version.label for version in known)]
        near = did_you_mean(name, [*called, *revisions.names(project.root)])
        keys = ", ".join(f"`{_key(version)}`" for version in known) or "none"
        hint = f"{near if near.startswith('Did') else ''} Versions of agreements: {keys}."
        raise QueryError(
            f"`{name}` is neither a version of an agreement nor a git revision ({error.message})",
            hint=f"{hint} {'' if '--since' in error.hint else error.hint}".strip(),
        ) from error


def _key(version: "Version") -> str:
    return version.iri.rpartition("/")[2]
