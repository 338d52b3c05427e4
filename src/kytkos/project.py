"""A project folder: its data, and its own or the packaged ontology and queries."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kytkos.errors import ProjectError
from kytkos.terms import LANGUAGES

if TYPE_CHECKING:
    from kytkos.graph import Graph
    from kytkos.queries import Query

SHAPES_PATTERN = "shapes*.ttl"
_DATA = (".ttl", ".trig")


class Project(NamedTuple):
    """A folder with `data/`, and maybe with `ontology/` and `queries/` of its own."""

    root: Path

    @property
    def data(self) -> Path:
        """The folder of the data."""
        return self.root / "data"

    @property
    def ontology(self) -> Path:
        """The folder of the ontology, code lists and shapes: its own, else the packaged one."""
        return self._own_or_packaged("ontology")

    @property
    def queries(self) -> Path:
        """The folder of the query library: its own, else the packaged one."""
        return self._own_or_packaged("queries")

    def read_by_check(self, *more: Path) -> Iterator[Path]:
        """Give the files that a check reads, of those that are there."""
        for folder in (self.data, *more):
            within = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
            yield from (p for p in within if p.suffix in _DATA and not p.is_dir())
        yield from sorted(self.ontology.glob("*.ttl"))
        yield from sorted((self.queries / "checks").glob("*.rq"))

    def graph(self, *more: Path, lenient: bool = False) -> "Graph":
        """Load the ontology, the code lists and the data, and more files where given.

        With `lenient`, what can be read of a broken file of the data is enough.
        """
        from kytkos.graph import load

        paths = [self.data, *more]
        return load(
            [*self._vocabulary_files(), *paths], self.root, lenient=paths if lenient else ()
        )

    def shapes(self) -> "Graph":
        """Load the shapes.

        Raises:
            ProjectError: there are none.
        """
        from kytkos.graph import load

        files = sorted(self.ontology.glob(SHAPES_PATTERN))
        if not files:
            raise ProjectError(f"no shapes ({SHAPES_PATTERN}) in {self.ontology}")
        return load(files, self.root)

    def is_shapes(self, path: Path) -> bool:
        """Tell whether a file of the ontology holds shapes."""
        return path.match(SHAPES_PATTERN) and path.parent == self.ontology.resolve()

    def library(self) -> "dict[str, Query]":
        """Read the queries that people may ask for by name."""
        return _queries(self.queries)

    def query(self, name: str) -> "Query | None":
        """Read the query of the library that has a name; None where there is none."""
        from kytkos.queries import read_named

        return read_named(self.queries, name)

    def checks(self) -> "dict[str, Query]":
        """Read the SPARQL checks: each row of an answer is a finding."""
        return _queries(self.queries / "checks")

    def page_queries(self) -> "dict[str, Query]":
        """Read the queries that only the pages ask, by names that begin with `pages/`."""
        pages = _queries(self.queries / "pages")
        return {f"pages/{name}": query for name, query in pages.items()}

    def as_of_queries(self) -> "dict[str, Query]":
        """Read the queries that say what was not known on a day: its own, else the packaged."""
        return self.queries_in("as-of")

    def queries_in(self, name: str) -> "dict[str, Query]":
        """Read the queries of a sub-folder of the library: its own, else the packaged."""
        own = self.queries / name
        return _queries(own if own.is_dir() else packaged("queries") / name)

    def _vocabulary_files(self) -> list[Path]:
        shapes = set(self.ontology.glob(SHAPES_PATTERN))
        return sorted(p for p in self.ontology.glob("*.ttl") if p not in shapes)

    def _own_or_packaged(self, name: str) -> Path:
        own = self.root / name
        return own if own.is_dir() else packaged(name)


def _queries(folder: Path) -> "dict[str, Query]":
    from kytkos.queries import read_queries

    return read_queries(folder)


def open_project(root: Path, how: str = "--project DIR") -> Project:
    """Open a project folder.

    Args:
        root: the folder.
        how: what a message tells to name a folder with.

    Raises:
        ProjectError: there is no such folder, or it has no `data/`.
    """
    if not root.is_dir():
        raise ProjectError(f"no folder `{root}`", hint=f"Name the project with {how}.")
    project = Project(root)
    if not project.data.is_dir():
        hint = f"Go to a project folder, or name one with {how}."
        raise ProjectError(f"`{root}` is not a project: it has no folder `data`", hint=hint)
    return project


def packaged(name: str) -> Path:
    """Give a folder that came with the program: of the wheel, else of the checkout."""
    here = Path(__file__).parent
    share = here / "share" / name
    return share if share.is_dir() else here.parents[1] / name


def language(choice: str | None) -> str:
    """Choose the language: the given one, else `KYTKOS_LANG`, the locale, then Finnish."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    for candidate in (choice, os.environ.get("KYTKOS_LANG"), locale):
        code = (candidate or "")[:2].lower()
        if code in LANGUAGES:
            return code
    return "fi"
