"""Check the data: SHACL shapes and SPARQL checks, in one report."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from kytkos import collector, shacl, vocabulary
from kytkos.beside import in_thread
from kytkos.engines import Oxigraph
from kytkos.errors import QueryError, ShapesError
from kytkos.graph import Graph
from kytkos.queries import Query
from kytkos.report import SEVERITIES, Finding, Report, Rule
from kytkos.terms import LANGUAGES, Place, Prefixes, Term

SHACL = "http://www.w3.org/ns/shacl#"
_SEVERITIES = {SHACL + severity.capitalize(): severity for severity in SEVERITIES}
_PLACEHOLDER = re.compile(r"<?\{\?\w+\}>?")
_MESSAGES = f"""
    PREFIX sh: <{SHACL}>
    SELECT ?shape ?severity ?message WHERE {{
      ?shape sh:message ?message FILTER (isIRI(?shape))
      OPTIONAL {{ ?shape sh:severity ?severity }}
    }} ORDER BY ?shape ?message"""


class Ruleset(NamedTuple):
    """The SHACL shapes, as they are written and compiled, and the SPARQL checks by name.

    A row of the answer to a check is a finding about `?focus_node`.
    """

    shapes: Graph
    compiled: shacl.Shapes
    checks: Mapping[str, Query]


def ruleset(shapes: Graph, checks: Mapping[str, Query]) -> Ruleset:
    """Compile shapes, and put checks beside them.

    Raises:
        ShapesError: a shape is ill-formed.
    """
    with collector.at_rest(), placing(shapes):
        return Ruleset(shapes, shacl.compile_shapes(shapes.store), checks)


def check(
    graph: Graph,
    rules: Ruleset,
    *,
    engine: str = "compiled",
    least: str = "info",
    more: Sequence[Finding] = (),
) -> Report:
    """Check a graph; the SPARQL checks are answered while the shapes are checked.

    Args:
        graph: data and ontology; shapes see the union of its files.
        rules: what it is checked against.
        engine: `compiled` runs the shapes on the store, and on pySHACL those that can't be
            compiled; `pyshacl` runs every shape on pySHACL.
        least: the least severity that a place is found for.
        more: what was found elsewhere, to stand in the same report.

    Raises:
        ShapesError: a SPARQL constraint signals a failure.
        QueryError: a check can't be parsed, has no `?focus_node` or no severity.
    """
    shapes, compiled, checks = rules
    with collector.at_rest(), placing(shapes):
        data = shacl.Indexes(graph.store)

        def ask() -> list[Finding]:
            data.predicates  # noqa: B018 – it is a query, too, and kept
            return list(rows(graph, checks))

        answering = in_thread(ask)
        focus_nodes = compiled.focus_nodes(data)
        if engine == "pyshacl":
            results = shacl.validate_with_pyshacl(shapes.store, graph.store)
        else:
            results = compiled.validate(data, focus_nodes)
            if left := compiled.uncompiled:
                results += shacl.validate_with_pyshacl(shapes.store, graph.store, only=left)
        findings = [*map(from_result, results), *others(graph, data), *answering(), *more]
        sure = _sure(graph, findings)
        targeted = {id(nodes): nodes for _, nodes in focus_nodes}  # many shapes share a list
        checked = {
            "triples": data.size,
            "focus_nodes": len(set[object]().union(*targeted.values())),
            "shapes": len(compiled) + len(checks) + len(vocabulary.CHECKS),
        }
        if len(sure) < len(findings):
            checked["held_back"] = len(findings) - len(sure)
        faults = (fault for file in graph.salvaged for fault in file.faults)
        return Report((*faults, *placed(graph, sure, least)), checked)


@contextmanager
def placing(shapes: Graph) -> Iterator[None]:
    """Tell where a shape stands, when it turns out to be ill-formed."""
    try:
        yield
    except ShapesError as error:
        if error.about and not error.place:
            from kytkos.whereabouts import Sought

            (place,) = shapes.places([Sought(*error.about)])
            if place and error.line > 1:
                place = Place(place.path, place.line + error.line - 1)
            error.place = place
        raise


def _sure(graph: Graph, findings: list[Finding]) -> list[Finding]:
    """Leave out what may follow only from what could not be read."""
    doubtful: set[str] = set()
    for file in graph.salvaged:
        if file.doubtful is None:
            return []
        doubtful |= file.doubtful
    return [
        finding
        for finding in findings
        if finding.focus_node not in doubtful
        and not (finding.value and finding.value.value in doubtful)
    ]


def rules(shapes: Graph, checks: Mapping[str, Query]) -> tuple[Rule, ...]:
    """List what can speak: the shapes that have messages, and the checks."""
    from kytkos import syntax

    severities: dict[str, str] = {}
    messages: dict[str, dict[str, str]] = {}
    for record in Oxigraph(shapes).select(_MESSAGES).records():
        shape, severity, message = record["shape"], record["severity"], record["message"]
        assert shape is not None
        assert message is not None
        severities[shape.value] = _SEVERITIES.get(severity.value if severity else "", "violation")
        messages.setdefault(shape.value, {})[message.lang] = message.value
    found = [Rule(name, severities[name], texts) for name, texts in messages.items()]
    for name, query in checks.items():
        texts = _texts(query, "message", {})
        blank = {lang: _PLACEHOLDER.sub("…", text) for lang, text in texts.items()}
        found.append(Rule(name, query.headers.get("severity", "violation"), blank))
    found += [Rule(name, *said) for name, said in vocabulary.rules().items()]
    return tuple(sorted([*found, syntax.rule()], key=lambda rule: rule.name))


def others(graph: Graph, data: shacl.Indexes | None = None) -> Iterator[Finding]:
    """Run the checks that are neither shapes nor queries; each sees the whole graph.

    `data` are its indexes, where there are any.
    """
    yield from vocabulary.check(graph, data)


def placed(graph: Graph, findings: Sequence[Finding], least: str = "info") -> tuple[Finding, ...]:
    """Sort findings, each that is severe enough with its place."""
    severe = SEVERITIES[: SEVERITIES.index(least) + 1]
    sought = [f for f in findings if f.severity in severe]
    found = [f for f in findings if f.severity not in severe]
    if sought:
        from kytkos.whereabouts import Sought

        places = graph.places([Sought(f.focus_node, f.path, f.value) for f in sought])
        found += [f._replace(place=place) for f, place in zip(sought, places, strict=True)]
    return tuple(sorted(found, key=lambda finding: finding.sort_key))


def from_result(result: shacl.Result) -> Finding:
    """Make a finding of the result of a shape."""
    return Finding(
        severity=_SEVERITIES.get(result.severity, "violation"),
        shape=result.source_shape.value,
        focus_node=result.focus_node.value,
        messages=result.messages,
        path=result.path,
        value=result.value,
        component=result.component,
        focus=result.focus_node,
        source=result.source_shape,
    )


def rows(graph: Graph, checks: Mapping[str, Query]) -> Iterator[Finding]:
    """Run SPARQL checks: each row is a finding.

    Its message is filled in from the row; so is its hint, which is left out where a value of it
    is not bound.

    Raises:
        QueryError: a check can't be parsed, has no `?focus_node` or no severity.
    """
    engine = Oxigraph(graph)
    for name, query in checks.items():
        severity = query.headers.get("severity", "")
        answer = engine.select(query.text, name)
        if severity not in SEVERITIES or "focus_node" not in answer.variables:
            hint = f"A check has `#+ severity:` of {', '.join(SEVERITIES)} and a ?focus_node."
            raise QueryError(f"check `{name}` is not complete", hint=hint, place=Place(name))
        for record in answer.records():
            node = record["focus_node"]
            value = record.get("value")
            if node is None:
                continue
            shown = _shown(record, graph.prefixes)
            bound = {name: text for name, text in shown.items() if text}
            hints = {
                lang: hint
                for lang, hint in _texts(query, "hint", bound).items()
                if not _PLACEHOLDER.search(hint)
            }
            path = record.get("path")
            named = path.value if path is not None and path.is_iri else ""
            messages = _texts(query, "message", shown)
            yield Finding(severity, name, node.value, messages, named, value, hints=hints)


def _shown(record: Mapping[str, Term | None], prefixes: Prefixes) -> dict[str, str]:
    """Give what a message shows for `{?name}`, and for `<{?name}>` a CURIE where there is one."""
    shown: dict[str, str] = {}
    for name, term in record.items():
        value = "" if term is None else term.value
        if term and term.is_iri and (curie := prefixes.curie(value)) != value:
            shown[f"<{{?{name}}}>"] = curie
        shown[f"{{?{name}}}"] = value
    return shown


def _texts(query: Query, kind: str, values: Mapping[str, str]) -> dict[str, str]:
    return {
        lang: _filled(query.headers[f"{kind}-{lang}"], values)
        for lang in LANGUAGES
        if f"{kind}-{lang}" in query.headers
    }


def _filled(message: str, values: Mapping[str, str]) -> str:
    for written, value in values.items():
        message = message.replace(written, value)
    return message
