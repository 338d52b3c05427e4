"""pySHACL: the oracle of the tests, and the way out for what is not compiled."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kytkos.errors import ShapesError
from kytkos.graph import to_term
from kytkos.shacl import paths
from kytkos.shacl.compiler import LEFT_TO_PYSHACL
from kytkos.shacl.paths import SH, Node
from kytkos.shacl.results import Result, path_text
from kytkos.shacl.shapes_graph import ShapesGraph
from kytkos.terms import XSD


def validate_with_pyshacl(
    shapes: ox.Store | Iterable[Path], data: ox.Store, *, only: Sequence[str] = ()
) -> list[Result]:
    """Validate with pySHACL, for shapes that are not compiled and as the oracle of the tests.

    Args:
        shapes: the shapes graph, or Turtle files to load it from.
        data: the data; pySHACL gets the union of its graphs.
        only: the IRIs of the shapes whose targets to check, or none for all shapes.
    """
    import pyshacl
    import rdflib

    if not isinstance(shapes, ox.Store):
        files, shapes = shapes, ox.Store()
        for file in files:
            shapes.load(path=str(file), format=ox.RdfFormat.TURTLE)
    # SHACL-AF makes pySHACL copy the data: only where the shapes use it.
    advanced = any(
        any(shapes.quads_for_pattern(None, ox.NamedNode(name), None, None))
        for name in LEFT_TO_PYSHACL
    )
    try:
        _, report, text = pyshacl.validate(
            _to_rdflib(data),
            shacl_graph=_to_rdflib(_aimed(shapes, only) if only else shapes),
            advanced=advanced,
            inplace=True,
        )
    except Exception as error:  # of pySHACL, rdflib or pyparsing, which share no class
        hint = "It runs these shapes since they use what is not compiled."
        message = f"pySHACL could not use the shapes: {error or type(error).__name__}"
        raise ShapesError(message, hint=hint if only else "") from error
    if not isinstance(report, rdflib.Graph):
        raise ShapesError(f"pySHACL could not use the shapes: {text}")
    return _from_report(report, ShapesGraph(shapes))


def _aimed(shapes: ox.Store, only: Sequence[str]) -> ox.Store:
    """Copy the shapes, with the targets of some only.

    pySHACL's own `use_shapes` leaves out the property shapes that those shapes use.
    """
    metaclasses = ShapesGraph(shapes).metaclasses
    copy = ox.Store()
    for quad in shapes:
        aims = quad.predicate.value.startswith(SH + "target") or quad.object in metaclasses
        if not aims or to_term(quad.subject).value in only:
            copy.add(quad)
    return copy


_PARTS = (
    "focusNode",
    "resultPath",
    "value",
    "sourceConstraintComponent",
    "sourceShape",
    "resultSeverity",
)


def _from_report(report: Any, graph: ShapesGraph) -> list[Result]:
    results: list[Result] = []
    (whole,) = report.subjects(_rdflib(SH + "conforms"))
    for node in report.objects(whole, _rdflib(SH + "result")):
        found = {name: report.value(node, _rdflib(SH + name)) for name in _PARTS}
        source = _from_rdflib(found["sourceShape"])
        path: paths.Path | None = None
        if found["resultPath"] is not None:
            at = _from_rdflib(found["resultPath"])
            stated = at if isinstance(at, ox.NamedNode) else graph.objects(source, SH + "path")[0]
            path = paths.read(stated, graph.objects)
        messages = report.objects(node, _rdflib(SH + "resultMessage"))
        texts = sorted((m.language or "", str(m)) for m in messages)
        result = Result(
            focus_node=to_term(_from_rdflib(found["focusNode"])),
            path=path_text(path) if path else "",
            path_terms=paths.predicates(path) if path else (),
            value=None if found["value"] is None else to_term(_from_rdflib(found["value"])),
            component=str(found["sourceConstraintComponent"]),
            source_shape=to_term(source),
            severity=str(found["resultSeverity"]),
            messages=dict(texts),
        )
        results.append(result)
    return sorted(results, key=lambda result: result.sort_key)


def _rdflib(iri: str) -> Any:
    from rdflib import URIRef

    return URIRef(iri)


def _to_rdflib(store: ox.Store) -> Any:
    """Copy the union of a store, each literal as the store has it."""
    from rdflib import BNode, Graph, Literal, URIRef

    def term(node: Node) -> Any:
        if isinstance(node, ox.NamedNode):
            return URIRef(node.value)
        if isinstance(node, ox.BlankNode):
            return BNode(node.value)
        form = to_term(node)
        datatype = URIRef(form.datatype) if form.datatype else None
        return Literal(form.value, lang=form.lang or None, datatype=datatype, normalize=False)

    graph = Graph()
    for quad in store:
        graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))
    return graph


def _from_rdflib(node: Any) -> Node:
    from rdflib import BNode, Literal

    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    if not isinstance(node, Literal):
        return ox.NamedNode(str(node))
    if node.language:
        return ox.Literal(str(node), language=node.language)
    return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype or XSD + "string")))
