"""What `import kytkos` gives a notebook: a project opened, its graph, and queries as tables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kytkos import asof
from kytkos.engines import Oxigraph, to_rdflib_dataset
from kytkos.errors import QueryError, did_you_mean
from kytkos.exports import graph_iri
from kytkos.graph import Graph
from kytkos.names import bind, headings, shown, themes
from kytkos.project import Project, language, open_project
from kytkos.queries import Query, read_query
from kytkos.tables import Table, Words
from kytkos.terms import Term

if TYPE_CHECKING:
    import pyoxigraph as ox
    import rdflib

Value = str | int | float | date | Term  # what a parameter may be given; True is a number too

_LISTED = ("name", "summary", "theme", "parameters")


def open(path: str | Path = ".", *, lang: str | None = None, as_of: str | date = "") -> "Kytkos":  # noqa: A001
    """Open a project folder and load its graph.

    Args:
        path: the folder, with its `data/`.
        lang: `fi`, `sv` or `en`, of labels and headings; else `KYTKOS_LANG`, the locale,
            Finnish.
        as_of: a day; the graph is then as things stood on it, see `Kytkos.as_of`.

    Raises:
        ProjectError: there is no such folder, or it has no `data/`.
        DataError: a file of it can't be read.
        QueryError: `as_of` is not a day.
    """
    project = open_project(Path(path), how="kytkos.open(DIR)")
    opened = Kytkos(project, language(lang), project.graph())
    return opened.as_of(as_of) if as_of else opened


@dataclass(frozen=True, eq=False)
class Kytkos:
    """An opened project; `open` makes it.

    `day` is the day that the graph is as of, None where it is all that is known now.
    """

    project: Project
    lang: str
    loaded: Graph
    day: Term | None = None

    @property
    def store(self) -> "ox.Store":
        """The pyoxigraph store: each file of the project is a named graph, `file:` and its path.

        A query sees them with `use_default_graph_as_union=True`.
        """
        return self.loaded.store

    @cached_property
    def graph(self) -> "rdflib.Dataset":
        """A copy of the graph as an rdflib dataset, whose default graph is the union of all.

        Each file is a named graph, `https://w3id.org/kytkos/graph/` and its path. The copy is
        made at the first use, and `query` and `select` do not see what is changed in it.
        """
        names = {name: graph_iri(p, self.loaded.root) for name, p in self.loaded.files.items()}
        return to_rdflib_dataset(self.store, names, self.loaded.prefixes)

    def as_of(self, day: str | date) -> "Kytkos":
        """Give the project as things stood on a day, whichever document tells of it.

        Args:
            day: a date, or a text as 2024-01-31 or 31.1.2024.

        Raises:
            QueryError: it is not a day, or what was known by then is left out already.
        """
        if self.day:
            hint = "Ask the project as it was opened without a day."
            raise QueryError(f"the graph is as of {self.day} already", hint=hint)
        past = asof.as_of(self.loaded, asof.read_day(str(day)), self.project.as_of_queries())
        return replace(self, loaded=past.graph, day=past.day)

    def queries(self) -> Table:
        """List the library: `name`, `summary`, `theme` and `parameters` of each query.

        `parameters` has the defaults as the query writes them, one a line.
        """
        library, known = self.project.library(), themes(self.lang)
        order = [*known, ""]

        def row(query: Query) -> tuple[Term | None, ...]:
            theme = query.tags[0] if query.tags else ""
            parameters = (f"{n} = {v}" for n, v in query.parameters.items() if n != "lang")
            said = (query.name, query.summary(self.lang), known.get(theme, theme))
            texts = (*said, "\n".join(parameters))
            return tuple(Term("literal", text) if text else None for text in texts)

        def rank(query: Query) -> tuple[int, str]:
            theme = query.tags[0] if query.tags else ""
            return order.index(theme) if theme in order else len(order), query.name

        return Table(_LISTED, tuple(map(row, sorted(library.values(), key=rank))))

    def query(self, name: str, /, **values: Value) -> Table:
        """Answer a query of the library.

        Args:
            name: as `queries` lists it.
            values: of its parameters. A thing is an IRI, a CURIE, a code or a name; a day is a
                date or a text. `lang` is that of the project where it is not given.

        Raises:
            QueryError: there is no such query, parameter or value.
        """
        wanted = self.project.query(name)
        if wanted is None:
            hint = did_you_mean(name, self.project.library())
            raise QueryError(f"no query `{name}`", hint=hint)
        asked = asof.bind(wanted, self.day)
        lang = str(values.get("lang", self.lang))
        table = self._answer(asked, values)
        called = headings(table.variables, self.loaded, lang)
        names = shown(table.iris(), self.loaded, lang)
        return replace(table, words=Words(lang, asked.summary(lang), called, names))

    def select(self, sparql: str, /, **values: Value) -> Table:
        """Answer a SELECT of one's own, over the union of the graphs.

        The prefixes of the data need no declaration. Columns have the names of the variables.

        Args:
            sparql: SPARQL 1.1; a `VALUES ?x { … }` in it is a parameter `x` with its default.
            values: of its parameters, as of `query`.

        Raises:
            QueryError: the query can't be parsed, is not a SELECT, or has no such parameter
                or value.
        """
        table = self._answer(read_query(sparql, "query"), values)
        curies = {iri: self.loaded.prefixes.curie(iri) for iri in table.iris()}
        return replace(table, words=Words(self.lang, names=curies))

    def _answer(self, query: Query, values: Mapping[str, Value]) -> Table:
        texts = {name: _text(value) for name, value in values.items()}
        bound = bind(query, texts, self.loaded, self.lang)
        return Oxigraph(self.loaded, self.loaded.prefixes).select(bound.text, bound.name)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
