"""The W3C's own checker on every page; where it is not at hand, html5lib does what it can."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kytkos import pages
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.report import Report

VNU = os.environ.get("KYTKOS_VNU", "")


def errors_of(folder: Path) -> str:
    command = ["java", "-Xss4m", "-jar", VNU, "--errors-only", "--skip-non-html", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.mark.skipif(
    not (VNU and shutil.which("java")),
    reason="needs Java, and KYTKOS_VNU naming vnu.jar (npm install vnu-jar)",
)
@pytest.mark.timeout(240)
def test_the_checker_of_the_w3c_finds_no_error(
    county: Project, county_graph: Graph, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    pages.write(pages.build(county, county_graph, Report(()), progress=lambda _: None), out)
    (tmp_path / "bad.html").write_text("<p><b></p>")

    assert "error" in errors_of(tmp_path / "bad.html")
    assert errors_of(out) == ""
