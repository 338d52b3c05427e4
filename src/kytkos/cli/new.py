"""`kytkos new`: a project for another county."""

from pathlib import Path

import click

from kytkos.cli.common import main, say
from kytkos.errors import KytkosError, OutputError, ProjectError
from kytkos.terms import Place


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_context
def new(context: click.Context, folder: Path) -> None:
    """Make a project for another county, with an example to replace.

    DIR is a new or an empty folder, or one in which nothing but `git init` was done. The
    example is an invented county with three municipalities and a short agreement; it passes
    the check and builds. The acts and the periods, which are the same in all of Finland, are
    there as they are.

    Example: kytkos new pirkanmaa
    """
    try:
        _make(folder)
    except KytkosError as error:
        click.echo(str(error), err=True)
        context.exit(2)
    where = "" if folder.resolve() == Path.cwd() else f"cd {folder}, then "
    say(f"{folder}: an example to replace. Next: {where}kytkos check; kytkos build. See README.md.")


def _make(folder: Path) -> None:
    """Copy the example into a folder.

    Raises:
        ProjectError: the folder has something in it.
        OutputError: the folder can't be written; what was written of it is taken away.
    """
    import shutil

    from kytkos.project import packaged

    if folder.exists() and (not folder.is_dir() or any(_within(folder))):
        raise ProjectError(
            "there is something there already",
            hint="Name a new or an empty folder.",
            place=Place(str(folder)),
        )
    was_there = folder.is_dir()
    example = Path(__file__).parents[1] / "starter"
    try:
        shutil.copytree(example, folder, dirs_exist_ok=True)
        (folder / "gitignore").rename(folder / ".gitignore")
        shutil.copytree(packaged("data/finland"), folder / "data" / "finland")
    except OSError as error:
        for path in _within(folder) if was_there else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        reason = error.strerror or str(error)
        raise OutputError(f"can't write: {reason}", place=Place(str(folder))) from error


def _within(folder: Path) -> list[Path]:
    """List what is in a folder, but for its repository."""
    return [path for path in folder.iterdir() if path.name != ".git"]
