"""Vocabulary and links: terms that nothing declares, things that nothing describes.

Declared is what has the type of a class or a property; the terms of RDF, RDF Schema, OWL,
XML Schema and SHACL are taken as declared.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kytkos.graph import Graph, to_term
from kytkos.report import Finding
from kytkos.shacl import Indexes
from kytkos.shacl.paths import Node
from kytkos.terms import DEF, ID, LANGUAGES, SCHEME, XSD, Term

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
_TYPE = RDF + "type"
_REPLACED_BY = "http://purl.org/dc/terms/isReplacedBy"
_URI_SPACE = "http://rdfs.org/ns/void#uriSpace"
_BUILT_IN = (RDF, RDFS, OWL, XSD, "http://www.w3.org/ns/shacl#")
_OWN = (ID, SCHEME, DEF)

_CLASSES = (OWL + "Class", RDFS + "Class", RDFS + "Datatype")
_PROPERTIES = (
    RDF + "Property",
    OWL + "ObjectProperty",
    OWL + "DatatypeProperty",
    OWL + "AnnotationProperty",
)

# One scan: each predicate with each IRI it leads to, or whether it leads to a literal.
_USES = "SELECT DISTINCT ?p (IF(isIRI(?o), ?o, isLiteral(?o)) AS ?end) WHERE { ?s ?p ?o }"
_TRUE = ox.Literal(True)
# Our things by class, and whether anything refers to them.
_OURS = f"""
    SELECT DISTINCT ?thing ?class (EXISTS {{ ?other ?property ?thing }} AS ?referred) WHERE {{
      ?thing a ?class . FILTER (STRSTARTS(STR(?thing), "{ID}"))
    }}"""

CHECKS = (
    "undeclared-class",
    "undeclared-property",
    "property-as-class",
    "class-as-property",
    "literal-for-thing",
    "thing-for-literal",
    "deprecated-term",
    "nothing-describes",
    "nothing-refers",
)

# A kind of which nine in ten are referred to is one that is there to be referred to.
_LEAST_SIZE, _MOST_UNREFERRED = 5, 0.1


def check(graph: Graph, data: Indexes | None = None) -> list[Finding]:
    """Check which terms the data uses, and which things it refers to.

    Args:
        graph: data and ontology.
        data: its indexes, where there are any: with them it goes faster.
    """
    return list(_Check(graph, data).findings())


def rules() -> dict[str, tuple[str, dict[str, str]]]:
    """Give the severity and the messages of each of these checks."""
    return {
        name: (texts["severity"], {lang: texts[lang].format(term="…") for lang in LANGUAGES})
        for name, texts in ((name, _texts()[name]) for name in CHECKS)
    }


@cache
def _texts() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


class Nearest:
    """The nearest of many names, without a comparison with each."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted(names)
        self._reversed = sorted(name[::-1] for name in self._names)

    def to(self, word: str, likely: Collection[str] = ()) -> str:
        """Give the name nearest to a word, or nothing where none is near.

        Nearest is what fewest letters make of it: left out, put in, put for another, or
        exchanged with the next. Of equals it is what has more letters in common and begins the
        same, as 612 for 621.

        Args:
            word: what is written.
            likely: those of the names that are meant rather than one as near.
        """
        from jellyfish import damerau_levenshtein_distance, jaro_winkler_similarity

        # What is near has its beginning or its end in common with the word.
        names = {*_beside(word, self._names)}
        names |= {name[::-1] for name in _beside(word[::-1], self._reversed)}
        found: list[tuple[float, float, str]] = []
        for name in names:
            far, is_likely = damerau_levenshtein_distance(word, name), name in likely
            most = (len(word) + 1) // 2 if is_likely else max(1, len(word) // 3)
            if far <= most and far < max(len(word), len(name)):
                alike = jaro_winkler_similarity(word, name)
                found.append((far - 1.5 * is_likely, -alike, name))
        return min(found)[-1] if found else ""


def _beside(word: str, names: list[str]) -> list[str]:
    index = bisect_left(names, word)
    return names[max(0, index - 200) : index + 200]


@dataclass(frozen=True)
class _Check:
    graph: Graph
    data: Indexes | None = None

    def findings(self) -> Iterator[Finding]:
        """Check each predicate, and each IRI that it leads to."""
        things, texts = self.kinds[OWL + "ObjectProperty"], self.kinds[OWL + "DatatypeProperty"]
        predicates: dict[str, bool] = {}  # whether it was seen to lead to an IRI
        described: dict[str, bool] = {}
        undescribed: list[tuple[str, str]] = []
        for predicate, end in self._ends():
            if predicate not in predicates:
                predicates[predicate] = False
                yield from self._of_predicate(predicate)
            if not isinstance(end, ox.NamedNode):
                if predicate in things and end in (True, _TRUE):
                    yield from self._of_values("literal-for-thing", predicate, literal=True)
                continue
            iri = end.value
            if not predicates[predicate]:
                predicates[predicate] = True
                if predicate in texts:
                    yield from self._of_values("thing-for-literal", predicate, literal=False)
            if iri in self.deprecated and predicate != _REPLACED_BY:
                yield from self._uses("deprecated-term", predicate, iri, self._instead(iri))
            if predicate == _TYPE:
                yield from self._of_class(iri)
            elif iri.startswith(self.spaces):
                if iri not in described:
                    described[iri] = self._is_described(iri)
                if not described[iri]:
                    undescribed.append((predicate, iri))
        lonely: defaultdict[str, set[str]] = defaultdict(set)
        for thing, cls in self._lonely():
            namespace, local = self._parted(thing.value)
            lonely[namespace].add(local)
            yield self._finding("nothing-refers", thing, cls)
        for predicate, iri in undescribed:
            near = self._near(iri, lonely)
            yield from self._uses("nothing-describes", predicate, iri, near)

    def _ends(self) -> Iterator[tuple[str, object]]:
        """Give each predicate with each IRI it leads to, or whether it leads to a literal.

        Of the IRIs that are described, and neither classes nor deprecated, one is enough.
        """
        if self.data is None:
            yield from ((p.value, end) for p, end in self._select(_USES))
            return
        deprecated = set(map(ox.NamedNode, self.deprecated))
        for p in self.data.predicates:
            ends = list(chain.from_iterable(self.data.forward(p).values()))
            iris = {end for end in ends if isinstance(end, ox.NamedNode)}
            yield p.value, ox.Literal in set(map(type, ends))
            self.unreferred.difference_update(iris)
            if p.value != _TYPE:
                told = iris.difference(self.data.used) | (iris & deprecated)
                iris = told or set(list(iris)[:1])
            yield from ((p.value, iri) for iri in iris)

    def _of_class(self, iri: str) -> Iterator[Finding]:
        if iri in self.classes or iri.startswith(_BUILT_IN):
            return
        if iri in self.properties:
            yield from self._uses("property-as-class", _TYPE, iri)
        else:
            near = self._near_term(iri, self.classes)
            yield from self._uses("undeclared-class", _TYPE, iri, near)

    def _of_predicate(self, predicate: str) -> Iterator[Finding]:
        if predicate in self.deprecated:
            yield from self._uses("deprecated-term", predicate, "", self._instead(predicate))
        if predicate in self.properties or predicate.startswith(_BUILT_IN):
            return
        if predicate in self.classes:
            yield from self._uses("class-as-property", predicate)
        else:
            near = self._near_term(predicate, self.properties)
            yield from self._uses("undeclared-property", predicate, "", near)

    def _uses(self, name: str, predicate: str, iri: str = "", near: str = "") -> Iterator[Finding]:
        value = ox.NamedNode(iri) if iri else None
        quads = self.graph.store.quads_for_pattern(None, ox.NamedNode(predicate), value, None)
        for node in dict.fromkeys(quad.subject for quad in quads):
            said = Term("uri", iri) if iri else None
            yield self._finding(name, node, iri or predicate, predicate, said, near)

    def _of_values(self, name: str, predicate: str, *, literal: bool) -> Iterator[Finding]:
        quads = self.graph.store.quads_for_pattern(None, ox.NamedNode(predicate), None, None)
        for node, value in dict.fromkeys((quad.subject, quad.object) for quad in quads):
            if isinstance(value, ox.Literal) is literal:
                yield self._finding(name, node, predicate, predicate, to_term(value))

    def _lonely(self) -> Iterator[tuple[ox.NamedNode, str]]:
        """Give what nothing refers to, of a class of which nearly all is referred to."""
        ours = list(self._ours())
        sizes = Counter(cls for _, cls, _ in ours)
        lonely = Counter(cls for _, cls, referred in ours if not referred)
        for thing, cls, referred in ours:
            if referred or sizes[cls] < _LEAST_SIZE or lonely[cls] > _MOST_UNREFERRED * sizes[cls]:
                continue
            yield thing, cls

    def _ours(self) -> Iterator[tuple[ox.NamedNode, str, bool]]:
        """Give our things, each with its classes, and whether anything refers to it."""
        if self.data is None:
            for thing, cls, referred in self._select(_OURS):
                yield thing, cls.value, referred == _TRUE
            return
        for thing, classes in self.data.forward(ox.NamedNode(_TYPE)).items():
            if isinstance(thing, ox.NamedNode) and thing.value.startswith(ID):
                referred = thing not in self.unreferred
                for cls in classes:
                    yield thing, to_term(cls).value, referred

    def _finding(
        self,
        name: str,
        node: ox.NamedNode | ox.BlankNode | ox.Triple,
        about: str,
        path: str = "",
        value: Term | None = None,
        near: str = "",
    ) -> Finding:
        texts, hints = _texts()[name], _texts()["hints"]
        shown = self.graph.prefixes.curie(about)
        hint = hints["replaced" if name == "deprecated-term" else "near"]
        return Finding(
            severity=texts["severity"],
            shape=name,
            focus_node=to_term(node).value,
            messages={lang: texts[lang].format(term=shown) for lang in LANGUAGES},
            path=path,
            value=value,
            hints={lang: hint[lang].format(near=near) for lang in LANGUAGES} if near else {},
            is_cause=texts.get("cause", False),
        )

    @cached_property
    def kinds(self) -> Mapping[str, set[str]]:
        """The declared terms by their types."""
        found: dict[str, set[str]] = {kind: set() for kind in _CLASSES + _PROPERTIES}
        for kind, declared in found.items():
            declared.update(self._subjects(_TYPE, ox.NamedNode(kind)))
        return found

    @cached_property
    def classes(self) -> set[str]:
        """The declared classes."""
        return set().union(*(self.kinds[kind] for kind in _CLASSES))

    @cached_property
    def properties(self) -> set[str]:
        """The declared properties."""
        return set().union(*(self.kinds[kind] for kind in _PROPERTIES))

    @cached_property
    def unreferred(self) -> set[Node]:
        """What has a type, less all that was seen to be referred to."""
        return set(self.data.forward(ox.NamedNode(_TYPE))) if self.data else set()

    @cached_property
    def deprecated(self) -> set[str]:
        """What is declared to be deprecated."""
        return set(self._subjects(OWL + "deprecated", _TRUE))

    @cached_property
    def spaces(self) -> tuple[str, ...]:
        """What the IRIs of things begin with that must be described: ours, and `void:uriSpace`s.

        Each with both schemes, since http: written for https: makes another IRI.
        """
        values = self.graph.store.quads_for_pattern(None, ox.NamedNode(_URI_SPACE), None, None)
        declared = [q.object.value for q in values if isinstance(q.object, ox.Literal)]
        bare = [space.partition("://")[2] for space in (*_OWN, *declared)]
        return tuple(f"{scheme}://{space}" for space in bare for scheme in ("https", "http"))

    @cached_property
    def _things(self) -> Mapping[str, tuple[Nearest, Mapping[str, str]]]:
        """What is described, by namespace: the local names, and the IRI of each."""
        iris: defaultdict[str, dict[str, str]] = defaultdict(dict)
        nodes: Iterable[object] = self.data.used if self.data else ()
        if self.data is None:
            nodes = (s for (s,) in self._select("SELECT DISTINCT ?s WHERE { ?s ?p ?o }"))
        for node in nodes:
            if isinstance(node, ox.NamedNode) and node.value.startswith(self.spaces):
                namespace, local = self._parted(node.value)
                iris[namespace][local] = node.value
        return {namespace: (Nearest(some), some) for namespace, some in iris.items()}

    def _parted(self, iri: str) -> tuple[str, str]:
        """Part an IRI where its kind ends, and its scheme from it: what is beyond may be wrong."""
        if not iri.startswith(self.spaces[: 2 * len(_OWN)]):
            space = next(space for space in self.spaces if iri.startswith(space))
            return space.partition("://")[2], iri.removeprefix(space)
        namespace, local = _split(iri)
        return namespace.partition("://")[2], local

    def _near(self, iri: str, lonely: Mapping[str, Collection[str]]) -> str:
        namespace, local = self._parted(iri)
        nearest, iris = self._things.get(namespace, (Nearest(()), {}))
        if near := nearest.to(local, lonely.get(namespace, ())):
            return self.graph.prefixes.curie(iris[near])
        # The same key in another namespace: a body for an organ, say.
        others = (some[local] for _, some in self._things.values() if local in some)
        return self.graph.prefixes.curie(min(others, default=""))

    def _near_term(self, iri: str, known: set[str]) -> str:
        curie = self.graph.prefixes.curie
        near = Nearest(map(curie, known)).to(curie(iri))
        if near:
            return near
        locals_ = {_split(one)[1]: one for one in sorted(known)}
        return curie(locals_.get(Nearest(locals_).to(_split(iri)[1]), ""))

    def _instead(self, iri: str) -> str:
        quads = self.graph.store.quads_for_pattern(
            ox.NamedNode(iri), ox.NamedNode(_REPLACED_BY), None, None
        )
        values = (quad.object for quad in quads)
        named = sorted(value.value for value in values if isinstance(value, ox.NamedNode))
        return ", ".join(map(self.graph.prefixes.curie, named))

    def _is_described(self, iri: str) -> bool:
        quads = self.graph.store.quads_for_pattern(ox.NamedNode(iri), None, None, None)
        return next(quads, None) is not None

    def _subjects(self, predicate: str, value: ox.NamedNode | ox.Literal) -> Iterator[str]:
        store = self.graph.store
        for quad in store.quads_for_pattern(None, ox.NamedNode(predicate), value, None):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject.value

    def _select(self, query: str) -> ox.QuerySolutions:
        answer = self.graph.store.query(query, use_default_graph_as_union=True)
        assert isinstance(answer, ox.QuerySolutions)
        return answer


def _split(iri: str) -> tuple[str, str]:
    """Part an IRI into its namespace and its local name."""
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    return iri[:cut], iri[cut:]
