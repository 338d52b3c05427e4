"""Validate a nation: in full, after one edit, and with pySHACL; prints one table.

Usage: .venv/bin/python benchmarks/validation.py [--sizes 5000 50000 500000] [--edits 400]
                                    [--pyshacl-up-to 50000] [--equal N]

Each size runs in processes of its own, for the peaks of memory. `check` is the whole command, with
all that it does: `kytkos check --no-cache --format json`, from the start of Python to the last
place found. The other figures are of the parts of it that validate, with all shapes of the ontology
and the SPARQL constraints below: the time to load the data and the ontology, to compile the shapes
and to validate. An edit is one of twelve kinds, and is taken back after it; its time is the time to
find what it affects and to check that again, until the new and the resolved results are known.
Times are those of the processor, so that a busy machine does not tell in them.
`--equal` makes so many random edits of the smallest size, and compares with a full run each time.
"""

import argparse
import gc
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import national
import pyoxigraph as ox

from kytkos import shacl
from kytkos.affected import Change, Incremental, Rules, result_key
from kytkos.project import Project

TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SPARQL_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix kyt: <https://w3id.org/kytkos/def#> .
ex: sh:declare [ sh:prefix "kyt" ; sh:namespace "https://w3id.org/kytkos/def#"^^xsd:anyURI ] ,
    [ sh:prefix "cv" ; sh:namespace "http://data.europa.eu/m8g/"^^xsd:anyURI ] ,
    [ sh:prefix "skos" ;
      sh:namespace "http://www.w3.org/2004/02/skos/core#"^^xsd:anyURI ] .
# One who has the main responsibility is no cooperating party of the same measure as well.
ex:TwoRoles a sh:NodeShape ; sh:targetClass kyt:Measure ; sh:sparql [ sh:prefixes ex: ; sh:select
  '''SELECT $this ?value WHERE {
     ?one kyt:concerns $this ; cv:hasParticipant ?value ; cv:role ?main .
     ?two kyt:concerns $this ; cv:hasParticipant ?value ; cv:role ?other .
     FILTER (?main = <https://w3id.org/kytkos/scheme/role/main> && ?main != ?other) }''' ] .
# A measure of no law. Not written with NOT EXISTS: for two patterns or more in it the store looks
# through one of them as a whole, for each node again.
ex:Anchored a sh:NodeShape ; sh:targetClass kyt:Measure ; sh:sparql [ sh:prefixes ex: ; sh:select
  '''SELECT $this WHERE { $this kyt:inVersion ?version .
     OPTIONAL { ?a kyt:concerns $this ; kyt:legalResource ?law }
     OPTIONAL { ?b kyt:concerns ?version ; kyt:legalResource ?other }
     FILTER (!BOUND(?law) && !BOUND(?other)) }''' ] .
# A body that nobody has a seat in.
ex:Seats a sh:NodeShape ; sh:targetSubjectsOf kyt:binds ; sh:sparql [ sh:prefixes ex: ; sh:select
  '''SELECT $this ?value WHERE { $this kyt:binds ?value . ?value a ?kind .
     FILTER NOT EXISTS { ?seat <http://www.w3.org/ns/org#organization> ?value } }''' ] .
# Two elements of one version have one place in the order.
ex:Order a sh:NodeShape ; sh:targetClass kyt:Goal ; sh:sparql [ sh:prefixes ex: ; sh:select
  '''SELECT $this ?value WHERE { $this kyt:partOf ?whole ; kyt:order ?n . ?value kyt:partOf ?whole ;
     kyt:order ?n . FILTER (?value != $this) }''' ] .
# More than three obligations of one body.
ex:Many a sh:NodeShape ; sh:targetClass kyt:CooperationBody ; sh:sparql [ sh:prefixes ex: ;
  sh:select '''SELECT $this (COUNT(DISTINCT ?duty) AS ?value) WHERE { ?duty kyt:binds $this }
  GROUP BY $this HAVING (COUNT(DISTINCT ?duty) > 3)''' ] .
"""


def load(folder: Path) -> tuple[Project, ox.Store, float]:
    """Load the data and the ontology; give the time it took, too."""
    project = Project(folder)
    start = time.process_time()
    store = project.graph().store
    return project, store, time.process_time() - start


def make_rules(project: Project) -> Rules:
    """Compile the shapes of the ontology and the SPARQL constraints above."""
    source = project.shapes().store
    source.load(SPARQL_SHAPES, format=ox.RdfFormat.TURTLE)
    return Rules(shacl.compile_shapes(source), source)


class Edits:
    """Makes edits of twelve kinds, each around a subject chosen by chance."""

    def __init__(self, store: ox.Store, folder: Path, seed: int) -> None:
        self.store = store
        self.rng = random.Random(seed)
        self.data = ox.NamedNode("file:data/finland.ttl")
        lines = (folder / "data" / "finland.ttl").read_bytes().splitlines()
        starts = [line.split(b" ", 1)[0].decode() for line in lines if b" a " in line[:90]]
        names = self.rng.sample(starts, min(len(starts), 4000))
        self.subjects = [ox.NamedNode(_expand(name)) for name in names]
        self.hubs = [s for s in self.subjects if s.value.split("/")[-2] in _HUBS]

    def one(self, kind: int) -> Change:
        """Make an edit of a kind from 0 to 11."""
        rng = self.rng
        subject = rng.choice(self.subjects)
        if kind == 8:  # a party, a version, a section: what much refers to
            subject = rng.choice(self.hubs)
        quads = sorted(self.store.quads_for_pattern(subject, None, None, self.data), key=str)
        while not quads:  # an edit before has taken it away
            subject = rng.choice(self.subjects)
            quads = sorted(self.store.quads_for_pattern(subject, None, None, self.data), key=str)
        quad, other = rng.choice(quads), rng.choice(self.subjects)
        others = list(self.store.quads_for_pattern(other, None, None, self.data))
        fellow = rng.choice(sorted(others, key=str) or quads)
        types = [q for q in quads if q.predicate == TYPE]
        of_other = next((q.object for q in others if q.predicate == TYPE), TYPE)
        match kind:
            case 0 | 8:  # take a statement away
                return self._change([quad], [])
            case 1:  # make a statement anew, of another subject's words
                return self._change([], [self._quad(subject, fellow.predicate, fellow.object)])
            case 2:  # point elsewhere
                return self._change([quad], [self._quad(subject, quad.predicate, other)])
            case 3:  # write another text
                text = ox.Literal(f"sana {rng.random()}", language="fi")
                return self._change([quad], [self._quad(subject, quad.predicate, text)])
            case 4:  # say a thing twice
                return self._change([], [self._quad(subject, quad.predicate, fellow.object)])
            case 5:  # make it a thing of another kind
                return self._change(types, [self._quad(subject, TYPE, of_other)])
            case 6:  # make it a thing of two kinds
                return self._change([], [self._quad(subject, TYPE, of_other)])
            case 7:  # misspell the predicate
                wrong = ox.NamedNode(quad.predicate.value + "x")
                return self._change([quad], [self._quad(subject, wrong, quad.object)])
            case 9:  # take the whole thing away
                return self._change(quads, [])
            case 10:  # turn a statement round
                if isinstance(quad.object, ox.Literal):
                    return self._change([quad], [])
                return self._change([quad], [self._quad(quad.object, quad.predicate, subject)])
            case _:  # a new thing
                new = ox.NamedNode(f"{subject.value}-{rng.randrange(10**6)}")
                return self._change([], [self._quad(new, q.predicate, q.object) for q in quads])

    def _quad(self, subject: Any, predicate: Any, value: Any) -> ox.Quad:
        return ox.Quad(subject, predicate, value, self.data)

    def _change(self, removed: list[ox.Quad], added: list[ox.Quad]) -> Change:
        gone, new = frozenset(removed) - frozenset(added), frozenset(added) - frozenset(removed)
        return Change(gone, frozenset(quad for quad in new if quad not in self.store))


_HUBS = ("hva", "liitto", "kunta", "version", "source", "body", "pykala", "priority", "goal")


def _expand(name: str) -> str:
    prefix, _, local = name.partition(":")
    return name[1:-1] if name.startswith("<") else national.PREFIXES[prefix] + local


def measure(folder: Path, edits: int, *, with_pyshacl: bool) -> dict[str, Any]:
    """Measure one size."""
    figures: dict[str, Any] = {}
    project, store, figures["load"] = load(folder)
    start = time.process_time()
    rules = make_rules(project)
    figures["compile"] = time.process_time() - start
    start = time.process_time()
    results = rules.run(store)
    figures["validate"] = time.process_time() - start
    figures["full"] = figures["load"] + figures["compile"] + figures["validate"]
    figures["triples"] = len(store)
    figures["results"] = len(results)
    figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spoken = {(r.focus_node.value, r.source_shape.value.rpartition("#")[2]) for r in results}
    faults = planted(folder)
    figures["faults"], figures["found"] = len(faults), len(faults & spoken)
    if with_pyshacl:
        figures |= _pyshacl(project, rules, store, results)
    start = time.process_time()
    rules.reach  # noqa: B018
    figures["dependencies"] = time.process_time() - start
    incremental = Incremental(rules, store)
    gc.collect()
    gc.freeze()
    making = Edits(store, folder, seed=7)
    taken: list[tuple[float, int, int]] = []
    for number in range(edits):
        change = making.one(number % 12)
        start = time.process_time()
        told = incremental.apply(change)
        taken.append((time.process_time() - start, told.nodes, number % 12))
        incremental.apply(Change(change.added, change.removed))
    milliseconds = sorted(seconds * 1000 for seconds, _, _ in taken)
    figures["edit_median"] = statistics.median(milliseconds)
    figures["edit_p95"] = milliseconds[int(0.95 * len(milliseconds))]
    figures["edit_worst"], figures["edit_worst_nodes"], figures["edit_worst_kind"] = max(taken)
    figures["edit_worst"] *= 1000
    figures["memory_open"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def check(folder: Path) -> dict[str, Any]:
    """Run the whole command on one size."""
    command = [str(Path(sys.executable).parent / "kytkos"), "--project", str(folder), "check"]
    command += ["--no-cache", "--format", "json"]
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        out.seek(0)
        found = json.loads(out.read())["findings"]
    spoken = {(f["focus_node"], f["shape"].rpartition("#")[2]) for f in found}
    return {
        "check": used.ru_utime + used.ru_stime,
        "check_wall": wall,
        "check_memory": used.ru_maxrss / 1024,
        "check_findings": len(found),
        "check_found": len(planted(folder) & spoken),
        "check_placed": sum(f["line"] is not None for f in found),
    }


def planted(folder: Path) -> set[tuple[str, str]]:
    """Read the faults that were planted: the subject and the shape of each."""
    lines = (folder / "faults.tsv").read_text(encoding="utf-8").splitlines()
    return {(line.split("\t")[0], line.split("\t")[1]) for line in lines}


def _pyshacl(
    project: Project, rules: Rules, store: ox.Store, results: list[shacl.Result]
) -> dict[str, Any]:
    """Time pySHACL on the same data and shapes, its loading of them included."""
    from rdflib import Graph

    files = [*project.data.rglob("*.ttl"), *project.ontology.glob("*.ttl")]
    start = time.process_time()
    graph, shapes = Graph(), Graph()
    for file in files:
        (shapes if file.name.startswith("shapes") else graph).parse(file)
    loading = time.process_time() - start
    start = time.process_time()
    expected = shacl.validate_with_pyshacl(rules.source, store)
    taken = time.process_time() - start
    return {
        "pyshacl_load": loading,
        "pyshacl_validate": taken,
        "equal": Counter(map(_key, expected)) == Counter(map(_key, results)),
    }


def _key(result: shacl.Result) -> object:
    node = (result.focus_node, result.value, result.severity, result.component, result.path)
    return (*node, result.source_shape if result.source_shape.type == "uri" else None)


def compare(folder: Path, edits: int, seed: int) -> int:
    """Count after how many of some random edits the results are not those of a full run."""
    project, store, _ = load(folder)
    rules = make_rules(project)
    incremental = Incremental(rules, store)
    making = Edits(store, folder, seed)
    before = Counter(map(result_key, incremental.results))
    wrong = 0
    for number in range(edits):
        change = making.one(number % 12)
        told = incremental.apply(change)
        after = Counter(map(result_key, rules.run(store)))
        wrong += (
            Counter(map(result_key, incremental.results)) != after
            or Counter(map(result_key, told.new)) != after - before
            or Counter(map(result_key, told.resolved)) != before - after
        )
        before = after
        if number % 3:  # one in three edits stays
            incremental.apply(Change(change.added, change.removed))
            before = Counter(map(result_key, incremental.results))
        if number % 1000 == 999:
            print(f"  {number + 1} edits, {wrong} mismatches", flush=True)
    return wrong


ROWS = {
    "check": "{:.2f} s", "check_wall": "{:.2f} s", "check_memory": "{:,.0f} MB",
    "check_findings": "{:,}", "check_placed": "{:,}", "check_found": "{}",
    "triples": "{:,.0f}", "load": "{:.2f} s", "compile": "{:.2f} s", "validate": "{:.2f} s",
    "full": "{:.2f} s", "memory": "{:,.0f} MB", "results": "{:,.0f}", "faults": "{}", "found": "{}",
    "pyshacl_load": "{:.1f} s", "pyshacl_validate": "{:.1f} s", "equal": "{}",
    "dependencies": "{:.3f} s", "edit_median": "{:.2f} ms", "edit_p95": "{:.2f} ms",
    "edit_worst": "{:.1f} ms", "edit_worst_nodes": "{:,}", "memory_open": "{:,.0f} MB",
}  # fmt: skip


def main() -> None:
    """Measure each size in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 50_000, 500_000])
    parser.add_argument("--edits", type=int, default=600)
    parser.add_argument("--pyshacl-up-to", type=int, default=50_000)
    parser.add_argument("--equal", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.edits, with_pyshacl=given.pyshacl_up_to > 0)))
        return
    columns: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as work:
        for size in given.sizes:
            folder = Path(work) / str(size)
            national.write(folder, size, given.seed)
            own = [sys.executable, __file__, "--one", str(folder), "--edits", str(given.edits)]
            own += ["--pyshacl-up-to", str(int(size <= given.pyshacl_up_to))]
            done = subprocess.run(own, check=True, stdout=subprocess.PIPE, text=True)
            columns.append(check(folder) | json.loads(done.stdout))
        print_table(columns)
        if given.equal:
            wrong = compare(Path(work) / str(given.sizes[0]), given.equal, given.seed)
            print(f"{given.equal} random edits: {wrong} mismatches with full runs")


def print_table(columns: list[dict[str, Any]]) -> None:
    """Print a column a size, and the ratios between them."""
    for name, form in ROWS.items():
        cells = [form.format(c[name]) if name in c else "–" for c in columns]
        print(f"{name:20}" + "".join(f"{cell:>14}" for cell in cells))
    for name, theirs, ours in (
        ("pyshacl : validate", ("pyshacl_validate",), "validate"),
        ("with load : check", ("pyshacl_load", "pyshacl_validate"), "check"),
    ):
        ratios = [
            f"{sum(c[part] for part in theirs) / c[ours]:.0f}×" if theirs[0] in c else "–"
            for c in columns
        ]
        print(f"{name:20}" + "".join(f"{cell:>14}" for cell in ratios))
    first = columns[0]["edit_median"]
    growth = [f"{c['edit_median'] / first:.2f}×" for c in columns]
    print(f"{'median to first':20}" + "".join(f"{cell:>14}" for cell in growth))


if __name__ == "__main__":
    main()
