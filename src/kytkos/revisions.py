"""The project as it was at a git revision, told as a change to what it is now.

git gives the list of files at the revision and the content of those that differ; nothing is
checked out, and the index is not touched. What is staged is copied into a folder of its own.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from kytkos.affected import Change
from kytkos.errors import ProjectError
from kytkos.graph import FORMATS, Graph, load_content
from kytkos.project import Project
from kytkos.queries import Query, read_query
from kytkos.report import ACCEPTED_FILE
from kytkos.terms import file_iri, path_of, printable

# What a check reads in the folder of a project.
STAGED = ("data", "ontology", "queries", ACCEPTED_FILE)


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, or the empty tree before the first one.

    `top` is the folder that its files are compared with, as a rule that of the `repository`.
    """

    name: str
    tree: str
    top: Path
    repository: Path

    def changed(self, folders: Sequence[Path], now: Iterable[Path]) -> dict[Path, bytes | None]:
        """Give the old content of each file that differs, or None where there was no file.

        Args:
            folders: what to look through; a folder outside the repository has not changed.
            now: the files that are there now; one outside the repository is new.
        """
        roots = [folder.resolve() for folder in folders]
        outside = [root for root in roots if not root.is_relative_to(self.top)]
        after = {
            path
            for path in map(Path.resolve, now)
            if not any(path.is_relative_to(root) for root in outside)
        }
        inside = [path for path in (*roots, *after) if path.is_relative_to(self.top)]
        before = self._blobs(inside)
        changed = dict.fromkeys(after - before.keys(), "")
        changed |= {path: blob for path, blob in before.items() if _blob(path, len(blob)) != blob}
        contents = self._read(sorted({blob for blob in changed.values() if blob}))
        return {path: contents[blob] if blob else None for path, blob in sorted(changed.items())}

    def _blobs(self, under: Sequence[Path]) -> dict[Path, str]:
        if not under or not self.tree:
            return {}
        names = [path.relative_to(self.top).as_posix() for path in under]
        listed = _git(
            self.repository, "ls-tree", "-r", "-z", "--full-tree", self.tree, "--", *names
        )
        blobs: dict[Path, str] = {}
        for line in listed.decode("utf-8", "surrogateescape").split("\0"):
            about, _, name = line.partition("\t")
            if name and about.split()[1] == "blob":
                blobs[self.top / name] = about.split()[2]
        return blobs

    def _read(self, blobs: Sequence[str]) -> dict[str, bytes]:
        if not blobs:
            return {}
        listed = "".join(f"{blob}\n" for blob in blobs).encode()
        output = _git(self.repository, "cat-file", "--batch", content=listed)
        contents: dict[str, bytes] = {}
        at = 0
        for blob in blobs:
            head_end = output.index(b"\n", at)
            size = int(output[at:head_end].split()[-1])
            contents[blob] = output[head_end + 1 : head_end + 1 + size]
            at = head_end + 1 + size + 1
        return contents


@dataclass(frozen=True, slots=True)
class Past:
    """What a project was at a revision, beside what it is now.

    `change` leads from the data then to the data now; `shapes` and `checks` are those of then,
    and the very ones of now where they have not changed.
    """

    change: Change
    shapes: Graph
    checks: dict[str, Query]


def find_revision(folder: Path, name: str) -> Revision:
    """Find a revision by any name that git knows.

    Before the first commit, `HEAD` is the empty tree.

    Raises:
        ProjectError: there is no git, no repository, or no such revision.
    """
    top = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n"))).resolve()
    try:
        found = _git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except ProjectError:
        if name == "HEAD" and not name.startswith("-"):
            return Revision(name, "", top, top)
        hint = "Name a commit, a branch or a tag, for example HEAD or HEAD~1; `git log` lists them."
        raise ProjectError(f"git knows no revision `{name}`", hint=hint) from None
    return Revision(name, found.decode().strip(), top, top)


@contextmanager
def staged(project: Project, name: str) -> Iterator[tuple[Project, Revision]]:
    """Give a project as it is staged for the next commit, and a revision to compare it with.

    The project is a copy, gone at the end; files that are not staged are not in it.

    Raises:
        ProjectError: there is no git, no repository, or no such revision.
    """
    revision = find_revision(project.root, name)
    root = project.root.resolve().relative_to(revision.top)
    wanted = [(root / part).as_posix() for part in STAGED]
    listed = _git(revision.top, "--literal-pathspecs", "ls-files", "-z", "--", *wanted, index=True)
    with tempfile.TemporaryDirectory(prefix="kytkos-") as folder:
        top = Path(folder).resolve()
        to = f"--prefix={top.as_posix()}/"
        _git(revision.top, "checkout-index", "-z", "--stdin", to, content=listed, index=True)
        (top / root / "data").mkdir(parents=True, exist_ok=True)
        yield Project(top / root), replace(revision, top=top)


def past(
    project: Project,
    revision: Revision,
    graph: Graph,
    shapes: Graph,
    checks: dict[str, Query],
) -> Past:
    """Tell what a project was at a revision; the graph, shapes and checks are those of now.

    Raises:
        DataError: a file could not be read as it was at the revision.
    """
    folders = [project.data, project.ontology, project.queries / "checks"]
    queries = sorted((project.queries / "checks").glob("*.rq"))
    now = [*graph.files.values(), *shapes.files.values(), *queries]
    changed = revision.changed(folders, now)
    data: dict[Path, bytes | None] = {}
    rules: dict[Path, bytes | None] = {}
    old_checks = dict(checks)
    shape_files = {path.resolve() for path in shapes.files.values()}
    for path, content in changed.items():
        if path.parent == folders[2].resolve() and path.suffix == ".rq":
            old_checks.pop(path.stem, None)
            if content is not None:
                old_checks[path.stem] = read_query(content.decode("utf-8", "replace"), path.stem)
        elif project.is_shapes(path) or path in shape_files:
            rules[path] = content
        elif path.suffix in FORMATS:
            data[path] = content
    return Past(
        change=_change(revision, graph, data),
        shapes=_with(revision, shapes, rules) if rules else shapes,
        checks=dict(sorted(old_checks.items())),
    )


def graph_at(project: Project, revision: Revision, graph: Graph) -> Graph:
    """Give the graph as it was at a revision; `graph` is that of now.

    Raises:
        DataError: a file could not be read as it was at the revision.
    """
    folders = [project.data, project.ontology]
    changed = {
        path: content
        for path, content in revision.changed(folders, graph.files.values()).items()
        if path.suffix in FORMATS and not project.is_shapes(path)
    }
    return _with(revision, graph, changed) if changed else graph


def names(folder: Path) -> tuple[str, ...]:
    """Give the names of the branches and tags there are; none where there is no repository."""
    try:
        listed = _git(
            folder, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags"
        )
    except ProjectError:
        return ()
    return ("HEAD", *listed.decode("utf-8", "replace").split())


def _change(revision: Revision, graph: Graph, files: dict[Path, bytes | None]) -> Change:
    then, now = ox.Store(), ox.Store()
    names = {path.resolve(): path_of(name) for name, path in graph.files.items()}
    shown = {path: names.get(path) or _shown(path, graph.root) for path in files}
    for path, content in files.items():
        if content is not None:
            _load(revision, then, content, shown[path])
        name = ox.NamedNode(file_iri(shown[path]))
        now.extend(graph.store.quads_for_pattern(None, None, None, name))
    if any(path.suffix == ".trig" for path in files):
        # TriG files share graphs, so they are compared together.
        for path in names.keys() - files.keys():
            if path.suffix == ".trig":
                load_content(then, path.read_bytes(), names[path])
        turtle = {ox.NamedNode(file_iri(names[p])) for p in names if p.suffix == ".ttl"}
        now.extend(quad for quad in graph.store if quad.graph_name not in turtle)
    old, new = frozenset(then), frozenset(now)
    return Change(old - new, new - old)


def _with(revision: Revision, graph: Graph, files: dict[Path, bytes | None]) -> Graph:
    store = ox.Store()
    changed = {path.resolve() for path in files}
    kept = {name: path for name, path in graph.files.items() if path.resolve() not in changed}
    for name, path in kept.items():
        load_content(store, path.read_bytes(), path_of(name))
    for path, content in files.items():
        if content is not None:
            shown = _shown(path, graph.root)
            _load(revision, store, content, shown)
            kept[file_iri(shown)] = path
    return replace(graph, store=store, files=kept)


def _load(revision: Revision, store: ox.Store, content: bytes, shown: str) -> None:
    load_content(store, content, shown, where=f"{revision.name}:{shown}")


def _shown(path: Path, root: Path) -> str:
    root = root.resolve()
    inside = path.is_relative_to(root)
    return printable((path.relative_to(root) if inside else path).as_posix())


def _blob(path: Path, digits: int) -> str:
    """Name a file as git does, by the digest of its content; none where there is no file."""
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    digest = hashlib.sha1 if digits == 40 else hashlib.sha256
    return digest(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _git(folder: Path, *arguments: str, content: bytes = b"", index: bool = False) -> bytes:
    # In a hook git names its repository in the environment, relative to another folder; and
    # the index of this very commit, which `commit --all` and `commit FILE` have of their own,
    # relative to the top of the repository.
    dropped = {"GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"} | (set() if index else {"GIT_INDEX_FILE"})
    environment = {key: value for key, value in os.environ.items() if key not in dropped}
    try:
        ran = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=environment | {"LC_ALL": "C"},
            input=content,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        hint = "Install git, or check everything: leave --since out."
        raise ProjectError("there is no `git` to ask for the revision", hint=hint) from error
    if ran.returncode == 0:
        return ran.stdout
    said = ran.stderr.decode("utf-8", "replace").strip()
    if "not a git repository" in said:
        hint = "Begin one with `git init`, or check everything: leave --since out."
        raise ProjectError(f"`{folder}` is not in a git repository", hint=hint)
    first = said.partition("\n")[0]
    raise ProjectError(f"git could not tell the revision: {first}", hint=said.partition("\n")[2])
