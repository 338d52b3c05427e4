"""Reports that are kept: told again for the very same files, and for no others."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from kytkos import checks, remembered
from kytkos.cli import main
from kytkos.report import Acceptance, Finding, Report
from kytkos.terms import Place, Prefixes, Term
from tests.conftest import PREFIXES, MakeProject

FORUM = 'body:a a kyt:Forum ; skos:prefLabel "A-foorumi"@fi , "A-forum"@sv , "Forum A"@en .'
FINDING = Finding(
    severity="warning",
    shape="https://example.org/S",
    focus_node="https://example.org/a",
    messages={"fi": "Puuttuu."},
    path="https://example.org/p",
    value=Term("literal", "5", datatype="https://example.org/d"),
    place=Place("data/a.ttl", 3, 5),
    component="https://example.org/C",
    focus=Term("uri", "https://example.org/a"),
    source=Term("bnode", "b1"),
    hints={"en": "Look."},
    acceptance=Acceptance("reason", "author", "2026-01-01", Place("accepted-findings.toml", 2)),
)
REPORT = Report((FINDING, Finding("info", "s", "https://example.org/b", {})), {"triples": 7})
NAMES = Prefixes({"ex": "https://example.org/"})


@pytest.fixture(autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where reports are kept."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache / "kytkos" / "reports"


def check(root: Path, *arguments: str) -> tuple[str, int]:
    result = CliRunner().invoke(main, ["--project", str(root), "check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stdout, result.exit_code


def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often the rules are run."""
    counted: list[int] = []
    run = checks.check

    def counting(*arguments: object, **named: object) -> Report:
        counted.append(1)
        return run(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(checks, "check", counting)
    return counted


def test_a_report_is_told_again_as_it_was() -> None:
    remembered.keep("key", REPORT, NAMES)

    assert remembered.recall("key") == (REPORT, NAMES)
    assert remembered.recall("other") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"Puuttuu", b"Puuttui"),
        lambda content: b"",
        lambda content: b"\xff\xfe" * 9,
        lambda content: remembered._seal(b"{}") + b"\n{}",
        lambda content: remembered._seal(b"7") + b"\n7",
    ],
)
def test_a_damaged_report_is_none(folder: Path, damage: object) -> None:
    remembered.keep("key", REPORT, NAMES)
    kept = folder / "key"
    assert callable(damage)
    kept.write_bytes(damage(kept.read_bytes()))

    assert remembered.recall("key") is None


def test_the_newest_reports_are_kept(folder: Path) -> None:
    for number in range(40):
        remembered.keep(f"key{number}", REPORT, NAMES)
        os.utime(folder / f"key{number}", (number, number))
    remembered.recall("key8")  # used again
    remembered.keep("last", REPORT, NAMES)

    kept = {path.name for path in folder.iterdir()}
    assert len(kept) == 32
    assert {"key8", "last", "key39"} <= kept
    assert "key9" not in kept


def test_a_report_too_large_is_not_kept(folder: Path) -> None:
    text = {"fi": "x" * 5_000_000}

    remembered.keep("key", Report((Finding("info", "s", "a", text),)), NAMES)

    assert not folder.exists()


def test_where_nothing_can_be_written_nothing_is_kept(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file")

    remembered.keep("key", REPORT, NAMES)

    assert remembered.recall("key") is None


def test_whoever_has_no_home_has_nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(self: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "expanduser", no_home)

    remembered.keep("key", REPORT, NAMES)

    assert remembered.recall("key") is None


def test_the_same_files_are_checked_once(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_project(FORUM.replace("Forum A", "Forum A "))
    counted = runs(monkeypatch)

    first = check(root.root, "--format", "json")
    second = check(root.root, "--format", "json")

    assert len(counted) == 1
    assert first == second
    assert json.loads(first[0])["findings"]
    assert check(root.root, "--format", "json", "--no-cache") == first
    assert len(counted) == 2


@pytest.mark.parametrize(
    "place", ["data", "ontology", "queries", "accepted", "new", "gone", "more"]
)
def test_a_changed_file_is_checked_again(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    project = make_project(FORUM)
    root, data = project.root, project.data
    (data / "other.ttl").write_text(PREFIXES, encoding="utf-8")
    more = root / "more.ttl"
    more.write_text(PREFIXES, encoding="utf-8")
    ontology, queries = root / "ontology", root / "queries" / "checks"
    for own, packaged in ((ontology, project.ontology), (queries, project.queries / "checks")):
        own.mkdir(parents=True)
        for file in packaged.iterdir():
            if file.is_file():
                (own / file.name).write_bytes(file.read_bytes())
    counted = runs(monkeypatch)
    check(root, str(more))
    check(root, str(more))
    assert len(counted) == 1

    if place == "new":
        (data / "deep").mkdir()
        (data / "deep" / "new.trig").write_text("")
    elif place == "gone":
        (data / "other.ttl").unlink()
    else:
        file = {
            "data": data / "things.ttl",
            "ontology": ontology / "kytkos.ttl",
            "queries": min(queries.glob("*.rq")),
            "accepted": root / "accepted-findings.toml",
            "more": more,
        }[place]
        before = file.stat() if file.exists() else None
        file.write_bytes((file.read_bytes() if before else b"") + b"\n# changed\n")
        if before:  # the time of the change tells nothing
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    check(root, str(more))
    assert len(counted) == 2


def test_a_check_that_asks_what_time_it_is_is_run_each_time(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(FORUM)
    own = project.root / "queries" / "checks"
    own.mkdir(parents=True)
    (own / "now.rq").write_text(
        "#+ severity: info\nSELECT ?focus_node { ?focus_node a ?kind FILTER (now() < ?kind) }"
    )
    counted = runs(monkeypatch)

    check(project.root)
    check(project.root)

    assert len(counted) == 2


def test_a_broken_file_is_told_each_time(make_project: MakeProject) -> None:
    project = make_project("body:a a")

    assert check(project.root) == check(project.root)
    assert check(project.root)[1] == 2
