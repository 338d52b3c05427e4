"""What a user meets who is unlucky: odd names, full disks, closed pipes, Ctrl-C, runaways."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kytkos.cli import main
from kytkos.terms import file_iri, path_of

ROOT = Path(__file__).parents[1]
RUN = [sys.executable, "-m", "kytkos"]
PREFIXES = """\
@prefix body: <https://w3id.org/kytkos/id/body/> .
@prefix kyt: <https://w3id.org/kytkos/def#> .
"""
DEATH = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
RUNAWAY = f'SELECT ?x {{ BIND (REGEX("{"a" * 40}!", "^(a+)+$") AS ?x) }}'


def run(*arguments: object, stdin: str | bytes = "") -> Result:
    result = CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.ttl").write_text(f"{PREFIXES}body:a a kyt:Forumm .\n")
    return tmp_path


NAMES = [
    "two words.ttl", "ä ö.ttl", "50%.ttl", "a%20b.ttl", "a#b?c.ttl", "a<b>.ttl", 'a"b.ttl',
    "a\\b.ttl", "{a}.ttl", "[a].ttl", "a|b^`.ttl", "-a.ttl", "a:b.ttl", "a\nb.ttl", "a.b.trig",
    "two words.trig", "😀.ttl", os.fsdecode(b"\xe4.ttl"),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    data = tmp_path / "a project ä" / "data"
    data.mkdir(parents=True)
    try:
        (data / name).write_text(f"{PREFIXES}body:a a kyt:Forumm .\n")
    except OSError as error:
        pytest.skip(f"no such name here: {error}")
    root = data.parent

    text = run("--project", root, "check", "--no-cache").stdout
    report = json.loads(run("--project", root, "check", "--format", "json").stdout)

    assert ":3:10: " in text
    assert report["findings"][0]["file"].startswith("data/")
    for form in ("sarif", "junit", "md", "ttl"):
        assert run("--project", root, "check", "--format", form).exit_code == 1
    commands = [["query", "parties"], ["export", "--format", "trig"]]
    if name in (NAMES[0], NAMES[-1]):
        commands.append(["build", "--force"])
    for command in commands:
        assert run("--project", root, *command, *_out(command, root)).exit_code == 0


def _out(command: list[str], root: Path) -> list[object]:
    return ["--out", root / "site"] if command[0] == "build" else ["-o", root / "out"]


@pytest.mark.parametrize("shown", ["data/a.ttl", "data/a b%41.ttl", "ä/%/#?[]", "a\\b"])
def test_the_path_of_a_file_is_told_from_the_name_of_its_graph(shown: str) -> None:
    assert path_of(file_iri(shown)) == shown


@pytest.mark.parametrize(
    ("name", "content", "command", "said"),
    [
        ("site.toml", b"title = ", "build", "Invalid value"),
        ("site.toml", b"\nt = '\xff'", "build", "not in UTF-8 (line 2)"),
        ("site.toml", b"title = 5", "build", "`title` is no text"),
        ("site.toml", b"title = {fi = 5}", "build", "`title` is no text"),
        ("accepted-findings.toml", b"\n\n\xff", "check", "not in UTF-8 (line 3)"),
        ("accepted-findings.toml", b"finding = 5", "check", "not a list of accepted findings"),
        ("queries/checks/x.rq", b"# \n\xff", "check", "not in UTF-8 (line 2)"),
        ("queries/checks/x.rq", b"ASK {}", "check", "not a SELECT"),
        ("queries/checks/x.rq", b"SELECT ?a {}", "check", "not complete"),
        ("queries/x.rq", b"\xff", "query", "not in UTF-8 (line 1)"),
    ],
)
def test_a_bad_file_of_a_project_is_told_in_a_sentence(
    project: Path, name: str, content: bytes, command: str, said: str
) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_bytes(content)

    result = run("--project", project, command)

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "31.12.9999", "2026-02-30", "soon"])
@pytest.mark.parametrize("command", ["calendar", "build", "query"])
def test_a_day_that_is_none_or_far_away_is_told(project: Path, command: str, day: str) -> None:
    more = ["parties"] if command == "query" else []

    result = run("--project", project, command, *more, "--as-of", day)

    assert result.exit_code == 2
    assert "is not a day" in result.stderr


@pytest.mark.parametrize("out", [".", "/", "..", "data", "data/x.ttl"])
def test_a_site_is_written_over_nothing_of_others(
    project: Path, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "inner").mkdir()
    (project / "inner" / "file").write_text("mine")
    monkeypatch.chdir(project / "inner" if out in (".", "..") else project)

    result = run("--project", project, "build", "--force", "--out", out)

    assert result.exit_code == 2
    assert "error: " in result.stderr
    assert (project / "data" / "x.ttl").is_file()
    assert (project / "inner" / "file").read_text() == "mine"


@pytest.mark.parametrize("name", ["none.rq", "no/such/file", "a" * 5000, "\x1b[31m"])
def test_a_query_that_is_not_there_is_told_shortly(project: Path, name: str) -> None:
    result = run("--project", project, "query", name)

    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert len(result.stderr) < 3000
    assert ("no such file" in result.stderr) == ("." in name or "/" in name)


def test_a_missing_file_to_check_is_told_before_anything_is_checked(project: Path) -> None:
    result = run("--project", project, "check", project / "none.ttl")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "none.ttl: error: can't read the file" in result.stderr


def start(*arguments: object, env: Mapping[str, str] = {}) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*RUN, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **env},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )


@pytest.mark.parametrize("engine", ["oxigraph", "rdflib"])
def test_ctrl_c_ends_a_query_of_death(tmp_path: Path, engine: str) -> None:
    (tmp_path / "death.rq").write_text(DEATH)
    running = start("--project", ROOT, "query", tmp_path / "death.rq", "--engine", engine)
    time.sleep(4 if engine == "rdflib" else 2)
    assert running.poll() is None

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=5)

    assert running.returncode in (-signal.SIGINT, 130)
    assert b"Traceback" not in said


def test_ctrl_c_is_no_finding(project: Path) -> None:
    running = start("--project", project, "query", "-")
    time.sleep(2)

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=5)

    assert running.returncode == 130
    assert said.decode().strip() == "interrupted"


@pytest.mark.parametrize(
    ("query", "engine"),
    [(DEATH, "oxigraph"), (DEATH, "rdflib"), (RUNAWAY, "rdflib")],
    ids=["oxigraph", "rdflib", "rdflib-regex"],
)
def test_a_query_ends_at_its_time_limit(tmp_path: Path, query: str, engine: str) -> None:
    (tmp_path / "q.rq").write_text(query)
    command = ("query", tmp_path / "q.rq", "--engine", engine, "--timeout", "1")
    project = ROOT if query == DEATH else tmp_path
    (tmp_path / "data").mkdir()
    running = start("--project", project, *command)

    _, said = running.communicate(timeout=30)

    assert running.returncode == 2
    assert b"no answer within 1 s" in said
    assert b"Traceback" not in said


def test_a_regular_expression_of_a_query_does_not_run_away_in_the_store(project: Path) -> None:
    began = time.process_time()

    result = run("--project", project, "query", "-", stdin=RUNAWAY)

    assert result.stdout.split() == ["x", "false"]
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"COLUMNS": "1", "TERM": "dumb"},
        {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/dev/null"},
        {"KYTKOS_LANG": "zz", "LANG": "\udce4"},
    ],
    ids=["c", "ascii", "latin-1", "narrow", "homeless", "no-language"],
)
def test_a_poor_environment_is_no_matter(environment: dict[str, str]) -> None:
    for command in (["show", "KH Turva"], ["check", "--format", "md"], ["query"]):
        done = start("--project", ROOT, *command, env=environment)
        answer, said = done.communicate(timeout=60)

        assert (done.returncode, b"Traceback" in said) == (0, False)
        assert answer


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", [["query", "parties"], ["check"], ["export"], ["--help"]])
def test_a_full_disk_is_told(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*RUN, "--project", ROOT, *command], stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
