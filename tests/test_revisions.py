"""Checks on every change: since a revision, as files are saved, and in a git hook."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from kytkos import changes, checks
from kytkos.changes import Saved, Watch
from kytkos.cli import main
from kytkos.errors import ProjectError
from kytkos.project import Project
from kytkos.report import Finding
from kytkos.revisions import find_revision, past

ROOT = Path(__file__).parents[1]
PREFIXES = """\
@prefix body: <https://w3id.org/kytkos/id/body/> .
@prefix kyt: <https://w3id.org/kytkos/def#> .
@prefix kunta: <https://w3id.org/kytkos/id/kunta/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
FORUM = """
body:foorumi a kyt:Forum ;
    skos:prefLabel "Foorumi"@fi , "Forum"@sv , "Forum"@en .
"""
NAMELESS = """
body:ryhma a kyt:WorkingGroup .
"""


class Repository:
    """A project in a git repository, with one commit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet")
        self.write("data/forum.ttl", FORUM)
        self.commit()

    def git(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        person = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
        person |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
        person |= {"GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
        return subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env=os.environ | person,
            capture_output=True,
            text=True,
            check=check,
        )

    def write(self, name: str, turtle: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PREFIXES + turtle, encoding="utf-8")
        return path

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", "Say more")

    def check(self, *arguments: str) -> Result:
        return CliRunner().invoke(
            main, ["--project", str(self.root), "--lang", "en", "check", *arguments]
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


# --- since a revision ---------------------------------------------------------------------------


def test_only_new_findings_are_told(repository: Repository) -> None:
    repository.write("data/group.ttl", NAMELESS)

    result = repository.check("--since", "HEAD")

    assert result.exit_code == 1
    assert {line.split(": ")[0] for line in result.stdout.splitlines()} >= {"data/group.ttl:6:1"}
    assert "body:foorumi" not in result.stdout
    assert "since HEAD:" in result.stderr


def test_what_was_there_before_does_not_count(repository: Repository) -> None:
    repository.write("data/group.ttl", NAMELESS)
    repository.commit()

    assert repository.check().exit_code == 1
    result = repository.check("--since", "HEAD")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "0 new, 0 resolved; 0 things checked" in result.stderr
    assert repository.check("--since", "HEAD~1").exit_code == 1


def test_a_resolved_finding_is_counted(repository: Repository) -> None:
    repository.write("data/group.ttl", NAMELESS)
    repository.commit()
    repository.write(
        "data/group.ttl", FORUM.replace("foorumi", "ryhma").replace("Foorumi", "Ryhmä")
    )

    result = repository.check("--since", "HEAD", "--format", "json")

    assert result.exit_code == 0
    assert '"resolved": ' in result.stdout
    assert '"resolved": 0' not in result.stdout


def test_lines_that_moved_bring_nothing_new(repository: Repository) -> None:
    repository.write("data/group.ttl", NAMELESS)
    repository.commit()
    repository.write("data/group.ttl", "\n\n# A comment\n" + NAMELESS)

    assert "0 new, 0 resolved" in repository.check("--since", "HEAD").stderr


def test_a_block_that_moved_to_another_file_brings_nothing_new(repository: Repository) -> None:
    repository.write("data/group.ttl", NAMELESS)
    repository.commit()
    (repository.root / "data/group.ttl").rename(repository.root / "data/elsewhere.ttl")

    assert "0 new, 0 resolved" in repository.check("--since", "HEAD").stderr


def test_a_finding_far_from_the_change_is_new(repository: Repository) -> None:
    member = "body:ryhma a kyt:ParticipantGroup ; kyt:hasGroupMember body:foorumi ;"
    names = 'skos:prefLabel "Ryhmä"@fi , "Grupp"@sv , "Group"@en .'
    repository.write("data/group.ttl", f"{member} {names}")
    repository.commit()
    repository.write("data/forum.ttl", FORUM.replace("a kyt:Forum ;", ""))

    result = repository.check("--since", "HEAD")

    assert result.exit_code == 1
    assert "data/group.ttl:5" in result.stdout


def test_a_shape_that_changed_is_checked_in_full(repository: Repository) -> None:
    shutil.copytree(ROOT / "ontology", repository.root / "ontology")
    repository.commit()
    shapes = repository.root / "ontology" / "shapes.ttl"
    text = shapes.read_text(encoding="utf-8")
    shapes.write_text(text.replace("sh:maxLength 120 ;", "sh:maxLength 3 ;"), encoding="utf-8")

    result = repository.check("--since", "HEAD", "--fail-on", "warning")

    assert result.exit_code == 1
    assert "OwnWords-prefLabelBrevity" in result.stdout


def test_a_check_that_changed_is_asked_again(repository: Repository) -> None:
    shutil.copytree(ROOT / "queries", repository.root / "queries")
    repository.commit()
    check = repository.root / "queries" / "checks" / "forums.rq"
    check.write_text(
        "#+ severity: violation\n#+ message-en: A forum.\n"
        "SELECT ?focus_node { ?focus_node a <https://w3id.org/kytkos/def#Forum> }\n"
    )

    result = repository.check("--since", "HEAD")

    assert result.exit_code == 1
    assert "A forum. [forums]" in result.stdout
    repository.commit()
    check.unlink()
    assert "1 resolved" in repository.check("--since", "HEAD").stderr


def test_before_the_first_commit_all_is_new(tmp_path: Path) -> None:
    repository = Repository.__new__(Repository)
    repository.root = tmp_path
    repository.git("init", "--quiet")
    repository.write("data/group.ttl", NAMELESS)

    assert repository.check("--since", "HEAD").exit_code == 1
    assert repository.check("--since", "main").exit_code == 2


def test_a_revision_that_can_not_be_read_is_no_obstacle(repository: Repository) -> None:
    repository.write("data/group.ttl", "body:ryhma a ")
    repository.commit()
    repository.write("data/group.ttl", NAMELESS)

    result = repository.check("--since", "HEAD")

    assert result.exit_code == 1
    assert "HEAD:data/group.ttl:5:" in result.stderr
    assert "all findings are new" in result.stderr


def test_a_project_below_the_top_of_its_repository(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    repository = Repository(tmp_path)
    shutil.move(tmp_path / "data", below / "data")
    repository.commit()
    repository.root = below
    repository.write("data/group.ttl", NAMELESS)

    result = repository.check("--since", "HEAD")

    assert "data/group.ttl:6:1" in result.stdout


@pytest.mark.parametrize("name", ["nosuch", "--help", "HEAD~99", "", "a b", "HEAD:data"])
def test_a_revision_that_does_not_exist(repository: Repository, name: str) -> None:
    with pytest.raises(ProjectError, match="git knows no revision"):
        find_revision(repository.root, name)


def test_a_folder_without_git(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "forum.ttl").write_text(PREFIXES + FORUM)

    result = CliRunner().invoke(main, ["--project", str(tmp_path), "check", "--since", "HEAD"])

    assert result.exit_code == 2
    assert "is not in a git repository" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_machine_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository.root))

    result = repository.check("--since", "HEAD")

    assert result.exit_code == 2
    assert "there is no `git`" in result.stderr


# --- equal to two full checks -------------------------------------------------------------------


def key(finding: Finding) -> tuple[object, ...]:
    texts = tuple(sorted(finding.messages.items()))
    return (finding.severity, finding.shape, finding.focus_node, finding.path, finding.value, texts)


def full(project: Project) -> Counter[tuple[object, ...]]:
    report = checks.check(project.graph(), checks.ruleset(project.shapes(), project.checks()))
    return Counter(map(key, report.findings))


Edit = Callable[[Path], object]
EDITS: dict[str, Edit] = {
    "a party gone": lambda data: edit(data / "kanta-hame/parties.ttl", "kunta:061 a", "kunta:0x a"),
    "a role's name": lambda data: edit(
        data / "kanta-hame/2026-luonnos/plan.ttl", "role:main", "role:mian"
    ),
    "a file gone": lambda data: (data / "kanta-hame/bodies.ttl").unlink(),
    "a document's date": lambda data: edit(
        data / "kanta-hame/2026-luonnos/agreement.ttl", '"2026-04-13"^^xsd:date', '"13.4.2026"'
    ),
    "a section's number": lambda data: edit(
        data / "finland/statutes.ttl", "pykala/7> a", "pykala/777> a"
    ),
    "a subclass": lambda data: (data / "more.ttl").write_text(
        "<https://w3id.org/kytkos/def#Task> "
        "<http://www.w3.org/2000/01/rdf-schema#subClassOf> <https://w3id.org/kytkos/def#Party> ."
    ),
    "blank nodes": lambda data: (data / "more.ttl").write_text(
        PREFIXES + "body:kh-turva kyt:concerns [ a kyt:Nonsense ] , [ skos:altLabel 1 ] ."
    ),
}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("name", EDITS)
def test_since_is_the_difference_of_two_full_checks(tmp_path: Path, name: str) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    repository = Repository(tmp_path)
    project = Project(tmp_path)
    before = full(project)

    EDITS[name](tmp_path / "data")

    graph, shapes, queries = project.graph(), project.shapes(), project.checks()
    then = past(project, find_revision(tmp_path, "HEAD"), graph, shapes, queries)
    size = len(graph.store)
    found = changes.since(graph, shapes, queries, then)
    after = full(project)
    if name != "blank nodes":  # they have other names on each load
        assert Counter(map(key, found.new)) == after - before
        assert Counter(map(key, found.resolved)) == before - after
    assert len(found.new) == (after - before).total()
    assert after != before
    assert len(graph.store) == size
    assert repository.git("status", "--porcelain").stdout.count("\n") == 1


# --- as files are saved -------------------------------------------------------------------------


def saved(watched: Watch) -> Saved:
    found = watched.poll()
    assert found is not None
    return found


def shapes_of(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.shape.rpartition("#")[2] for finding in findings}


def test_a_save_tells_what_is_new_and_what_is_resolved(repository: Repository) -> None:
    watched = Watch(Project(repository.root), ())
    assert watched.poll() is None

    repository.write("data/group.ttl", NAMELESS)
    first = saved(watched)
    repository.write("data/group.ttl", NAMELESS + "# Nothing changed.\n")
    second = saved(watched)
    (repository.root / "data/group.ttl").unlink()
    third = saved(watched)

    assert "Named-prefLabelFi" in shapes_of(first.difference.new)
    assert first.files == ("data/group.ttl",)
    assert (second.difference.new, second.difference.resolved) == ((), ())
    assert shapes_of(third.difference.resolved) == shapes_of(first.difference.new)
    assert watched.findings == Watch(Project(repository.root), ()).findings


def test_a_syntax_error_is_told_and_the_watch_goes_on(repository: Repository) -> None:
    watched = Watch(Project(repository.root), ())
    before = watched.findings

    repository.write("data/forum.ttl", "body:foorumi a kyt:Forum ; ; ; skos:prefLabel ")
    broken = saved(watched)
    assert watched.poll() is None
    repository.write("data/forum.ttl", FORUM)
    mended = saved(watched)

    assert [str(error)[:17] for error in broken.errors] == ["data/forum.ttl:5:"]
    assert broken.difference.new == ()
    assert mended.errors == ()
    assert watched.findings == before


def test_files_and_folders_may_go_and_come_back(repository: Repository) -> None:
    path = repository.write("data/group.ttl", NAMELESS)
    watched = Watch(Project(repository.root), ())
    before = watched.findings
    content = path.read_bytes()

    path.unlink()
    assert saved(watched).difference.resolved
    assert not any(f.focus_node.endswith("ryhma") for f in watched.findings)
    path.write_bytes(content)
    assert saved(watched).difference.new
    assert watched.findings == before

    path.write_bytes(content[:-4])  # as an editor may leave it for a moment
    assert saved(watched).errors
    assert watched.findings == before

    folder, aside = repository.root / "data", repository.root / "aside"
    folder.rename(aside)
    saved(watched)
    assert not any(f.place and f.place.path.startswith("data/") for f in watched.findings)
    aside.rename(folder)
    path.write_bytes(content)
    saved(watched)
    assert watched.findings == before


def test_rules_that_are_saved_are_loaded_again(repository: Repository) -> None:
    shutil.copytree(ROOT / "ontology", repository.root / "ontology")
    watched = Watch(Project(repository.root), ())
    shapes = repository.root / "ontology" / "shapes.ttl"
    text = shapes.read_text(encoding="utf-8")

    shapes.write_text(text.replace("sh:maxLength 120 ;", "sh:maxLength 3 ;"), encoding="utf-8")
    stricter = saved(watched)
    shapes.write_text(text + "broken", encoding="utf-8")
    broken = saved(watched)
    shapes.write_text(text, encoding="utf-8")
    again = saved(watched)

    assert "OwnWords-prefLabelBrevity" in shapes_of(stricter.difference.new)
    assert len(broken.errors) == 1
    assert "OwnWords-prefLabelBrevity" in shapes_of(again.difference.resolved)


def test_saves_of_trig_files(repository: Repository) -> None:
    watched = Watch(Project(repository.root), ())

    path = repository.write("data/group.trig", NAMELESS)
    first = saved(watched)
    path.unlink()
    second = saved(watched)

    assert "Named-prefLabelFi" in shapes_of(first.difference.new)
    assert shapes_of(second.difference.resolved) == shapes_of(first.difference.new)


def test_watching_ends_with_ctrl_c(repository: Repository) -> None:
    command = [sys.executable, "-c", "from kytkos.cli import main; main()"]
    command += ["--project", str(repository.root), "--lang", "en", "check", "--watch"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    try:
        assert "watching" in running.stderr.readline()
        repository.write("data/group.ttl", NAMELESS)
        assert "data/group.ttl: " in running.stderr.readline()
        running.send_signal(2)
        out, err = running.communicate(timeout=20)
    finally:
        running.kill()

    assert running.returncode == 0
    assert "data/group.ttl:6:1" in out
    assert "Traceback" not in err


# --- as a git hook ------------------------------------------------------------------------------

MISSPELT = "\nbody:toinen a kyt:WorkingGrop .\n"


class Hooked(Repository):
    """A repository whose hook runs what `.pre-commit-hooks.yaml` says."""

    def __init__(self, top: Path, project: str = ".") -> None:
        self.root = top
        self.project = project
        self.git("init", "--quiet")
        hook = top / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        kytkos = f"{sys.executable} -m kytkos --lang en --project {project}"
        hook.write_text(f"#!/bin/sh\nexec {kytkos} {hook_arguments()}\n")
        hook.chmod(0o755)

    def try_to_commit(self, *arguments: str) -> tuple[bool, str]:
        """Commit; tell whether that was done, and what was said."""
        before = self.git("rev-parse", "HEAD", check=False).stdout
        ran = self.git("commit", "--message", "Say more", *arguments, check=False)
        after = self.git("rev-parse", "HEAD", check=False).stdout
        assert (ran.returncode == 0) == (before != after)
        assert "Traceback" not in ran.stderr
        return before != after, ran.stdout + ran.stderr


def hook_arguments() -> str:
    """Read what the hook of `.pre-commit-hooks.yaml` runs, after `kytkos`."""
    lines = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8").splitlines()
    (entry,) = [line.partition("entry: ")[2] for line in lines if "entry: " in line]
    assert entry.startswith("kytkos ")
    return entry.removeprefix("kytkos ")


@pytest.fixture(params=[".", "counties/one"])
def hooked(tmp_path: Path, request: pytest.FixtureRequest) -> Hooked:
    """Give a repository with a first commit, its project at the top or below."""
    hooked = Hooked(tmp_path, request.param)
    hooked.write(f"{hooked.project}/data/forum.ttl", FORUM)
    hooked.git("add", "--all")
    done, said = hooked.try_to_commit()
    assert done, said
    return hooked


def test_the_hook_stops_a_bad_first_commit(tmp_path: Path) -> None:
    hooked = Hooked(tmp_path)
    hooked.write("data/group.ttl", NAMELESS)
    hooked.git("add", "--all")
    done, said = hooked.try_to_commit()
    assert not done
    assert "data/group.ttl:6:1" in said


def test_the_hook_stops_a_bad_commit_and_names_the_line(hooked: Hooked) -> None:
    hooked.write(f"{hooked.project}/data/group.ttl", NAMELESS)
    hooked.git("add", "--all")
    done, said = hooked.try_to_commit()
    assert not done
    assert "data/group.ttl:6:1" in said

    good = FORUM.replace("foorumi", "ryhma").replace("Foorumi", "Ryhmä")
    hooked.write(f"{hooked.project}/data/group.ttl", good)
    assert not hooked.try_to_commit()[0]  # not staged
    hooked.git("add", "--all")
    assert hooked.try_to_commit()[0]


def test_the_hook_lets_pass_what_is_not_staged(hooked: Hooked) -> None:
    path = hooked.write(f"{hooked.project}/data/group.ttl", FORUM.replace("foorumi", "toinen"))
    hooked.git("add", "--all")
    staged = path.read_text(encoding="utf-8")
    path.write_text(staged + MISSPELT, encoding="utf-8")
    hooked.write(f"{hooked.project}/data/broken.ttl", "body:x a")  # not of the repository
    done, said = hooked.try_to_commit()
    assert done, said
    assert path.read_text(encoding="utf-8") == staged + MISSPELT


@pytest.mark.parametrize("how", [["--all"], ["--only", "FILE"]])
def test_the_hook_checks_the_index_of_this_very_commit(hooked: Hooked, how: list[str]) -> None:
    name = f"{hooked.project}/data/forum.ttl"
    hooked.write(name, FORUM + MISSPELT)
    done, said = hooked.try_to_commit(*[part.replace("FILE", name) for part in how])
    assert not done
    assert "undeclared-class" in said


def test_the_hook_has_nothing_against_other_files(hooked: Hooked) -> None:
    (hooked.root / "NOTES.md").write_text("Notes\n", encoding="utf-8")
    hooked.git("add", "--all")
    done, said = hooked.try_to_commit()
    assert done
    assert "0 new, 0 resolved; 0 things checked" in said


def test_the_hook_stops_a_file_that_can_not_be_read(hooked: Hooked) -> None:
    hooked.write(f"{hooked.project}/data/group.ttl", "body:x a")
    hooked.git("add", "--all")
    done, said = hooked.try_to_commit()
    assert not done
    assert "data/group.ttl:5:" in said


@pytest.mark.parametrize(
    "arguments", [["--watch", "--staged"], ["--watch", "--since", "HEAD"], ["--staged", "x.ttl"]]
)
def test_options_that_say_no_to_each_other(repository: Repository, arguments: list[str]) -> None:
    result = repository.check(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert arguments[0] in result.stderr


# --- as a workflow ------------------------------------------------------------------------------


def commands_of(example: str) -> list[str]:
    """Read the commands with `kytkos check` of a workflow among the examples."""
    text = (ROOT / "docs" / "examples" / example).read_text(encoding="utf-8")
    return re.findall(r"^ +(?:run: |- )(kytkos check.*)$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("example", "report"), [("github-actions.yml", "kytkos.sarif"), ("gitlab-ci.yml", "kytkos.xml")]
)
def test_a_workflow_stops_a_change_that_brings_a_violation(
    repository: Repository, tmp_path: Path, example: str, report: str
) -> None:
    commands = commands_of(example)
    assert len(commands) == 2
    summary = tmp_path / "summary.md"
    base = repository.git("rev-parse", "HEAD").stdout.strip()
    repository.git("update-ref", "refs/remotes/origin/main", base)
    program = tmp_path / "bin" / "kytkos"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m kytkos "$@"\n')
    program.chmod(0o755)
    variables = {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "SINCE": f"--since {base}",
        "GITHUB_STEP_SUMMARY": str(summary),
        "KYTKOS_LANG": "fi",
    }

    def run() -> list[int]:
        """Run each command as a runner does."""
        codes = []
        for command in commands:
            filled = command.replace("${{ github.base_ref }}", "main")
            ran = subprocess.run(
                ["sh", "-e", "-c", filled],
                cwd=repository.root,
                env=os.environ | variables,
                capture_output=True,
                text=True,
                check=False,
            )
            assert "Traceback" not in ran.stderr
            codes.append(ran.returncode)
        return codes

    assert run()[0] == 0
    repository.write("data/group.ttl", NAMELESS)
    repository.commit()
    assert run() == [1, 1]
    written = (repository.root / report).read_text(encoding="utf-8")
    assert "data/group.ttl" in written
    if report.endswith(".sarif"):
        assert json.loads(written)["version"] == "2.1.0"
        assert "data/group.ttl:6" in summary.read_text(encoding="utf-8")
    else:
        assert ElementTree.fromstring(written).find(".//testcase/failure") is not None
