"""The accessibility statement says what the gates found, and no more."""

import json
import re
from pathlib import Path, PurePosixPath

import pytest

from kytkos import pages
from kytkos.graph import Graph
from kytkos.pages import Site
from kytkos.project import Project
from kytkos.report import Report
from kytkos.terms import LANGUAGES
from tests.browser.conftest import GATES, KINDS
from tests.conftest import ROOT, MakeProject

AGAIN = "to renew: KYTKOS_UPDATE=1 .venv/bin/pytest tests/browser/test_gates.py"


def statement(site: Site, lang: str) -> str:
    return site[PurePosixPath("" if lang == "fi" else lang, "saavutettavuus.html")].decode()


@pytest.fixture(scope="module")
def site(county: Project, county_graph: Graph) -> Site:
    return pages.build(county, county_graph, Report(()), progress=lambda _: None)


def test_what_was_found_is_of_the_gates_that_there_are() -> None:
    gates = re.findall(
        r"^def test_(\w+)", (ROOT / "tests/browser/test_gates.py").read_text("utf-8"), re.MULTILINE
    )
    held = json.loads(GATES.read_text(encoding="utf-8"))

    assert set(held["results"]) == set(gates), AGAIN
    assert set(held["kinds"]) <= set(KINDS), AGAIN


def test_every_gate_has_its_words_in_every_language() -> None:
    held = json.loads(GATES.read_text(encoding="utf-8"))
    for lang in LANGUAGES:
        texts = pages.read_texts(Path(pages.__file__).parent / "texts.toml", lang)

        assert {f"gate_{name}" for name in held["results"]} == {
            key for key in texts if key.startswith("gate_")
        }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_statement_has_what_the_law_asks_for(site: Site, lang: str) -> None:
    html = statement(site, lang)

    assert "306/2019" in html
    assert len(re.findall("<h2>", html)) == 5
    assert "Traficom" in html
    held = json.loads(GATES.read_text(encoding="utf-8"))
    assert html.count('<tr><th scope="row">') == len(held["results"])


def test_a_failure_is_a_deficiency(
    site: Site, county: Project, county_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = json.loads(GATES.read_text(encoding="utf-8"))
    held["results"]["axe_finds_nothing"]["failed"] = 2
    held["kinds"] = held["kinds"][1:]
    monkeypatch.setattr(pages, "read_gates", lambda: held)
    html = statement(pages.build(county, county_graph, Report(()), progress=lambda _: None), "en")

    assert "Deficiency: this was not met on all pages" in html
    assert "not met in 2 tests" in html
    assert "The tests found no deficiencies" not in html
    assert f"<code>{KINDS[0]}</code>" in html


def test_another_county_does_not_claim_that_its_own_site_was_tested(
    make_project: MakeProject,
) -> None:
    project = make_project("")
    (project.root / "site.toml").write_text('[title]\nfi = "Muu"\n', encoding="utf-8")
    site = pages.build(project, project.graph(), Report(()), progress=lambda _: None)

    assert "omaa sisältöä ei ole testattu" in statement(site, "fi")
    assert "ei ole antanut palauteosoitetta" in statement(site, "fi")
