"""A shapes graph, as it is written: lists, truth values, messages, targets, prefixes."""

from functools import cached_property
from operator import attrgetter

import pyoxigraph as ox

from kytkos.errors import ShapesError
from kytkos.graph import to_term
from kytkos.shacl import paths
from kytkos.shacl.constraints import Messages, Targets
from kytkos.shacl.data import RDFS, SUBCLASSES, Lookups
from kytkos.shacl.paths import RDF, SH, Node
from kytkos.terms import XSD, Term

_PARTS = attrgetter("subject", "predicate.value", "object")
_AIMS = {SH + f"target{name}" for name in ("Node", "Class", "SubjectsOf", "ObjectsOf")}
_AIMS.add(RDF + "type")
OWL = "http://www.w3.org/2002/07/owl#"


class ShapesGraph:
    """The union of the graphs of a store, read as shapes; in a stable order."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self._about = _statements(store)

    def objects(self, node: Node, predicate: str) -> list[Node]:
        """Give the objects of a node for the IRI of a predicate, in a stable order."""
        return self.about(node).get(predicate, [])

    def about(self, node: Node) -> dict[str, list[Node]]:
        """Give the predicates of a node with their objects."""
        return self._about.get(node, {})

    def subjects(self, predicate: str, value: Node | None = None) -> list[Node]:
        """Give the subjects of a predicate, in a stable order."""
        quads = self.store.quads_for_pattern(None, ox.NamedNode(predicate), value, None)
        return sorted({quad.subject for quad in quads}, key=str)

    def shape_nodes(self) -> list[Node]:
        """Find the nodes that are shapes (SHACL, section 2.1)."""
        found: dict[Node, None] = {}
        for kind in ("NodeShape", "PropertyShape"):
            found |= dict.fromkeys(self.subjects(RDF + "type", ox.NamedNode(SH + kind)))
        for name in ("Node", "Class", "SubjectsOf", "ObjectsOf"):
            found |= dict.fromkeys(self.subjects(f"{SH}target{name}"))
        for name in ("property", "node", "target", "targetShape"):
            found |= dict.fromkeys(self.subjects(SH + name))
        return list(found)

    def list_of(self, node: Node, parameter: str) -> tuple[Node, ...]:
        """Read an RDF list that is the value of a parameter."""
        members = paths.read_list(node, self.objects)
        if members is None:
            raise ShapesError(f"the value of sh:{parameter} must be a list")
        return members

    def flag(self, node: Node, name: str) -> bool:
        """Read a truth value; an absent one is false."""
        written = self.objects(node, SH + name)
        if not written:
            return False
        values = {to_term(value) for value in written}
        truths = {Term("literal", text, datatype=XSD + "boolean") for text in ("true", "false")}
        if len(values) > 1 or values - truths:
            raise ShapesError(f"the value of sh:{name} must be true or false")
        return any(value.value == "true" for value in values)

    def messages(self, node: Node) -> Messages:
        """Read the messages at a node, one a language."""
        texts: dict[str, str] = {}
        for message in self.objects(node, SH + "message"):
            term = to_term(message)
            if term.type != "literal":
                raise ShapesError("the value of sh:message must be a text").at(
                    to_term(node).value, SH + "message", term
                )
            texts[term.lang] = f"{texts[term.lang]} {term}" if term.lang in texts else str(term)
        return tuple(sorted(texts.items()))

    def prefixes(self, node: Node) -> dict[str, str]:
        """Give the prefixes of a SPARQL constraint (SHACL, section 5.2.1)."""
        imports = paths.Predicate(ox.NamedNode(OWL + "imports"))
        sources = paths.walk(
            paths.Steps(
                (paths.Predicate(ox.NamedNode(SH + "prefixes")), paths.Repeat(imports, "*"))
            ),
            Lookups(self.store),
        )
        found = {"rdf": RDF, "rdfs": RDFS, "owl": OWL, "xsd": XSD, "sh": SH}
        for source in sources(node):
            for declared in self.objects(source, SH + "declare"):
                prefix = self.objects(declared, SH + "prefix")
                namespace = self.objects(declared, SH + "namespace")
                if len(prefix) != 1 or len(namespace) != 1:
                    raise ShapesError("sh:declare must have one sh:prefix and one sh:namespace")
                found[to_term(prefix[0]).value] = to_term(namespace[0]).value
        return found

    def targets(self, node: Node) -> Targets:
        """Read the target declarations of a shape (SHACL, section 2.1.3)."""

        def predicates(name: str) -> tuple[ox.NamedNode, ...]:
            values = self.objects(node, SH + name)
            for value in values:
                if not isinstance(value, ox.NamedNode):
                    raise ShapesError(f"the value of sh:{name} must be an IRI").at(
                        to_term(node).value, SH + name, to_term(value)
                    )
            return tuple(v for v in values if isinstance(v, ox.NamedNode))

        about = self.about(node)
        if _AIMS.isdisjoint(about):  # as of most shapes: of all that others use
            return Targets()
        classes = set(self.objects(node, SH + "targetClass"))
        if self.metaclasses.intersection(self.objects(node, RDF + "type")):
            classes.add(node)
        return Targets(
            tuple(self.objects(node, SH + "targetNode")),
            frozenset(classes),
            predicates("targetSubjectsOf"),
            predicates("targetObjectsOf"),
        )

    @cached_property
    def metaclasses(self) -> set[Node]:
        """The classes whose instances are classes: a shape of such a type targets itself."""
        classes: list[Node] = [ox.NamedNode(RDFS + "Class"), ox.NamedNode(OWL + "Class")]
        walk = paths.walk(SUBCLASSES, Lookups(self.store))
        return {node for cls in classes for node in walk(cls)}

    def custom_parameters(self) -> set[str]:
        """Give the parameters of custom constraint components (SHACL, section 6)."""
        return {
            to_term(path).value
            for component in self.subjects(SH + "parameter")
            if not to_term(component).value.startswith(SH)
            for parameter in self.objects(component, SH + "parameter")
            for path in self.objects(parameter, SH + "path")
        }


def _statements(store: ox.Store) -> dict[Node, dict[str, list[Node]]]:
    """Read a store in one pass: for each subject its predicates, and their objects."""
    found: dict[Node, dict[str, list[Node]]] = {}
    several: dict[int, list[Node]] = {}
    for subject, predicate, value in map(_PARTS, store):
        about = found.get(subject)
        if about is None:
            about = found[subject] = {}
        values = about.get(predicate)
        if values is None:
            about[predicate] = [value]
        else:
            values.append(value)
            several[id(values)] = values
    for values in several.values():
        values[:] = sorted(dict.fromkeys(values), key=str)
    return found
