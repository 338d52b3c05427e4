"""Answers for people: the page to ask on, the stored queries, and tables of answers."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kytkos.names import headings, themes
from kytkos.queries import Query
from kytkos.serve.protocol import DOCUMENTS, GRAPHS, TABLES, RefusedError
from kytkos.serve.workers import Answer
from kytkos.settings import read_settings
from kytkos.tables import Table
from kytkos.terms import LANGUAGES, Term

if TYPE_CHECKING:
    import jinja2

    from kytkos.project import Project

EXAMPLE = """\
SELECT ?body ?label WHERE {
  ?body a/rdfs:subClassOf* kyt:CooperationBody ;
        skos:prefLabel ?label .
  FILTER (LANG(?label) = "%s")
}
ORDER BY ?label
LIMIT 100
"""
SHOWN = 1000  # rows of an answer on a page; its files hold all

_HERE = Path(__file__).parent


class Views:
    """The pages of the server, in all languages."""

    def __init__(self, project: "Project", lang: str) -> None:
        self._lang = lang
        self._settings = read_settings(project.root / "site.toml")
        self._texts = tomllib.loads((_HERE / "texts.toml").read_text(encoding="utf-8"))
        self._environment = _environment()
        self._graph = project.graph()

    def language(self, wanted: str, headers: Mapping[str, str]) -> str:
        """Choose a language: the one named, else the first that the client accepts."""
        accepted = headers.get("accept-language", "")
        spoken = (part.partition(";")[0].strip()[:2].lower() for part in accepted.split(","))
        return next((code for code in (wanted, *spoken) if code in LANGUAGES), self._lang)

    def editor(
        self,
        lang: str,
        query: str,
        library: Mapping[str, Query],
        outcome: Answer | RefusedError | None = None,
    ) -> str:
        """Draw the page to write a query on, with the answer to it or what is wrong."""
        return self._draw(
            "editor.html",
            lang,
            query=query or EXAMPLE % lang,
            asked=bool(query),
            library=_by_theme(library, lang),
            forms=[name for name in (*TABLES, *GRAPHS) if name != "html"],
            **self._told(outcome),
        )

    def listing(
        self, lang: str, library: Mapping[str, Query], outcome: Answer | None = None
    ) -> str:
        """Draw the list of the stored queries."""
        library_by_theme = _by_theme(library, lang)
        return self._draw("listing.html", lang, library=library_by_theme, **self._told(outcome))

    def listed(self, lang: str, library: Mapping[str, Query]) -> list[dict[str, Any]]:
        """List the stored queries as data."""
        return [
            {
                "name": query.name,
                "summary": query.summary(lang),
                "description": query.description(lang),
                "tags": list(query.tags),
                "parameters": [
                    {"name": name, "default": default, "enum": list(query.allowed.get(name, ()))}
                    for name, default in query.parameters.items()
                ],
                "href": f"/queries/{query.name}",
            }
            for query in library.values()
        ]

    def stored(self, lang: str, query: Query, given: Mapping[str, str], outcome: Answer) -> str:
        """Draw a stored query with its parameters and its answer."""
        called = headings(query.parameters, self._graph, lang)
        fields = [
            {
                "name": name,
                "called": called[name],
                "value": given.get(name, ""),
                "default": _plain(default),
                "allowed": query.allowed.get(name, ()),
            }
            for name, default in query.parameters.items()
            if name != "lang"
        ]
        forms = [name for name in (*TABLES, *DOCUMENTS) if name != "html"]
        told = self._told(outcome)
        if told["table"] is not None:
            variables = told["table"].variables
            told["columns"] = _columns(variables, headings(variables, self._graph, lang))
        return self._draw(
            "stored.html",
            lang,
            stored=query,
            fields=fields,
            given=dict(given),
            forms=forms,
            **told,
        )

    def description(self, address: str) -> str:
        """Write the description of the service in Turtle.

        Source: SPARQL 1.1 Service Description, section 3.
        """
        return str(self._environment.get_template("description.ttl").render(address=address))

    def _told(self, outcome: Answer | RefusedError | None) -> dict[str, Any]:
        told: dict[str, Any] = {"error": "", "table": None, "graph": "", "answer": ""}
        if isinstance(outcome, RefusedError):
            return told | {"error": str(outcome)}
        if outcome is None:
            return told
        text = outcome.body.decode()
        if outcome.form == "text":
            return told | {"error": text}
        if not text.lstrip().startswith("{"):
            return told | {"graph": text}
        answer = json.loads(text)
        if "boolean" in answer:
            return told | {"answer": "yes" if answer["boolean"] else "no"}
        table = Table.from_json(answer)
        return told | {"table": table, "columns": _columns(table.variables, {})}

    def _draw(self, template: str, lang: str, **told: Any) -> str:
        texts = {key: said[lang] for key, said in self._texts.items()}
        return self._environment.get_template(template).render(
            t=texts,
            lang=lang,
            languages={"fi": "Suomi", "sv": "Svenska", "en": "English"},
            settings=self._settings.said(lang),
            folder="" if lang == "fi" else f"{lang}/",
            shown=SHOWN,
            address=partial(_address, told),
            href=self._href,
            curie=self._curie,
            **told,
        )

    def _curie(self, term: Term) -> str:
        return self._graph.prefixes.curie(term.value)

    def _href(self, term: Term) -> str:
        """Give the address of a thing: here where it is one of the graph's."""
        namespace = "https://w3id.org/kytkos/"
        if term.value.startswith(namespace):
            return term.value.removeprefix(namespace.rstrip("/"))
        return term.value if term.value.startswith(("http://", "https://")) else ""


def _columns(
    variables: Sequence[str], called: Mapping[str, str]
) -> list[tuple[str, int, int | None]]:
    """Give what each column is called, and the places of its thing and of the thing's name.

    Where people are told what columns are called, a thing and its name are one column.
    """
    found: list[tuple[str, int, int | None]] = []
    for index, variable in enumerate(variables):
        thing = variable.removesuffix("Label")
        if called and thing != variable and thing in variables:
            continue
        label = f"{variable}Label"
        named = variables.index(label) if called and label in variables else None
        found.append((called.get(variable, variable), index, named))
    return found


def _address(told: Mapping[str, Any], lang: str, form: str = "") -> str:
    """Give the part of an address after `?` that leads to the same in a language or a form."""
    given = dict(told.get("given", {}))
    if told.get("asked"):
        given["query"] = told["query"]
    if form or told.get("asked"):
        given["format"] = form or "html"
    return urlencode(given | {"lang": lang})


def _by_theme(library: Mapping[str, Query], lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
    def listed() -> Iterator[tuple[str, list[tuple[str, str]]]]:
        known = themes(lang)
        of = {name: query.tags[0] if query.tags else "" for name, query in library.items()}
        for theme in [*known, *sorted(set(of.values()) - known.keys())]:
            if queries := [(n, q.summary(lang)) for n, q in library.items() if of[n] == theme]:
                yield known.get(theme, theme or "–"), queries

    return list(listed())


def _plain(default: str) -> str:
    return default.partition('"^^')[0].strip('"<>') if '"' in default else default.strip("<>")


def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE.parent / "templates" / "serve"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
