"""Tell whether a site was made of what there is now, so that it need not be made again."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from kytkos.project import Project

# What of the surroundings can change a byte of a page.
MANIFEST = "kytkos.json"  # the file of a site that holds its stamp

_LIBRARIES = ("jinja2", "minify-html", "networkx", "pyoxigraph", "xlsxwriter")


def of_inputs(project: Project, more: Iterable[Path] = (), **options: object) -> str:
    """Give a digest of all that a site is made of: data, queries, the program, the options.

    Args:
        more: folders and files that the site is made of besides.
        options: of the build.
    """
    surroundings = {name: _version(name) for name in _LIBRARIES}
    said = json.dumps([platform.python_version(), surroundings, options], default=str)
    digest = hashlib.sha256(said.encode())
    own = sorted(project.root.glob("*.toml"))
    roots = (project.data, project.ontology, project.queries, Path(__file__).parent, *own, *more)
    for root in roots:
        for path in _files(root):
            digest.update(f"\0{path.relative_to(root)}\0".encode(errors="surrogateescape"))
            digest.update(path.read_bytes())
    return digest.hexdigest()


def of_site(files: Mapping[PurePosixPath, bytes]) -> str:
    """Give a digest of the files of a site, without the one that holds it."""
    digest = hashlib.sha256()
    for path in sorted(files, key=str):
        if str(path) != MANIFEST:
            digest.update(f"\0{path}\0".encode())
            digest.update(files[path])
    return digest.hexdigest()


def is_current(out: Path, inputs: str) -> bool:
    """Tell whether a folder is the site of some inputs, and nobody touched it since."""
    try:
        held = json.loads((out / MANIFEST).read_bytes())
        if not isinstance(held, dict) or held.get("inputs") != inputs:
            return False
        found = {PurePosixPath(p.relative_to(out).as_posix()): p.read_bytes() for p in _files(out)}
    except (OSError, ValueError):
        return False
    return held.get("site") == of_site(found)


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    return sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
