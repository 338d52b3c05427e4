import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import PREFIXES, ROOT

BODY = 'body:a a kyt:Forum ;\n    skos:prefLabel "A-foorumi"@fi , "A-forum"@sv , "Forum A"@en .\n'


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site-packages")
    return folder / "site-packages"


def test_the_wheel_brings_ontology_queries_and_templates_along(unpacked: Path) -> None:
    for wanted in (
        "share/ontology/kytkos.ttl",
        "share/ontology/shapes.ttl",
        "share/queries/parties.rq",
        "share/queries/checks/business-id-check-digit.rq",
        "share/queries/pages/bodies.rq",
        "templates/base.html",
        "static/site.css",
        "starter/site.toml",
        "share/data/finland/statutes.ttl",
    ):
        assert (unpacked / "kytkos" / wanted).is_file(), wanted


def test_the_installed_program_works_in_a_folder_of_data_alone(
    unpacked: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.ttl").write_text(PREFIXES + BODY, encoding="utf-8")
    program = "from kytkos.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}

    built = subprocess.run(
        [sys.executable, "-c", program, "build", "--out", "maps"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert built.returncode == 0, built.stderr
    assert "A-foorumi" in (tmp_path / "maps" / "toimielin" / "a.html").read_text(encoding="utf-8")


def test_the_installed_program_makes_a_new_project(unpacked: Path, tmp_path: Path) -> None:
    program = "from kytkos.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    for verb in (["new", "county"], ["--project", "county", "check", "--fail-on", "warning"]):
        run = [sys.executable, "-c", program, *verb]
        done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, check=False)

        assert done.returncode == 0, done.stderr
