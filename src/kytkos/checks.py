"""Check the data: SHACL shapes and SPARQL checks, in one report."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kytkos import shacl
from kytkos.engines import Oxigraph
from kytkos.errors import QueryError
from kytkos.graph import Graph
from kytkos.queries import Query
from kytkos.report import SEVERITIES, Finding, Report
from kytkos.terms import LANGUAGES, Place

SHACL = "http://www.w3.org/ns/shacl#"


def check(
    graph: Graph, shapes: Graph, checks: Mapping[str, Query], *, engine: str = "compiled"
) -> Report:
    """Check a graph.

    Args:
        graph: data and ontology; shapes see the union of its files.
        shapes: the SHACL shapes.
        checks: SPARQL checks by name; a row is a finding about `?focus_node`.
        engine: `compiled` runs the shapes on the store, and on pySHACL those that can't be
            compiled; `pyshacl` runs every shape on pySHACL.

    Raises:
        ShapesError: a shape is ill-formed.
        QueryError: a check can't be parsed, has no `?focus_node` or no severity.
    """
    compiled = shacl.compile_shapes(shapes.store)
    if engine == "pyshacl":
        results = shacl.validate_with_pyshacl(shapes.store, graph.store)
    else:
        results = compiled.validate(graph.store)
        if left := compiled.uncompiled:
            results += shacl.validate_with_pyshacl(shapes.store, graph.store, only=left)
    findings = [*map(_from_result, results), *_from_checks(graph, checks)]
    places = {node: graph.place_of(node) for node in {f.focus_node for f in findings}}
    placed = [replace(f, place=places[f.focus_node]) for f in findings]
    checked = {
        "triples": graph.triples,
        "focus_nodes": len({quad.subject for quad in graph.store}),
        "shapes": len(compiled) + len(checks),
    }
    return Report(tuple(sorted(placed, key=lambda f: f.sort_key)), checked)


def _from_result(result: shacl.Result) -> Finding:
    return Finding(
        severity=result.severity.removeprefix(SHACL).lower(),
        shape=result.source_shape.value,
        focus_node=result.focus_node.value,
        messages=result.messages,
        path=result.path,
        value=result.value,
    )


def _from_checks(graph: Graph, checks: Mapping[str, Query]) -> Iterator[Finding]:
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
            shown = {key: "" if term is None else term.value for key, term in record.items()}
            messages = {
                lang: _filled(query.headers[f"message-{lang}"], shown)
                for lang in LANGUAGES
                if f"message-{lang}" in query.headers
            }
            yield Finding(severity, name, node.value, messages, value=value)


def _filled(message: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        message = message.replace("{?" + name + "}", value)
    return message
