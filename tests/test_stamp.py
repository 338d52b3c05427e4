import json
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner, Result

from kytkos import stamp
from kytkos.cli import main
from kytkos.cli.common import Progress
from kytkos.files import write_folder
from kytkos.project import Project
from kytkos.stamp import MANIFEST
from tests.conftest import MakeProject

BODY = 'body:a a kyt:Forum ;\n    skos:prefLabel "A"@fi , "A"@sv , "A"@en .\n'


def build(project: Project, *more: str) -> Result:
    out = str(project.root / "site")
    result = CliRunner().invoke(
        main, ["--project", str(project.root), "build", "--out", out, *more]
    )
    assert result.exit_code == 0, result.output
    return result


def inodes(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_ino for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def built(make_project: MakeProject) -> Project:
    project = make_project(BODY)
    build(project)
    return project


def test_where_nothing_changed_nothing_is_done(built: Project) -> None:
    before = inodes(built.root / "site")

    assert "nothing changed" in build(built).output
    assert inodes(built.root / "site") == before


def test_only_files_whose_bytes_change_are_written(built: Project) -> None:
    before = inodes(built.root / "site")
    data = built.data / "things.ttl"
    data.write_text(data.read_text(encoding="utf-8").replace('"A"@sv', '"Aa"@sv'), encoding="utf-8")

    assert "nothing changed" not in build(built).output
    after = inodes(built.root / "site")
    changed = {path for path in before if after[path] != before[path]}
    assert "sv/toimielin/a.html" in changed
    assert not changed & {"static/site.css", "kokoukset.html", "lahteet.html", "sv/lahteet.html"}


@pytest.mark.parametrize("what", ["edit", "delete", "add"])
def test_a_site_that_somebody_touched_is_made_again(built: Project, what: str) -> None:
    page = built.root / "site" / "index.html"
    whole = page.read_bytes()
    if what == "edit":
        page.write_bytes(whole.replace(b"html", b"htlm", 1))
    elif what == "delete":
        page.unlink()
    else:
        (built.root / "site" / "stray.html").write_text("x")

    assert "nothing changed" not in build(built).output
    assert page.read_bytes() == whole
    assert not (built.root / "site" / "stray.html").exists()


def test_another_option_setting_or_rule_makes_it_again(built: Project) -> None:
    assert "nothing changed" not in build(built, "--force").output
    (built.root / "site.toml").write_text('title = "T"\n', encoding="utf-8")
    assert "nothing changed" not in build(built, "--force").output
    (built.root / "accepted-findings.toml").write_text("", encoding="utf-8")
    assert "nothing changed" not in build(built, "--force").output
    assert "nothing changed" in build(built, "--force").output


@pytest.mark.parametrize("held", ["", "[]", "{}", '{"inputs": 3}', "\udcff"])
def test_a_stamp_that_can_not_be_read_is_none(tmp_path: Path, held: str) -> None:
    (tmp_path / MANIFEST).write_bytes(held.encode(errors="surrogateescape"))

    assert not stamp.is_current(tmp_path, "x")
    assert not stamp.is_current(tmp_path / "nowhere", "x")


def test_the_stamp_is_of_all_files_but_its_own() -> None:
    files = {PurePosixPath("a"): b"1", PurePosixPath("b/c"): b"2"}

    assert stamp.of_site(files) == stamp.of_site(files | {PurePosixPath(MANIFEST): b"{}"})
    assert stamp.of_site(files) != stamp.of_site(files | {PurePosixPath("a"): b"2"})
    assert stamp.of_site(files) != stamp.of_site({PurePosixPath("a"): b"1"})


def test_a_disk_without_second_names_gets_the_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    files = {PurePosixPath("a"): b"1", PurePosixPath(MANIFEST): b"{}"}
    write_folder(tmp_path / "site", files, MANIFEST)
    monkeypatch.setattr("os.link", refuse)
    write_folder(tmp_path / "site", files | {PurePosixPath("b"): b"2"}, MANIFEST)

    assert (tmp_path / "site" / "a").read_bytes() == b"1"
    assert json.loads((tmp_path / "site" / MANIFEST).read_text()) == {}


def test_a_terminal_gets_a_bar_and_others_get_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for is_terminal in (True, False):
        monkeypatch.setattr("sys.stderr.isatty", lambda told=is_terminal: told)
        progress = Progress()
        progress.step(0.5)
        progress.say("Pages: fi")
        progress.end()
        said = capsys.readouterr().err

        assert ("\r" in said, " 50% Pages: fi" in said) == (is_terminal, is_terminal)
        assert said.endswith("\r\x1b[K" if is_terminal else "Pages: fi\n")
