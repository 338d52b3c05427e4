import re
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner, Result

from kytkos import pages
from kytkos.cli import main
from kytkos.project import Project
from kytkos.report import Report
from kytkos.settings import read_settings
from kytkos.terms import LANGUAGES
from tests.test_pages import dead_links


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "county"
    assert run("new", str(folder)).exit_code == 0
    return folder


def test_a_new_project_passes_the_check_without_a_warning(made: Path) -> None:
    checked = run("--project", str(made), "--lang", "en", "check", "--fail-on", "warning")

    assert checked.exit_code == 0, checked.output


def test_every_place_of_the_example_stands_in_its_document(made: Path) -> None:
    verified = run("--project", str(made), "sources", "verify", "--sources", str(made / "lahteet"))

    assert verified.exit_code == 0, verified.output
    assert not re.search(r"\b(lost|moved)\b", verified.output)


def test_a_new_project_builds_in_all_languages_and_says_that_it_is_an_example(made: Path) -> None:
    project = Project(made)
    site = pages.build(project, project.graph(), Report(()), progress=lambda _: None)

    assert not dead_links(site)
    for lang, example in zip(LANGUAGES, ("esimerkki", "exempel", "example"), strict=True):
        folder = "" if lang == "fi" else f"{lang}/"
        html = site[PurePosixPath(f"{folder}index.html")].decode()
        assert example in re.findall("<title>(.*?)</title>", html)[0]
        path = PurePosixPath(f"{folder}toimielin/esimaan-hyte-tyoryhma.html")
        assert f"({example})" in re.findall("<h1>(.*?)</h1>", site[path].decode())[0]
    # The statement names the site that was tested.
    told = {path for path in site if path.suffix == ".html" and b"Kanta-H" in site[path]}
    assert {path.name for path in told} == {"saavutettavuus.html"}


def test_every_name_of_the_example_is_in_three_languages(made: Path) -> None:
    for path in (made / "data" / "esimaa").glob("*.ttl"):
        for names in re.findall(r"skos:prefLabel (.*) [;.]\n", path.read_text(encoding="utf-8")):
            assert re.findall(r'"@(\w\w)', names) == list(LANGUAGES), path


def test_every_setting_that_is_shown_can_be_set(made: Path) -> None:
    path = made / "site.toml"
    shown = path.read_text(encoding="utf-8")
    set_all = re.sub(r"^# (?=\[|[a-z_]+ = )", "", shown, flags=re.MULTILINE)
    path.write_text(set_all, encoding="utf-8")
    try:
        settings = read_settings(path)
    finally:
        path.write_text(shown, encoding="utf-8")

    assert settings.contact == "kirjaamo@example.org"
    assert settings.colours == {"focus": "#00347a", "link": "#1f4f8b"}
    assert settings.said("sv")["subtitle"] == "Vem ansvarar för vad och på vilken grund"


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    refused = run("new", str(tmp_path))

    assert refused.exit_code == 2
    assert "hint: Name a new or an empty folder." in refused.output
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")

    assert run("new", str(tmp_path / "x")).exit_code == 2


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert run("new", str(tmp_path)).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        ".gitignore", "README.md", "data", "lahteet", "site.toml",
    }  # fmt: skip


def test_a_folder_with_a_repository_and_nothing_else_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")

    assert run("new", str(tmp_path)).exit_code == 0
    assert (tmp_path / "data").is_dir()
    assert (tmp_path / ".git" / "HEAD").exists()


def test_what_can_not_be_written_whole_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    for folder in (tmp_path, tmp_path / "county"):
        failed = run("new", str(folder))

        assert failed.exit_code == 2
        assert "No space left on device" in failed.output
        assert list(tmp_path.iterdir()) == []
