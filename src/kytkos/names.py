"""Find the thing that a person means by an IRI, a CURIE, a code or a name; and name things."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

import pyoxigraph as ox

from kytkos.cadence import iso_day
from kytkos.errors import QueryError, did_you_mean, shortened
from kytkos.graph import Graph
from kytkos.queries import Query
from kytkos.terms import DEF, ID, SCHEME, XSD, Prefixes, Term

ANY_THING = "thing"  # a parameter of this name takes whatever the graph describes

_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_NAMING = [ox.NamedNode(_SKOS + local) for local in ("notation", "prefLabel", "altLabel")]
_PREF_LABEL = ox.NamedNode(_SKOS + "prefLabel")
_LABELS = (ox.NamedNode(_RDFS + "label"), _PREF_LABEL)
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_SUBCLASS = ox.NamedNode(_RDFS + "subClassOf")

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"(?:\^\^(?P<datatype>\S+)|@(?P<lang>[\w-]+))?')
_NUMBER = re.compile(r"[+-]?(?:\d+|\d*\.\d+)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def parameter_value(
    query: Query, name: str, text: str, graph: Graph, lang: str = "", elsewhere: bool = False
) -> Term:
    """Give the term that a person's text means for one parameter of a query.

    A parameter whose default is an IRI takes an IRI, a CURIE, a code, a name or a key (the
    end of an IRI, as `kh2023`); any other takes a value of the datatype of its default.

    Args:
        lang: the language of the names that a message offers; all of them if empty.
        elsewhere: the query is answered by another store: an IRI or a CURIE that the graph
            does not describe is taken as it is.

    Raises:
        QueryError: the query has no such parameter, or nothing, or more than one thing,
            has that name, or the value is of another type or not among those allowed.
    """
    default = query.default(name)
    allowed = query.allowed.get(name, ())
    prefixes = Prefixes(dict(graph.prefixes.namespaces) | query.prefixes)
    if is_literal(default):
        if allowed and text not in allowed:
            raise _not_allowed(name, text, allowed)
        return _literal(name, text, default, prefixes)
    iri = _given(text, prefixes)
    if not (elsewhere and iri):
        usual = _given(default.split()[0], prefixes)
        try:
            iri = find(text, graph, prefixes, usual or "")
        except QueryError as error:
            like = alike(text, name, usual, graph, lang)
            if not like or isinstance(error, _SeveralError):
                raise
            listed = ", ".join(f"`{label}`" for label in like)
            hint = f"{error.hint} `{name}` takes, for example: {listed}.".strip()
            raise QueryError(error.message, hint=hint) from error
    if allowed and iri not in {_given(value, prefixes) for value in allowed}:
        raise _not_allowed(name, text, allowed)
    return Term("uri", iri or text)


def bind(
    query: Query, texts: Mapping[str, str], graph: Graph, lang: str, elsewhere: bool = False
) -> Query:
    """Bind parameters to what a person's texts mean, and the parameter `lang` to a language.

    Raises:
        QueryError: as of `parameter_value`.
    """
    values = {"lang": Term("literal", lang)} if "lang" in query.parameters else {}
    for name, text in texts.items():
        values[name] = parameter_value(query, name, text, graph, lang, elsewhere)
    return query.bind(values)


def is_literal(default: str) -> bool:
    """Tell whether a default, as written in a query, is a literal."""
    first = default.split()[0] if default.split() else '""'
    return first.startswith('"') or first in ("true", "false") or bool(_NUMBER.fullmatch(first))


def alike(
    text: str, parameter: str, default: str | None, graph: Graph, lang: str = "", limit: int = 10
) -> list[str]:
    """Name the things that a parameter takes, those with the nearest names first.

    They are the things of the class that the parameter is called after, `body` after
    `kyt:CooperationBody`, else of the class of its default.
    """
    wanted = None if parameter == ANY_THING else _instances(parameter, default, graph)
    folded = text.casefold()
    best: dict[str, tuple[float, str]] = {}
    for quad in graph.store.quads_for_pattern(None, _PREF_LABEL, None):
        if not isinstance(quad.subject, ox.NamedNode) or not isinstance(quad.object, ox.Literal):
            continue
        thing, label = quad.subject.value, quad.object.value
        known = wanted is None or thing in wanted
        if known and (not lang or quad.object.language == lang):
            matcher = SequenceMatcher(None, folded, label.casefold(), autojunk=False)
            far = -matcher.ratio() if matcher.real_quick_ratio() > 0.3 else 0.0
            best[thing] = min(best.get(thing, (0.0, label)), (far, label))
    return [label for _, label in sorted(best.values())[:limit]]


def labels(iris: Iterable[str], graph: Graph, lang: str) -> dict[str, str]:
    """Give the label of each IRI in a language, else its CURIE."""
    found = {}
    for iri in iris:
        quads = graph.store.quads_for_pattern(ox.NamedNode(iri), _PREF_LABEL, None)
        given = [q.object for q in quads if isinstance(q.object, ox.Literal)]
        named = [label.value for label in given if label.language == lang]
        found[iri] = named[0] if named else graph.prefixes.curie(iri)
    return found


def shown(iris: Iterable[str], graph: Graph, lang: str) -> dict[str, str]:
    """Give what people read in a table: the labels of IRIs, and words for truth values."""
    truths = {value: said[lang] for value, said in _words()["truths"].items()}
    return labels(iris, graph, lang) | truths


def themes(lang: str) -> dict[str, str]:
    """Give the name of each theme of the library, in the order of listing."""
    return {theme: names[lang] for theme, names in _words()["themes"].items()}


def headings(variables: Iterable[str], graph: Graph, lang: str) -> dict[str, str]:
    """Give what people call the variables of an answer.

    It is a word of `library.toml`, else the label of the term of that name in the ontology,
    else the name itself, taken apart.
    """
    words = _words()
    found = {}
    for variable in variables:
        name = variable.removesuffix("Label")
        heading = _heading(name, graph, lang, words["headings"])
        for ending, ended in words["endings"].items():
            if not heading and name.endswith(ending):
                stem = _heading(name.removesuffix(ending), graph, lang, words["headings"])
                heading = f"{stem} ({ended[lang]})" if stem else ""
        heading = heading or _CAMEL.sub(" ", name).lower()
        found[variable] = heading[:1].upper() + heading[1:]
    return found


def find(text: str, graph: Graph, prefixes: Prefixes, usual: str = "") -> str:
    """Give the IRI of the one thing that a text names.

    It is an IRI, a CURIE, a name or a code, or the end of an IRI of ours, in this order.

    Args:
        usual: an IRI; of several things with that name, the only one of its kind is meant.

    Raises:
        QueryError: nothing, or more than one thing, has that name.
    """
    wanted = text.strip()
    iri = _given(wanted, prefixes)
    if iri and _is_described(iri, graph):
        return iri
    folded = wanted.casefold()
    named = {thing for label, thing in _names(graph) if label.casefold() == folded}
    named = named or {
        namespace + wanted
        for _, namespace in prefixes
        if namespace.startswith((ID, SCHEME, DEF)) and _is_described(namespace + wanted, graph)
    }
    kind = re.match(r".*[/#]|", usual)
    alike_in_kind = {iri for iri in named if kind and kind[0] and iri.startswith(kind[0])}
    if len(alike_in_kind) == 1:
        named = alike_in_kind
    if len(named) == 1:
        return named.pop()
    if named:
        curies = ", ".join(sorted(prefixes.curie(thing) for thing in named))
        raise _SeveralError(f"`{text}` names {len(named)} things", hint=f"Name one: {curies}.")
    hint = did_you_mean(wanted, {label for label, _ in _names(graph)})
    raise QueryError(
        f"nothing is named `{shortened(text)}`", hint=hint if hint.startswith("Did") else ""
    )


class _SeveralError(QueryError):
    """A text names several things."""


def _names(graph: Graph) -> Iterator[tuple[str, str]]:
    for predicate in _NAMING:
        for quad in graph.store.quads_for_pattern(None, predicate, None):
            if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode):
                yield quad.object.value, quad.subject.value


def _is_described(iri: str, graph: Graph) -> bool:
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        return False
    return next(iter(graph.store.quads_for_pattern(node, None, None)), None) is not None


def _given(text: str, prefixes: Prefixes) -> str | None:
    wanted = text.strip()
    return wanted.strip("<>") if "://" in wanted else prefixes.expand(wanted)


def _literal(name: str, text: str, default: str, prefixes: Prefixes) -> Term:
    written = _LITERAL.match(default)
    if written:
        curie = written["datatype"] or ""
        datatype = (_given(curie, prefixes) or "") if curie else ""
        value = Term("literal", text, (written["lang"] or "").lower(), datatype)
    elif _NUMBER.fullmatch(default.split()[0]):
        kind = "decimal" if "." in default else "integer"
        value = Term("literal", text, datatype=XSD + kind)
    else:
        value = Term("literal", text, datatype=XSD + "boolean")
    kind = value.datatype.removeprefix(XSD)
    if kind == "date":
        return Term("literal", _iso_date(name, text), datatype=value.datatype)
    if kind == "integer" and not re.fullmatch(r"[+-]?\d+", text):
        raise QueryError(f"`{name}` can't be `{text}`", hint="It is a whole number.")
    if kind == "decimal" and not _NUMBER.fullmatch(text):
        raise QueryError(f"`{name}` can't be `{text}`", hint="It is a number, as 1.5.")
    if kind == "boolean" and text not in ("true", "false"):
        raise _not_allowed(name, text, ("true", "false"))
    return value


def _iso_date(name: str, text: str) -> str:
    iso = iso_day(text)
    if not iso:
        hint = "It is a day, written as 2026-04-13 or 13.4.2026."
        raise QueryError(f"`{name}` can't be `{text}`", hint=hint)
    return iso


def _not_allowed(name: str, text: str, allowed: Iterable[str]) -> QueryError:
    listed = ", ".join(f"`{value}`" for value in allowed)
    return QueryError(f"`{name}` can't be `{text}`", hint=f"It can be: {listed}.")


def _instances(parameter: str, default: str | None, graph: Graph) -> set[str] | None:
    """Find the things of the class a parameter is called after, else of its default's class."""
    if default is None:
        return None
    own = [c for c in _objects(ox.NamedNode(default), _TYPE, graph) if c.value.startswith(DEF)]
    above = [c for cls in own for c in _objects(cls, _SUBCLASS, graph)]
    called = [
        c for c in [*own, *above] if c.value.removeprefix(DEF).lower().endswith(parameter.lower())
    ]
    classes = called or own
    below = [
        quad.subject
        for cls in classes
        for quad in graph.store.quads_for_pattern(None, _SUBCLASS, cls)
    ]
    return {
        quad.subject.value
        for cls in (*classes, *below)
        if isinstance(cls, ox.NamedNode)
        for quad in graph.store.quads_for_pattern(None, _TYPE, cls)
        if isinstance(quad.subject, ox.NamedNode)
    } or None


def _objects(subject: ox.NamedNode, predicate: ox.NamedNode, graph: Graph) -> list[ox.NamedNode]:
    found = (q.object for q in graph.store.quads_for_pattern(subject, predicate, None))
    return [o for o in found if isinstance(o, ox.NamedNode)]


def _heading(name: str, graph: Graph, lang: str, words: dict[str, dict[str, str]]) -> str:
    if name in words:
        return words[name][lang]
    for iri in (DEF + name[:1].upper() + name[1:], DEF + name, SCHEME + name):
        for predicate in _LABELS:
            for quad in graph.store.quads_for_pattern(ox.NamedNode(iri), predicate, None):
                if isinstance(quad.object, ox.Literal) and quad.object.language == lang:
                    return quad.object.value
    return ""


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    text = files("kytkos").joinpath("library.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
