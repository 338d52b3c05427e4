"""Validation results, as plain values."""

from collections.abc import Mapping
from typing import NamedTuple

import pyoxigraph as ox

from kytkos.graph import to_term
from kytkos.shacl import paths
from kytkos.shacl.constraints import Constraint, Violation
from kytkos.shacl.paths import SH
from kytkos.terms import Term


class Result(NamedTuple):
    """One validation result.

    `path` is the IRI of a predicate, or a property path as SPARQL writes it, or empty for a
    node shape; `path_terms` are the IRIs of the predicates in it. `messages` maps a language,
    or the empty string, to a text.

    Source: SHACL, section 3.6.2.
    """

    focus_node: Term
    path: str
    path_terms: tuple[str, ...]
    value: Term | None
    component: str
    source_shape: Term
    severity: str
    messages: Mapping[str, str]

    @property
    def sort_key(self) -> tuple[str, ...]:
        """Order by focus node, path, component, shape and value."""
        value = self.value or Term("literal", "")
        texts = (text for pair in sorted(self.messages.items()) for text in pair)
        what = (self.component, self.source_shape.value, value.value, value.lang, value.datatype)
        return (self.focus_node.value, self.path, *what, *texts)


def to_result(violation: Violation) -> Result:
    """Make a result of a violation; a shape without messages gets its rule for one."""
    constraint = violation.constraint
    assert constraint is not None
    shape = constraint.shape
    path = violation.path or shape.path
    messages = violation.messages or shape.messages or (("", _default_message(constraint)),)
    return Result(
        focus_node=to_term(violation.focus),
        path=path_text(path) if path else "",
        path_terms=paths.predicates(path) if path else (),
        value=None if violation.value is None else to_term(violation.value),
        component=constraint.component,
        source_shape=to_term(shape.node),
        severity=shape.severity,
        messages=dict(messages),
    )


def path_text(path: paths.Path) -> str:
    """Write a path: the IRI of a predicate, else as SPARQL does."""
    return path.iri.value if isinstance(path, paths.Predicate) else paths.to_sparql(path)


def _default_message(constraint: Constraint) -> str:
    argument = "" if isinstance(constraint.argument, ox.BlankNode) else f" {constraint.argument}"
    return f"sh:{constraint.parameter.removeprefix(SH)}{argument}"
