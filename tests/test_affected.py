"""A change, re-checked from what it can affect, against full runs; and what shapes read."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kytkos import shacl
from kytkos.affected import Change, Incremental, Rules, compare, mentioned, outcome, result_key
from kytkos.project import Project
from kytkos.shacl import paths
from kytkos.shacl.dependencies import Dependencies, find_dependencies
from tests.test_shacl import LINKS, NUMBERS, PREFIXES, SHAPES, TEXTS, TYPES, load

TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
IN_SCHEME = ox.NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")
CONCEPT = ox.NamedNode("http://www.w3.org/2004/02/skos/core#Concept")
SUBCLASS_OF = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
SEED = time.time_ns() % 1_000_000

Edit = Callable[["Editor"], Change]


def rules(turtle: str) -> Rules:
    store = load(turtle)
    return Rules(shacl.compile_shapes(store), store)


def dependencies(turtle: str) -> Dependencies:
    store = load(turtle)
    return find_dependencies(shacl.compile_shapes(store), store)


def reads(turtle: str) -> set[str]:
    """Write what the one target shape reads, as `path: predicate`."""
    ((_, found),) = dependencies(turtle).reads
    return {
        f"{paths.to_sparql(read.path)}: {'^' if read.inverse else ''}{read.predicate or 'any'}"
        .replace("<https://example.org/", "")
        .replace(str(TYPE), "a")
        .replace(">", "")
        for read in found
    }  # fmt: skip


# --- random edits, with the rules of the project ------------------------------------------------


class Editor:
    """Makes edits like those of people, of twelve kinds, to a store of quads."""

    def __init__(self, store: ox.Store, seed: int) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.start = sorted(store, key=str)
        self.subjects = sorted({quad.subject for quad in self.start}, key=str)
        degree: dict[object, int] = {}
        for quad in self.start:
            degree[quad.object] = degree.get(quad.object, 0) + 1
        self.hubs = sorted(degree, key=lambda node: (-degree[node], str(node)))[:60]

    def some(self) -> ox.Quad:
        quad: ox.Quad = self.random.choice(self.start)
        return quad

    def of(self, subject: ox.NamedNode | ox.BlankNode) -> list[ox.Quad]:
        return sorted(self.store.quads_for_pattern(subject, None, None, None), key=str)

    def change(self, removed: list[ox.Quad], added: list[ox.Quad]) -> Change:
        gone, new = set(removed) - set(added), set(added) - set(removed)
        return Change(
            frozenset(quad for quad in gone if quad in self.store),
            frozenset(quad for quad in new if quad not in self.store),
        )


def moved(quad: ox.Quad, *, s: Any = None, p: Any = None, o: Any = None) -> ox.Quad:
    subject, predicate, value = s or quad.subject, p or quad.predicate, o or quad.object
    changed: ox.Quad = ox.Quad(subject, predicate, value, quad.graph_name)
    return changed


def delete(editor: Editor) -> Change:
    return editor.change([editor.some()], [])


def add_again(editor: Editor) -> Change:
    gone = [quad for quad in editor.start if quad not in editor.store]
    return editor.change([], [editor.random.choice(gone or editor.start)])


def retarget(editor: Editor) -> Change:
    quad, other = editor.some(), editor.random.choice(editor.subjects)
    return editor.change([quad], [moved(quad, o=other)])


def misspell(editor: Editor) -> Change:
    quad = editor.some()
    if isinstance(quad.object, ox.NamedNode):
        return editor.change([quad], [moved(quad, o=ox.NamedNode(quad.object.value + "x"))])
    return editor.change([quad], [moved(quad, p=ox.NamedNode(quad.predicate.value + "x"))])


def change_literal(editor: Editor) -> Change:
    quad = editor.some()
    text = editor.random.choice(["", "0", "2020-01-01", "näin", "9" * 130])
    return editor.change([quad], [moved(quad, o=ox.Literal(text))])


def duplicate(editor: Editor) -> Change:
    quad, other = editor.some(), editor.some()
    return editor.change([], [moved(quad, o=other.object)])


def change_type(editor: Editor) -> Change:
    of_types = [quad for quad in editor.start if quad.predicate == TYPE]
    quad, other = editor.random.choice(of_types), editor.random.choice(of_types)
    return editor.change([quad], [moved(quad, o=other.object)])


def add_type(editor: Editor) -> Change:
    of_types = [quad for quad in editor.start if quad.predicate == TYPE]
    quad, other = editor.random.choice(of_types), editor.random.choice(of_types)
    return editor.change([], [moved(quad, o=other.object)])


def edit_hub(editor: Editor) -> Change:
    hub = editor.random.choice(editor.hubs)
    own = editor.of(hub) if isinstance(hub, ox.NamedNode) else []
    return editor.change(own[: editor.random.randint(1, 3)], [])


def delete_subject(editor: Editor) -> Change:
    return editor.change(editor.of(editor.random.choice(editor.subjects)), [])


def swap(editor: Editor) -> Change:
    quad = editor.some()
    if isinstance(quad.object, ox.NamedNode):
        swapped = ox.Quad(quad.object, quad.predicate, quad.subject, quad.graph_name)
        return editor.change([quad], [swapped])
    return editor.change([quad], [])


def several(editor: Editor) -> Change:
    edits = [delete, retarget, change_type, delete_subject, duplicate]
    changes = [editor.random.choice(edits)(editor) for _ in range(4)]
    removed = [quad for change in changes for quad in change.removed]
    return editor.change(removed, [q for c in changes for q in c.added if q not in removed])


EDITS: list[Edit] = [
    delete, add_again, retarget, misspell, change_literal, duplicate,
    change_type, add_type, edit_hub, delete_subject, swap, several,
]  # fmt: skip


def part_of_county(county: Project, *files: str) -> ox.Store:
    """Take some files, and of the ontology and the codes what rules read of others."""
    store = ox.Store()
    for quad in county.graph().store:
        name = str(quad.graph_name)
        kept = quad.predicate in (SUBCLASS_OF, IN_SCHEME) or (
            quad.predicate == TYPE and quad.object != CONCEPT
        )
        if any(file in name for file in files) or ("ontology" in name and kept):
            store.add(quad)
    return store


SPARQL_RULES = """
@prefix kyt: <https://w3id.org/kytkos/def#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
ex: sh:declare [ sh:prefix "kyt" ; sh:namespace "https://w3id.org/kytkos/def#" ] ,
    [ sh:prefix "skos" ; sh:namespace "http://www.w3.org/2004/02/skos/core#" ] .
ex:Obliged a sh:NodeShape ; sh:targetClass kyt:Obligation ; sh:sparql [ sh:prefixes ex: ;
    sh:select '''SELECT $this ?value WHERE { $this kyt:binds/kyt:hasGroupMember* ?value .
       FILTER NOT EXISTS { ?value a/rdfs:subClassOf* kyt:Party } }''' ] .
ex:Alone a sh:NodeShape ; sh:targetClass kyt:CooperationBody ; sh:sparql [ sh:prefixes ex: ;
    sh:select '''SELECT $this (COUNT(DISTINCT ?claim) AS ?value) WHERE { ?claim kyt:concerns $this .
       OPTIONAL { ?claim kyt:inVersion ?version . ?version kyt:status ?status } }
       GROUP BY $this HAVING (COUNT(DISTINCT ?claim) < 4)''' ] .
ex:SameName a sh:NodeShape ; sh:targetSubjectsOf skos:prefLabel ; sh:sparql [ sh:prefixes ex: ;
    sh:select '''SELECT $this ?value WHERE { $this skos:prefLabel ?value .
       ?other skos:prefLabel ?value FILTER (?other != $this) }''' ] .
"""


@pytest.mark.timeout(300)  # a full run after each of 500 edits
@pytest.mark.parametrize(
    ("files", "number_of_edits"),
    [(("2026-luonnos/plan", "hame/bodies", "hame/parties"), 500), (("2026-luonnos", "hame/"), 12)],
    ids=["plan", "agreement"],
)
def test_random_edits_give_what_full_runs_give(
    county: Project,
    capsys: pytest.CaptureFixture[str],
    files: tuple[str, ...],
    number_of_edits: int,
) -> None:
    with capsys.disabled():
        sys.stdout.write(f"[seed {SEED}] ")
    shapes = county.shapes().store
    shapes.load(PREFIXES + SPARQL_RULES, format=ox.RdfFormat.TURTLE)
    own = Rules(shacl.compile_shapes(shapes), shapes)
    store = part_of_county(county, *files)
    incremental = Incremental(own, store)
    editor = Editor(store, SEED)
    before = Counter(map(result_key, incremental.results))

    for number in range(number_of_edits):
        edit = EDITS[number % len(EDITS)]
        change = edit(editor)
        told = incremental.apply(change)
        after = Counter(map(result_key, own.run(store)))
        what = f"edit {number} ({edit.__name__}), seed {SEED}: {change}"
        assert Counter(map(result_key, incremental.results)) == after, what
        assert Counter(map(result_key, told.new)) == after - before, what
        assert Counter(map(result_key, told.resolved)) == before - after, what
        before = after


# --- random edits, with rules of every kind -----------------------------------------------------

MORE_SHAPES = (
    SHAPES
    + """
ex:G a sh:NodeShape ; sh:targetClass ex:C ; sh:sparql
    [ sh:prefixes ex: ; sh:select
      "SELECT $this WHERE { ?x ex:p $this . ?x ex:p ?y . ?y ex:q ?z }" ] ,
    [ sh:prefixes ex: ; sh:select '''SELECT $this ?value WHERE {
        { $this ex:p ?value } UNION { ?value ex:q+ $this } OPTIONAL { ?value ex:r ?n }
        FILTER (!BOUND(?n) || ?n = 1) }''' ] ,
    [ sh:prefixes ex: ; sh:select '''SELECT $this ?value WHERE { $this ex:q ?value .
        FILTER NOT EXISTS { ?value ?any ?thing } }''' ] ,
    [ sh:prefixes ex: ; sh:select '''SELECT $this ?n WHERE {
        { SELECT $this ?x (COUNT(?y) AS ?n)
          WHERE { $this ex:q ?x . ?x ex:p ?y } GROUP BY $this ?x }
        ?x ex:q $this . FILTER (?n > 1) }''' ] ,
    [ sh:prefixes ex: ; sh:select '''SELECT $this WHERE { $this ex:p ?x .
        { ?x ex:q ?z FILTER EXISTS { ?z (ex:p|^ex:q) ?y . ?y ex:r 1 } } }''' ] .
ex:H a sh:NodeShape ; sh:targetClass ex:D ; sh:sparql [ sh:prefixes ex: ; sh:select
    "SELECT $this WHERE { $this a ex:D . ?one ex:r ?same . ex:a ex:s ?same }" ] .
ex:I a sh:NodeShape ; sh:targetNode ex:a ; sh:property
    [ sh:path ex:p ; sh:property [ sh:path ex:q ; sh:maxCount 0 ] ] .
ex:J a sh:NodeShape ; sh:targetObjectsOf ex:q ; sh:property [ sh:path ex:p ; sh:node ex:J ] ;
    sh:not [ sh:path ( [ sh:oneOrMorePath ex:p ] [ sh:zeroOrOnePath [ sh:inversePath ex:q ] ] ) ;
             sh:hasValue ex:b ] .
"""
)
TRIPLES = st.one_of(LINKS, LINKS, TYPES, TEXTS, NUMBERS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(TRIPLES, max_size=14),
    st.lists(st.lists(TRIPLES, min_size=1, max_size=3), min_size=1, max_size=6),
)
def test_edits_of_any_small_graph_give_what_full_runs_give(
    start: list[tuple[str, str, str]], edits: list[list[tuple[str, str, str]]]
) -> None:
    source = load(MORE_SHAPES)
    every = Rules(shacl.compile_shapes(source), source)
    store = load("ex:D rdfs:subClassOf ex:C .\n" + turtle(start))
    incremental = Incremental(every, store)

    for edit in edits:
        # What is there is taken away, what is not is added.
        quads = set(load(turtle(edit)))
        change = Change(
            frozenset(q for q in quads if q in store), frozenset(q for q in quads if q not in store)
        )
        before = every.run(store)
        told = incremental.apply(change)
        after = every.run(store)
        assert sorted(map(str, incremental.results)) == sorted(map(str, after))
        expected = outcome(before, after, 0)
        compared = compare(every, store, change)
        for found in (told, compared):
            assert sorted(map(str, found.new)) == sorted(map(str, expected.new))
            assert sorted(map(str, found.resolved)) == sorted(map(str, expected.resolved))
        assert every.run(store) == after


def turtle(triples: list[tuple[str, str, str]]) -> str:
    return "".join(f"{' '.join(triple)} .\n" for triple in triples)


def test_a_change_of_subclasses_is_a_full_run() -> None:
    own = rules("ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .")
    store = load("ex:a a ex:D .")
    incremental = Incremental(own, store)
    (quad,) = load("ex:D rdfs:subClassOf ex:C .")

    told = incremental.apply(Change(frozenset(), frozenset([quad])))

    assert [result.focus_node.value for result in told.new] == ["https://example.org/a"]
    assert incremental.results == own.run(store)


def test_a_triple_that_stands_in_two_graphs_is_counted_once() -> None:
    own = rules("""ex: sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/" ] .
        ex:S sh:targetClass ex:C ; sh:sparql [ sh:prefixes ex: ; sh:select
        "SELECT $this WHERE { $this ex:p ?x } GROUP BY $this HAVING (COUNT(?x) > 1)" ] .""")
    store = ox.Store()
    (kind,), (link,) = load("ex:a a ex:C ."), load("ex:a ex:p ex:b .")
    one, two = ox.NamedNode("file:a"), ox.NamedNode("file:b")
    store.extend([in_graph(kind, one), in_graph(link, one)])
    incremental = Incremental(own, store)

    told = incremental.apply(Change(frozenset(), frozenset([in_graph(link, two)])))

    assert told.new == ()
    assert incremental.results == own.run(store) == []


def in_graph(quad: ox.Quad, name: ox.NamedNode) -> ox.Quad:
    return ox.Quad(quad.subject, quad.predicate, quad.object, name)


# --- what shapes read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("sh:path ex:p ; sh:minCount 1", {": ex:p"}),
        ("sh:path [ sh:inversePath ex:p ] ; sh:maxCount 1", {": ^ex:p"}),
        ("sh:path ( ex:p ex:q ) ; sh:maxCount 1", {": ex:p", "ex:p: ex:q"}),
        (
            "sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:maxCount 1",
            {": ^ex:q", "^ex:q: ^ex:p"},
        ),
        (
            "sh:path ( [ sh:zeroOrMorePath ex:p ] ex:q ) ; sh:maxCount 1",
            {"ex:p*: ex:p", "ex:p*: ex:q"},
        ),
        ("sh:path [ sh:zeroOrOnePath ex:p ] ; sh:maxCount 1", {": ex:p"}),
        ("sh:path [ sh:alternativePath ( ex:p ex:q ) ] ; sh:maxCount 1", {": ex:p", ": ex:q"}),
        ("sh:path ex:p ; sh:class ex:C", {": ex:p", "ex:p: a"}),
        ("sh:path ex:p ; sh:lessThan ex:q", {": ex:p", ": ex:q"}),
        ("sh:path ex:p ; sh:node [ sh:closed true ]", {": ex:p", "ex:p: any"}),
        (
            "sh:path ex:p ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ sh:class ex:C ]",
            {": ex:p", "ex:p: a"},
        ),
        (
            "sh:path ex:p ; sh:or ( [ sh:path ex:q ; sh:in ( 1 ) ] [ sh:not [ sh:class ex:C ] ] )",
            {": ex:p", "ex:p: ex:q", "ex:p: a"},
        ),
    ],
)
def test_what_a_constraint_reads(constraint: str, expected: set[str]) -> None:
    found = reads(f"ex:S sh:targetNode ex:a ; sh:property [ {constraint} ] .")

    assert found == {line.replace("ex:", "") for line in expected}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("$this ex:p/ex:q* ?x", {": p", "p/(q*): q"}),
        ("?x ex:p $this . ?x ex:q ?y", {": ^p", "^p: q"}),
        ("$this ex:p ?x FILTER NOT EXISTS { ?x a ex:C }", {": p", "p: a"}),
        ("$this ex:p ?x OPTIONAL { ?y ex:q ?x }", {": p", "p: ^q"}),
        ("$this ?any ?x . ?x ex:q ?y", {": any", "(<|!<): q"}),
        ("{ $this ex:p ?x } UNION { $this ex:q ?x . ?x ex:r ?y }", {": p", ": q", "q: r"}),
        ("{ $this ex:p ?x } UNION { ?x ex:q $this } ?x ex:r ?y", {": p", ": ^q", "p|(^q): r"}),
        (
            "$this ex:p ?x { SELECT $this (MAX(?y) AS ?z) { $this ex:p/ex:q ?y } GROUP BY $this }",
            {": p", "p: q"},
        ),
    ],
)
def test_what_a_query_reads(pattern: str, expected: set[str]) -> None:
    assert reads(sparql_shape(pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("$this ex:p ?x . ?y ex:q ?z", "connects `?y"),
        ("{ $this ex:p ?x } UNION { ?x ex:q ?y }", "connects `?x"),
        # ?y in EXISTS is not the ?y outside of the inner group.
        ("$this ex:q ?y { $this ex:p ?x FILTER EXISTS { ?x ex:s 1 . ?y ex:r 1 } }", "connects `?y"),
        ("$this ex:p ?x . ex:a ex:q ex:b", "connects `<https://example.org/a>"),
        ("$this ex:p ?x . GRAPH ?g { ?x ex:q ?y }", "GRAPH"),
        ("$this ex:p ?x { SELECT $this { $this ex:q ?y } LIMIT 1 }", "LIMIT"),
        # What is counted away is not the ?y outside.
        (
            "$this ex:p ?y { SELECT $this (COUNT(?y) AS ?n)"
            " { $this ex:r ?z . ?x ex:q ?y } GROUP BY $this }",
            "connects `?x",
        ),
    ],
)
def test_a_query_that_does_not_lead_back_is_run_in_full(pattern: str, why: str) -> None:
    found = dependencies(sparql_shape(pattern))

    ((shape, reason),) = found.in_full
    assert found.reads == ()
    assert shape.node == ox.NamedNode("https://example.org/S")
    assert why in reason


def sparql_shape(pattern: str) -> str:
    return f"""ex: sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/" ] .
        ex:S sh:targetClass ex:C ; sh:sparql [ sh:prefixes ex: ;
            sh:select "SELECT $this WHERE {{ {pattern} }}" ] ."""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT ?x { ?x ex:p ?y ; a ex:C . FILTER (?y != ex:z) }", {"ex:p", "a", "ex:C", "ex:z"}),
        ("SELECT ?x ?y (COUNT(?z) AS ?n) { ?x ex:p ?y } GROUP BY ?x ?y", {"ex:p"}),
        ("SELECT ?x { VALUES (?x ?y) { (1 2) } ?x ex:p ?y BIND (?x + 1 AS ?z) }", {"ex:p"}),
        ("SELECT ?x { FILTER (!BOUND(?x)) ?x ex:p ?y }", {"ex:p"}),
        ("SELECT ?x { ?x ?p ?y }", None),
        ("SELECT ?x { ?x ex:q 1 ; ?p ?y }", None),
        ("SELECT ?x { FILTER (?y = 1) ?x ?p ?y }", None),
        ("SELECT ?x { ?x ex:q [ ?p ?y ] }", None),
        ("SELECT ?x { ?x !ex:p ?y }", None),
        ("SELECT ?x { ?x !(ex:p|^ex:q) ?y }", None),
        ("SELECT ?x { (1 2) ?p ?y }", None),
        ("SELECT ?x { [] ?p ?y }", None),
        ("SELECT ?x { GRAPH ?g { ?x ex:p ?y } }", None),
    ],
)
def test_what_a_query_mentions(query: str, expected: set[str] | None) -> None:
    found = mentioned(query, {"ex": "ex:"})

    assert found == (expected and {TYPE.value if name == "a" else name for name in expected})


def test_the_projects_own_shapes_can_all_be_followed(county: Project) -> None:
    source = county.shapes().store

    assert Rules(shacl.compile_shapes(source), source).dependencies.in_full == ()


def test_rdflib_is_not_imported_without_sparql_constraints() -> None:
    root = Path(__file__).parents[1]
    code = (
        "import sys; from pathlib import Path; from kytkos.project import Project;"
        "from kytkos import shacl; from kytkos.affected import Rules;"
        f"shapes = Project(Path({str(root)!r})).shapes().store;"
        "rules = Rules(shacl.compile_shapes(shapes), shapes); rules.reach;"
        "print('rdflib' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
