"""Time the query library: to raw pyoxigraph, to rdflib, and as fresh processes; prints ratios.

Usage: .venv/bin/python benchmarks/queries.py [--triples N] [--limit S] [--runs N]

Three comparisons, of each query in `queries/`; times are those of the processor, the best of some
runs, and the ratios of all queries are summed up by their geometric mean.

1. Raw: on the county, binding the parameters and making the table (`Query.bind` and
   `Oxigraph.select`), against the same text run by pyoxigraph on the same store, each value of
   each row taken.
2. rdflib: on a nation of N triples and the ontology (see `national.py`), binding and making the
   table against rdflib's rows of the same text. A query that takes rdflib more than S seconds is
   stopped and counted as S. The defaults of parameters are things of the county, which the nation
   does not have. In the place of such a default stands the thing of its class that most statements
   of the nation lead to; where two parameters of a query want the same class, the next one.
3. Fresh: `kytkos query NAME --format csv` on the county, as a process.
"""

import argparse
import math
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox

from kytkos.engines import Oxigraph, to_rdflib
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.queries import Query
from kytkos.terms import SCHEME, Prefixes, Term

ROOT = Path(__file__).parents[1]
KYTKOS = [str(Path(sys.executable).parent / "kytkos"), "--project", str(ROOT)]
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


class Measured(NamedTuple):
    """What one query took, in seconds of the processor."""

    name: str
    county_rows: int
    county: float
    raw: float
    nation_rows: int
    nation: float
    rdflib: float | None  # None where it was stopped
    fresh: float
    fresh_passed: float


def main() -> None:
    """Measure all queries, print a row for each, and the ratios."""
    options = parse()
    county = Project(ROOT)
    graph, library = county.graph(), county.library()
    with tempfile.TemporaryDirectory() as folder:
        nation = make_nation(Path(folder), options).graph()
    copy = to_rdflib(nation.store)
    print(f"{graph.triples:,} triples in the county, {nation.triples:,} in the nation, ms")
    heads = ("rows", "raw", "ours", "", "rows", "ours", "rdflib", "", "fresh", "passed")
    print(f"{'':31}" + "".join(f"{head:>8}" for head in heads))
    measured = []
    for query in library.values():
        bound = query.bind(defaults(query))
        there = query.bind(values_in(nation, graph, query))
        ran = [run_fresh(query.name) for _ in range(3)]
        one = Measured(
            query.name,
            len(Oxigraph(graph).select(bound.text).rows),
            best(lambda q=query: ours(graph, q, defaults(q)), options.runs),
            best(lambda text=bound.text: raw(graph.store, text), options.runs),
            len(Oxigraph(nation).select(there.text).rows),
            best(lambda q=there: ours(nation, q, defaults(q)), options.runs),
            by_rdflib(copy, there.text, options.limit),
            min(used for used, _ in ran),
            min(passed for _, passed in ran),
        )
        measured.append(one)
        print(row(one, options.limit), flush=True)
    summary(measured, options.limit)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--triples", type=int, default=50_000)
    parser.add_argument("--limit", type=int, default=30, help="seconds of rdflib for a query")
    parser.add_argument("--runs", type=int, default=9)
    return parser.parse_args()


def make_nation(folder: Path, options: argparse.Namespace) -> Project:
    """Make the nation with the generator."""
    command = [sys.executable, str(Path(__file__).with_name("national.py")), str(folder)]
    command += ["--triples", str(options.triples), "--faults", "0"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Project(folder)


def defaults(query: Query) -> dict[str, Term]:
    """Give what the command binds where no parameter is set: the language."""
    return {"lang": Term("literal", "fi")} if "lang" in query.parameters else {}


def values_in(nation: Graph, county: Graph, query: Query) -> dict[str, Term]:
    """Choose a value for each parameter whose default the nation does not have."""
    chosen = defaults(query)
    prefixes = Prefixes(dict(county.prefixes.namespaces) | query.prefixes)
    for name, default in query.parameters.items():
        first = default.split()[0]
        iri = first.strip("<>") if "://" in first else prefixes.expand(first)
        if first.startswith('"') or not iri or iri.startswith(SCHEME):
            continue
        node = ox.NamedNode(iri)
        if any(nation.store.quads_for_pattern(node, None, None)):
            continue
        classes = [quad.object for quad in county.store.quads_for_pattern(node, TYPE, None)]
        things = [q.subject for c in classes for q in nation.store.quads_for_pattern(None, TYPE, c)]
        most = sorted(things, key=lambda thing: (-led_to(thing, nation), str(thing)))
        iris = [thing.value for thing in most if isinstance(thing, ox.NamedNode)]
        fresh = [one for one in iris if one not in {value.value for value in chosen.values()}]
        if fresh:
            chosen[name] = Term("uri", fresh[0])
    return chosen


def led_to(thing: Any, graph: Graph) -> int:
    """Count the statements that lead to a thing."""
    return sum(1 for _ in graph.store.quads_for_pattern(None, None, thing))


def ours(graph: Graph, query: Query, values: dict[str, Term]) -> object:
    """Bind the parameters, and make the table."""
    return Oxigraph(graph).select(query.bind(values).text, query.name)


def raw(store: ox.Store, text: str) -> list[tuple[Any, ...]]:
    """Answer a query with nothing but pyoxigraph."""
    answer = store.query(text, use_default_graph_as_union=True)
    assert isinstance(answer, ox.QuerySolutions)
    return [tuple(solution) for solution in answer]


def best(run: Callable[[], object], runs: int) -> float:
    """Give the least time of the processor that a function takes; a slow one runs twice."""
    times: list[float] = []
    while len(times) < (runs if sum(times) < 1 else 2):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def by_rdflib(graph: Any, text: str, limit: int) -> float | None:
    """Time a query of rdflib in a process of its own, or give None where it takes too long."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_by_rdflib, args=(graph, text, limit, there))
    process.start()
    there.close()
    try:
        taken = here.recv()
    except EOFError:
        taken = None
    process.join()
    return float(taken) if taken is not None else None


def _by_rdflib(graph: Any, text: str, limit: int, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    start = time.process_time()
    list(graph.query(text))
    answer.send(time.process_time() - start)


def run_fresh(name: str) -> tuple[float, float]:
    """Run a query as a process; give the seconds of the processor, and those that passed."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*KYTKOS, "query", name, "--format", "csv"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"`kytkos query {name}` leaves with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - start


def mean(ratios: Iterable[float]) -> float:
    """Give the geometric mean."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logarithms) / len(logarithms))


def row(one: Measured, limit: int) -> str:
    """Write what was measured of a query as a line."""
    rdflib = f"{one.rdflib * 1000:8.0f}" if one.rdflib is not None else f"{f'≥{limit * 1000}':>8}"
    return (
        f"{one.name:31}{one.county_rows:8}{one.raw * 1000:8.2f}{one.county * 1000:8.2f}"
        f"{one.county / one.raw:7.2f}×{one.nation_rows:8}{one.nation * 1000:8.2f}{rdflib}"
        f"{(one.rdflib or limit) / one.nation:7.0f}×{one.fresh * 1000:8.0f}"
        f"{one.fresh_passed * 1000:8.0f}"
    )


def summary(measured: list[Measured], limit: int) -> None:
    """Print the ratios of all queries together."""
    to_raw = mean(one.county / one.raw for one in measured)
    to_rdflib = mean((one.rdflib or limit) / one.nation for one in measured)
    stopped = sum(one.rdflib is None for one in measured)
    answered = [one for one in measured if one.nation_rows]
    to_answering = mean((one.rdflib or limit) / one.nation for one in answered)
    print(f"\n{len(measured)} queries, geometric means:")
    print(f"  ours to raw pyoxigraph    {to_raw:8.2f}×")
    print(f"  rdflib to ours            {to_rdflib:8.1f}×, {stopped} stopped after {limit} s")
    print(f"  of {len(answered)} with rows in the nation {to_answering:5.1f}×")
    for what, times in (
        ("processor", [one.fresh for one in measured]),
        ("passed", [one.fresh_passed for one in measured]),
    ):
        median, worst = statistics.median(times), max(times)
        print(f"  a fresh process, {what:9} {median:8.3f} s median, {worst:.3f} s worst")


if __name__ == "__main__":
    main()
