"""The site in a real browser: Debian's chromium, driven by Playwright."""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kytkos import pages
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.report import Report
from kytkos.settings import read_settings
from kytkos.terms import LANGUAGES
from tests.conftest import ROOT, skip_without

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWS = pages.read_views(Path(pages.__file__).parent / "views.toml")
KINDS = [view.output for view in VIEWS if view.output.endswith(".html")]


GATES = Path(pages.__file__).parent / "gates.json"
_found: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"passed": 0, "failed": 0})
_browser: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Look at colours in one language: those of another are the same."""
    others = tuple(f" {lang}]" for lang in LANGUAGES[1:])
    again = [i for i in items if "test_contrast_" in i.name and i.name.endswith(others)]
    config.hook.pytest_deselected(items=again)
    items[:] = [item for item in items if item not in again]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what the gates find."""
    path, _, name = report.nodeid.partition("::")
    if path.endswith("test_gates.py") and report.when == "call" and not report.skipped:
        _found[name.partition("[")[0].removeprefix("test_")][report.outcome] += 1


def pytest_sessionfinish() -> None:
    """Write down for the accessibility statement what the gates found, where that is wanted."""
    if not (os.environ.get("KYTKOS_UPDATE") and _found):
        return
    titles = read_settings(ROOT / "site.toml").texts["title"]
    held = {
        "date": datetime.now(UTC).date().isoformat(),
        "browser": _browser[0],
        "site": titles,
        "kinds": KINDS,
        "results": _found,
    }
    GATES.write_text(json.dumps(held, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def folder(county: Project, county_graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site of Kanta-Häme."""
    out = tmp_path_factory.mktemp("browser") / "site"
    report = Report(())
    pages.write(pages.build(county, county_graph, report, progress=lambda _: None), out)
    return out


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        skip_without(f"{CHROMIUM} (apt install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        _browser.append(f"Chromium {browser.version}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page(browser: "Browser") -> "Iterator[Page]":
    """One page for all tests, that knows the gates."""
    page = browser.new_page()
    page.add_init_script(path=Path(__file__).with_name("gates.js"))
    yield page
    page.close()


def fullest(folder: Path, kind: str) -> str:
    """Give the page of a kind that has the most on it."""
    pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(kind)))
    found = [
        path
        for path in folder.rglob("*.html")
        if pattern.fullmatch(path.relative_to(folder).as_posix())
    ]
    assert found, f"the site has no {kind}"
    return (
        max(found, key=lambda path: (path.stat().st_size, path.name)).relative_to(folder).as_posix()
    )


def in_language(path: str, lang: str) -> str:
    return path if lang == "fi" else f"{lang}/{path}"
