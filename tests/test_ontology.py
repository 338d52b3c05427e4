"""The vocabulary and the code lists are complete, and what is used is declared."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple, parse

ROOT = Path(__file__).resolve().parent.parent
ONTOLOGY = ROOT / "ontology" / "kytkos.ttl"
VOCABULARY = (ONTOLOGY, *sorted((ROOT / "ontology").glob("schemes*.ttl")))

DEF = "https://w3id.org/kytkos/def#"
SHAPES = "https://w3id.org/kytkos/shapes#"
SCHEME = "https://w3id.org/kytkos/scheme/"
OURS = (DEF, SCHEME)
ONTOLOGY_IRI = DEF.rstrip("#")

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
VANN = "http://purl.org/vocab/vann/"
TYPE = RDF + "type"

# The languages that the files are written in; everything else is a word we chose to use.
LANGUAGES_OF_FILES = (RDF, RDFS, OWL)

# Source: Shapes Constraint Language (SHACL), W3C Recommendation 20 July 2017, and SHACL-AF
# for the targets.
SHACL_WORDS = """
    NodeShape PropertyShape PropertyGroup Parameter ConstraintComponent SPARQLConstraint
    SPARQLTarget SPARQLTargetType SPARQLAskValidator SPARQLSelectValidator PrefixDeclaration
    path inversePath alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath
    target targetClass targetNode targetObjectsOf targetSubjectsOf
    property node class datatype nodeKind minCount maxCount
    minExclusive minInclusive maxExclusive maxInclusive
    minLength maxLength pattern flags languageIn uniqueLang
    equals disjoint lessThan lessThanOrEquals not and or xone
    qualifiedValueShape qualifiedMinCount qualifiedMaxCount qualifiedValueShapesDisjoint
    closed ignoredProperties hasValue in sparql select ask construct
    prefixes declare prefix namespace message severity deactivated
    name description order group defaultValue
    parameter optional labelTemplate validator nodeValidator propertyValidator
    shapesGraph suggestedShapesGraph entailment
"""
SHACL_TERMS = frozenset(SH + word for word in SHACL_WORDS.split())


def triples(path: Path) -> Iterator[Triple]:
    for quad in parse(path=str(path)):
        yield quad.triple if isinstance(quad, Quad) else quad


@cache
def vocabulary() -> Store:
    store = Store()
    store.extend(Quad(*triple) for path in VOCABULARY for triple in triples(path))
    return store


@cache
def declared() -> frozenset[str]:
    """Give the IRIs of all that has a type in the ontology or the code lists."""
    typed = vocabulary().quads_for_pattern(None, NamedNode(TYPE), None)
    return frozenset(q.subject.value for q in typed if isinstance(q.subject, NamedNode))


def our_terms() -> list[str]:
    return sorted(iri for iri in declared() if iri.startswith(DEF))


def our_concepts() -> list[str]:
    return sorted(iri for iri in declared() if iri.startswith(SCHEME))


def values(subject: str, predicate: str) -> list[NamedNode | Literal]:
    pattern = vocabulary().quads_for_pattern(NamedNode(subject), NamedNode(predicate), None)
    return [q.object for q in pattern if isinstance(q.object, NamedNode | Literal)]


def texts() -> Iterator[tuple[str, str, Literal]]:
    """Give each label and definition: its subject, `label` or `definition`, and its text."""
    naming = [(iri, RDFS + "label") for iri in our_terms()]
    naming += [(iri, SKOS + "prefLabel") for iri in our_concepts()]
    for iri, label in naming:
        for kind, predicate in (("label", label), ("definition", SKOS + "definition")):
            for value in values(iri, predicate):
                assert isinstance(value, Literal), (iri, kind)
                yield iri, kind, value


def files(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def undeclared(paths: Iterable[Path], used: Callable[[Path], Iterable[str]]) -> list[str]:
    return sorted(
        {
            f"{path.relative_to(ROOT)}: {iri}"
            for path in paths
            for iri in used(path)
            if iri not in declared()
        }
    )


def terms_of_turtle(path: Path) -> Iterator[str]:
    """Give what a Turtle file uses: predicates, classes, and any IRI in a namespace of ours."""
    for triple in triples(path):
        nodes = (triple.subject, triple.predicate, triple.object)
        yield from (n.value for n in nodes if isinstance(n, NamedNode) and is_ours(n.value))
        if not is_of_the_files_language(triple.predicate.value):
            yield triple.predicate.value
        if (
            triple.predicate.value == TYPE
            and isinstance(triple.object, NamedNode)
            and not is_of_the_files_language(triple.object.value)
        ):
            yield triple.object.value


def terms_of_shapes(path: Path) -> Iterator[str]:
    """Give what a shapes file uses: as in Turtle, and the IRIs its shapes speak of."""
    for iri in terms_of_turtle(path):
        if not iri.startswith(SHAPES):
            yield iri
    for triple in triples(path):
        value = triple.object
        about = triple.predicate.value.startswith(SH) or triple.predicate.value == RDF + "first"
        if about and isinstance(value, NamedNode) and is_of_a_vocabulary(value.value):
            yield value.value


def terms_of_query(path: Path) -> Iterator[str]:
    """Give the IRIs in a namespace of ours that a query mentions, in full or by a prefix."""
    text = path.read_text(encoding="utf-8")
    prefixes = dict(re.findall(r"(?im)^\s*PREFIX\s+([\w.-]*):\s*<([^>]*)>", text))
    body = re.sub(r"(?im)^\s*PREFIX\s.*$", "", text)
    # Marks inside an IRI or a string are no comment; only a whole line is dropped.
    body = re.sub(r"(?m)^\s*#.*$", "", body)
    for iri in re.findall(r"<([^<>\s]+)>", body):
        if is_ours(iri) and iri not in OURS and not is_a_namespace(iri):
            yield iri
    strings = r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'"
    body = re.sub(rf"<[^<>\s]*>|{strings}", " ", body)
    for prefix, local in re.findall(r"(?<![\w:?$@-])([A-Za-z][\w-]*):([\w-]+)", body):
        if is_ours(iri := prefixes.get(prefix, "") + local):
            yield iri


def is_ours(iri: str) -> bool:
    return iri.startswith(OURS)


def is_a_namespace(iri: str) -> bool:
    """Tell whether an IRI is only the beginning of names: it ends in a slash or a hash."""
    return iri.endswith(("/", "#"))


def is_of_the_files_language(iri: str) -> bool:
    return iri.startswith(LANGUAGES_OF_FILES) or iri in SHACL_TERMS


def is_of_a_vocabulary(iri: str) -> bool:
    """Tell whether an IRI is in a namespace from which the ontology takes a term."""
    return not is_of_the_files_language(iri) and namespace(iri) in namespaces()


@cache
def namespaces() -> frozenset[str]:
    return frozenset(namespace(term) for term in declared())


def namespace(iri: str) -> str:
    return re.sub(r"[^/#]*$", "", iri)


def test_the_ontology_says_who_made_it_when_and_under_which_licence() -> None:
    one_each = (
        OWL + "versionIRI",
        OWL + "versionInfo",
        DCTERMS + "creator",
        DCTERMS + "license",
        DCTERMS + "created",
        DCTERMS + "issued",
        DCTERMS + "modified",
        VANN + "preferredNamespacePrefix",
        VANN + "preferredNamespaceUri",
    )

    assert {p: len(values(ONTOLOGY_IRI, p)) for p in one_each} == dict.fromkeys(one_each, 1)
    assert [v.value for v in values(ONTOLOGY_IRI, VANN + "preferredNamespaceUri")] == [DEF]
    assert [v.value for v in values(ONTOLOGY_IRI, TYPE)] == [OWL + "Ontology"]


@pytest.mark.parametrize("predicate", ["title", "description"])
def test_the_ontology_is_titled_and_described_in_three_languages(predicate: str) -> None:
    found = values(ONTOLOGY_IRI, DCTERMS + predicate)

    assert sorted(getattr(v, "language", None) or "" for v in found) == ["en", "fi", "sv"]


def test_the_version_iri_ends_with_the_version() -> None:
    (iri,) = values(ONTOLOGY_IRI, OWL + "versionIRI")
    (info,) = values(ONTOLOGY_IRI, OWL + "versionInfo")

    assert iri.value == f"{ONTOLOGY_IRI}/{info.value}"


def test_every_term_and_concept_has_one_label_and_one_definition_in_each_language() -> None:
    found = Counter((iri, kind, text.language or "") for iri, kind, text in texts())
    expected = Counter(
        (iri, kind, language)
        for iri in our_terms() + our_concepts()
        for kind in ("label", "definition")
        for language in ("fi", "sv", "en")
    )

    assert sorted((found - expected).items()) == []
    assert sorted((expected - found).items()) == []


def test_labels_end_without_a_full_stop_and_definitions_with_one() -> None:
    wrong = [
        (iri, kind, text.value)
        for iri, kind, text in texts()
        if text.value.endswith(".") != (kind == "definition")
        or text.value != " ".join(text.value.split())
    ]

    assert wrong == []


def test_a_definition_is_one_sentence() -> None:
    wrong = [t.value for _, kind, t in texts() if kind == "definition" and ". " in t.value]

    assert wrong == []


def test_every_term_is_a_class_or_one_kind_of_property_defined_here() -> None:
    kinds = {OWL + "Class", OWL + "ObjectProperty", OWL + "DatatypeProperty"}

    for iri in our_terms():
        types = [v.value for v in values(iri, TYPE)]
        assert len(types) == 1, iri
        assert types[0] in kinds, iri
        assert [v.value for v in values(iri, RDFS + "isDefinedBy")] == [ONTOLOGY_IRI], iri


def test_classes_begin_with_a_capital_and_properties_with_a_small_letter() -> None:
    wrong = [
        iri
        for iri in our_terms()
        if iri[len(DEF)].isupper() != ([v.value for v in values(iri, TYPE)] == [OWL + "Class"])
    ]

    assert wrong == []


def test_no_property_has_a_domain_or_a_range() -> None:
    for predicate in ("domain", "range"):
        found = vocabulary().quads_for_pattern(None, NamedNode(RDFS + predicate), None)
        assert [q.subject for q in found] == []


def test_two_classes_or_two_properties_never_share_a_label() -> None:
    wrong = []
    for language in ("fi", "sv", "en"):
        named = defaultdict(list)
        for iri, kind, text in texts():
            if iri.startswith(DEF) and kind == "label" and text.language == language:
                named[(text.value, values(iri, TYPE)[0].value)].append(iri)
        wrong += [iris for iris in named.values() if len(iris) > 1]

    assert wrong == []


def test_every_concept_is_in_the_scheme_its_iri_names() -> None:
    for iri in our_concepts():
        scheme, _, code = iri[len(SCHEME) :].partition("/")
        if code:
            assert [v.value for v in values(iri, TYPE)] == [SKOS + "Concept"], iri
            assert [v.value for v in values(iri, SKOS + "inScheme")] == [SCHEME + scheme], iri
            assert SCHEME + scheme in declared(), iri
        else:
            assert [v.value for v in values(iri, TYPE)] == [SKOS + "ConceptScheme"], iri


def test_a_code_is_ascii_in_lower_case_with_hyphens() -> None:
    wrong = [
        iri
        for iri in our_concepts()
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*(/[a-z]+(-[a-z]+)*)?", iri[len(SCHEME) :])
    ]

    assert wrong == []


def test_labels_and_notations_are_unique_within_a_scheme() -> None:
    seen: Counter[tuple[str, str, str]] = Counter()
    for iri in our_concepts():
        scheme, _, code = iri[len(SCHEME) :].partition("/")
        for value in values(iri, SKOS + "prefLabel") + values(iri, SKOS + "notation"):
            if code and isinstance(value, Literal):
                seen[(scheme, value.language or "", value.value)] += 1

    assert [key for key, count in seen.items() if count > 1] == []


def test_every_role_has_a_sign_for_the_matrix() -> None:
    roles = [iri for iri in our_concepts() if iri.startswith(SCHEME + "role/")]

    assert roles
    assert [iri for iri in roles if len(values(iri, SKOS + "notation")) != 1] == []


@pytest.mark.parametrize("predicate", ["subClassOf", "subPropertyOf"])
def test_no_term_is_above_itself(predicate: str) -> None:
    above = defaultdict(set)
    for quad in vocabulary().quads_for_pattern(None, NamedNode(RDFS + predicate), None):
        above[str(quad.subject)].add(str(quad.object))

    for term in list(above):
        reached, waiting = set[str](), set(above[term])
        while waiting:
            following = waiting.pop()
            reached.add(following)
            waiting |= above.get(following, set()) - reached
        assert term not in reached, term


def test_what_a_term_is_placed_under_is_declared() -> None:
    missing = [
        (str(quad.subject), quad.object.value)
        for predicate in ("subClassOf", "subPropertyOf")
        for quad in vocabulary().quads_for_pattern(None, NamedNode(RDFS + predicate), None)
        if isinstance(quad.object, NamedNode) and quad.object.value not in declared()
    ]

    assert missing == []


def test_the_ontology_and_the_code_lists_use_only_declared_terms() -> None:
    names = {ONTOLOGY_IRI}

    def used(path: Path) -> Iterator[str]:
        return (iri for iri in terms_of_turtle(path) if iri not in names)

    assert undeclared(VOCABULARY, used) == []


def test_the_data_uses_only_declared_terms() -> None:
    assert undeclared(files("data/**/*.ttl"), terms_of_turtle) == []


def test_the_shapes_use_only_declared_terms() -> None:
    assert undeclared(files("ontology/shapes*.ttl"), terms_of_shapes) == []


def test_the_queries_use_only_declared_terms() -> None:
    assert undeclared(files("queries/**/*.rq"), terms_of_query) == []


def test_a_misspelt_term_in_a_query_is_found(tmp_path: Path) -> None:
    query = tmp_path / "misspelt.rq"
    query.write_text(
        "# kyt:notThis\n"
        "PREFIX kyt: <https://w3id.org/kytkos/def#>\n"
        "PREFIX role: <https://w3id.org/kytkos/scheme/role/>\n"
        'SELECT ?m WHERE { ?m a kyt:Mesure ; kyt:partOf/kyt:inVersion "kyt:norThis" .\n'
        "  FILTER(?r = role:mian || ?s = <https://w3id.org/kytkos/scheme/level/4th>) }\n",
        encoding="utf-8",
    )

    missing = sorted(iri for iri in terms_of_query(query) if iri not in declared())

    assert missing == [DEF + "Mesure", SCHEME + "level/4th", SCHEME + "role/mian"]


def test_a_misspelt_term_in_a_path_or_a_class_of_a_shape_is_found(tmp_path: Path) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        "@prefix kyt: <https://w3id.org/kytkos/def#> .\n"
        "@prefix kyts: <https://w3id.org/kytkos/shapes#> .\n"
        "@prefix org: <http://www.w3.org/ns/org#> .\n"
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        "kyts:Body a sh:NodeShape ; sh:targetClass kyt:Boody ; sh:property kyts:Body-member .\n"
        "kyts:Body-member a sh:PropertyShape ; sh:minCout 1 ;\n"
        "    sh:path ( [ sh:inversePath org:organisation ] org:member ) .\n",
        encoding="utf-8",
    )

    missing = sorted({iri for iri in terms_of_shapes(shapes) if iri not in declared()})

    assert missing == ["http://www.w3.org/ns/org#organisation", SH + "minCout", DEF + "Boody"]
