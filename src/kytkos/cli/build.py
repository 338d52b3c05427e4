"""`kytkos build`: the maps."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kytkos.cli.common import AS_OF, Progress, as_of_day, command, print_findings, report_of, say
from kytkos.cli.documents import passages

if TYPE_CHECKING:
    from kytkos.project import Project


@AS_OF
@click.option("--out", type=click.Path(path_type=Path), default="site", help="Where to write.")
@click.option("--force", is_flag=True, help="Build in spite of violations; every page says so.")
@click.option("--pdf", is_flag=True, help="Print the whole as a PDF, too; needs Chromium.")
@click.option(
    "--sources",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder of the source documents, to re-check and show the passage under each claim.",
)
@command
def build(
    project: "Project",
    lang: str,
    out: Path,
    force: bool,
    pdf: bool,
    folder: Path | None,
    as_of: str | None,
) -> int:
    """Build the maps: load, check, query, and write the site.

    Stops before writing where the data has a violation. The old site is replaced at once,
    or not at all; files that stay as they were are not written. Where nothing changed since
    the last time, nothing is done.

    Example: kytkos build --out site
    """
    from kytkos import stamp
    from kytkos.settings import read_settings

    logo = read_settings(project.root / "site.toml").logo
    besides = [path for path in (logo, folder) if path]
    inputs = stamp.of_inputs(project, besides, force=force, as_of=as_of, pdf=pdf)
    if stamp.is_current(out, inputs):
        say(f"{out / 'index.html'}: nothing changed")
        return 0

    from kytkos import pages
    from kytkos.pdf import find_browser

    browser = find_browser() if pdf else ""
    graph, day = as_of_day(project, as_of, lang)
    report = report_of(project, graph, folder=folder)
    if not report.conforms and not force:
        print_findings(report, "violation", lang, graph.prefixes, graph.root)
        say(f"{out}: not written, since the data has violations (--force builds all the same).")
        return 1
    texts = passages(project, graph, lang, folder) if folder else {}
    progress = Progress()
    gc.enable()  # since pages are many
    try:
        site = pages.build(
            project,
            graph,
            report,
            progress=progress.say,
            step=progress.step,
            passages=texts,
            as_of=day,
            browser=browser,
        )
    finally:
        progress.end()
    pages.write(site, out, inputs)
    say(pages.summary(site, out))
    return 0
