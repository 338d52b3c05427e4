"""What a change of the project does to its findings: since a revision, or as files are saved."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from kytkos import checks, shacl
from kytkos.affected import Change, Incremental, Rules, compare, mentioned, outcome, without
from kytkos.errors import KytkosError
from kytkos.graph import FORMATS, Graph, load_file, to_term
from kytkos.project import Project
from kytkos.queries import Query
from kytkos.report import Finding, Report
from kytkos.revisions import Past
from kytkos.terms import Prefixes, file_iri, path_of, printable


@dataclass(frozen=True, slots=True)
class Difference:
    """The findings that a change brings and those that it takes away.

    `looked_at` counts the things that were checked; `in_full` are the shapes that can't be
    followed, each with the reason.
    """

    new: tuple[Finding, ...]
    resolved: tuple[Finding, ...]
    looked_at: int
    in_full: tuple[tuple[str, str], ...] = ()

    def report(self, graph: Graph, rules: int) -> Report:
        """Make a report of the new findings."""
        checked = {
            "triples": graph.triples,
            "focus_nodes": self.looked_at,
            "shapes": rules,
            "resolved": len(self.resolved),
        }
        return Report(self.new, checked)


def since(graph: Graph, shapes: Graph, queries: Mapping[str, Query], past: Past) -> Difference:
    """Tell what has changed in the findings since a revision; all arguments but one are of now.

    New are those of a full check now that a full check then did not have.

    Raises:
        ShapesError: a shape is ill-formed, now or then.
        QueryError: a check is not complete, now or then.
    """
    if not past.change and past.shapes is shapes and past.checks == queries:
        return Difference((), (), 0)
    with checks.placing(shapes):
        rules = Rules(shacl.compile_shapes(shapes.store), shapes.store)
    if past.shapes is shapes:
        results = compare(rules, graph.store, past.change)
    else:
        old = Rules(shacl.compile_shapes(past.shapes.store), past.shapes.store)
        with past.change.undone(graph.store):
            before = old.run(graph.store)
        results = outcome(before, rules.run(graph.store), len(graph.store))
    old_queries, new_queries = _concerned(queries, past)
    rows = [*checks.rows(graph, new_queries), *checks.others(graph)]
    with past.change.undone(graph.store):
        old_rows = [*checks.rows(graph, old_queries), *checks.others(graph)]
    new = [*map(checks.from_result, results.new), *without(rows, old_rows, _key)]
    resolved = [*map(checks.from_result, results.resolved), *without(old_rows, rows, _key)]
    return Difference(checks.placed(graph, new), tuple(resolved), results.nodes, _in_full(rules))


def _concerned(
    queries: Mapping[str, Query], past: Past
) -> tuple[dict[str, Query], dict[str, Query]]:
    """Give the checks, then and now, whose answer may have changed."""
    changed = past.change.predicates
    kept = {
        name
        for name, query in queries.items()
        if past.checks.get(name) == query and not _reads(query, changed)
    }
    old = {name: query for name, query in past.checks.items() if name not in kept}
    return old, {name: query for name, query in queries.items() if name not in kept}


def _reads(query: Query, changed: frozenset[str]) -> bool:
    read = mentioned(query.text, query.prefixes)
    return bool(changed) if read is None else not read.isdisjoint(changed)


def _key(finding: Finding) -> object:
    messages = tuple(sorted(finding.messages.items()))
    node = finding.focus_node if ":" in finding.focus_node else "a blank node"
    value = None if finding.value and finding.value.type == "bnode" else finding.value
    return (finding.shape, finding.severity, node, finding.path, value, messages)


def _in_full(rules: Rules) -> tuple[tuple[str, str], ...]:
    followed = [(to_term(s.node).value, why) for s, why in rules.dependencies.in_full]
    return (*followed, *((iri, "pySHACL runs it") for iri in rules.shapes.uncompiled))


class Watch:
    """A project whose findings are kept up to date as its files are saved."""

    graph: Graph

    def __init__(self, project: Project, files: Sequence[Path]) -> None:
        self._project = project
        self._more = files
        self._stamps = self._look()
        self._broken: set[Path] = set()
        self._load()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings as they are now, placed and sorted."""
        results = map(checks.from_result, self._incremental.results)
        rows = (finding for found in self._rows.values() for finding in found)
        return checks.placed(self.graph, [*results, *rows])

    @property
    def rules(self) -> int:
        """How many shapes and SPARQL checks there are."""
        return len(self._rules.shapes) + len(self._queries)

    def poll(self) -> "Saved | None":
        """Look at the files once, and tell what has come of those saved since the last look."""
        stamps = self._look()
        paths = sorted(
            path
            for path in stamps.keys() | self._stamps.keys()
            if stamps.get(path) != self._stamps.get(path)
        )
        if not paths:
            return None
        self._stamps = stamps
        known = {path.resolve(): name for name, path in self.graph.files.items()}
        turtle = [path for path in paths if path.suffix == ".ttl" and not self._holds_rules(path)]
        if turtle != paths:
            return self._reload(paths)
        then, now = ox.Store(), ox.Store()
        namespaces = dict(self.graph.prefixes.namespaces)
        errors: list[KytkosError] = []
        for path in turtle:
            name = known.get(path.resolve()) or file_iri(self._shown(path))
            content = ox.Store()
            try:
                if path in stamps:
                    namespaces |= load_file(content, path, path_of(name))
            except KytkosError as error:
                # Deleted meanwhile: the next look tells. Broken: what it held before stays.
                if path.exists():
                    errors.append(error)
                    self._broken.add(path)
                continue
            self._broken.discard(path)
            then.extend(self.graph.store.quads_for_pattern(None, None, None, ox.NamedNode(name)))
            now.extend(content)
            if path in stamps:
                self.graph.files[name] = path
            else:
                self.graph.files.pop(name, None)
        old, new = frozenset(then), frozenset(now)
        difference = self._apply(Change(old - new, new - old))
        self.graph = replace(self.graph, prefixes=Prefixes(namespaces))
        return Saved(tuple(map(self._shown, paths)), difference, tuple(errors))

    def _apply(self, change: Change) -> Difference:
        results = self._incremental.apply(change)
        changed = change.predicates
        concerned = {name: q for name, q in self._queries.items() if _reads(q, changed)}
        names = (*concerned, _OTHERS)
        old_rows = [row for name in names for row in self._rows[name]]
        self._rows |= _rows(self.graph, concerned)
        rows = [row for name in names for row in self._rows[name]]
        new = [*map(checks.from_result, results.new), *without(rows, old_rows, _key)]
        resolved = [*map(checks.from_result, results.resolved), *without(old_rows, rows, _key)]
        return Difference(checks.placed(self.graph, new), tuple(resolved), results.nodes)

    def _load(self) -> None:
        shapes, queries = self._project.shapes(), self._project.checks()
        with checks.placing(shapes):
            rules = Rules(shacl.compile_shapes(shapes.store), shapes.store)
        graph = self._project.graph(*self._more)
        rows = _rows(graph, queries)
        # Only now, so that an error leaves all as it was.
        self._incremental = Incremental(rules, graph.store)
        self.graph = graph
        self._rules, self._queries, self._rows = rules, queries, rows

    def _reload(self, paths: Iterable[Path]) -> "Saved":
        """Begin anew: a file of rules was saved, or one of TriG, whose graphs files share."""
        shown = tuple(map(self._shown, paths))
        before = self.findings
        try:
            self._load()
        except KytkosError as error:
            return Saved(shown, Difference((), (), 0), (error,))
        after = self.findings
        new, resolved = without(after, before, _key), without(before, after, _key)
        everything = len({quad.subject for quad in self.graph.store})
        return Saved(shown, Difference(tuple(new), tuple(resolved), everything), ())

    def _look(self) -> dict[Path, tuple[int, int]]:
        stamps: dict[Path, tuple[int, int]] = {}
        for path in self._paths():
            try:
                about = path.stat()
            except OSError:  # deleted while we look
                continue
            stamps[path] = (about.st_mtime_ns, about.st_size)
        return stamps

    def _paths(self) -> Iterator[Path]:
        yield from (p for p in self._project.data.rglob("*") if p.suffix in FORMATS)
        yield from self._project.ontology.glob("*.ttl")
        yield from (self._project.queries / "checks").glob("*.rq")
        yield from self._more

    def _holds_rules(self, path: Path) -> bool:
        return self._project.is_shapes(path.resolve())

    def _shown(self, path: Path) -> str:
        root, whole = self._project.root.resolve(), path.resolve()
        inside = whole.is_relative_to(root)
        return printable(whole.relative_to(root).as_posix() if inside else str(path))


_OTHERS = ""  # stands for what is neither a shape nor a query


def _rows(graph: Graph, queries: Mapping[str, Query]) -> dict[str, list[Finding]]:
    found = {name: list(checks.rows(graph, {name: query})) for name, query in queries.items()}
    return found | {_OTHERS: list(checks.others(graph))}


@dataclass(frozen=True, slots=True)
class Saved:
    """What has come of saving some files."""

    files: tuple[str, ...]
    difference: Difference
    errors: tuple[KytkosError, ...]


def watch(project: Project, files: Sequence[Path], every_s: float = 0.3) -> Iterator[Watch | Saved]:
    """Give the project as it is, and then what comes of each save, for ever."""
    watched = Watch(project, files)
    yield watched
    while True:
        time.sleep(every_s)
        saved = watched.poll()
        if saved:
            yield saved
