"""Nodes of the store as terms of ours."""

import pyoxigraph as ox

from kytkos.shacl.paths import Node
from kytkos.terms import RDF_LANG_STRING, XSD, Term


def to_term(node: Node) -> Term:
    """Turn a node of the store into a term of ours."""
    if isinstance(node, ox.NamedNode):
        return Term("uri", node.value)
    if isinstance(node, ox.BlankNode):
        return Term("bnode", node.value)
    if isinstance(node, ox.Triple):
        return Term("literal", str(node))
    datatype = node.datatype.value
    plain = datatype in (XSD + "string", RDF_LANG_STRING)
    return Term("literal", node.value, node.language or "", "" if plain else datatype)
