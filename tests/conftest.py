"""What several tests share: the county's own project, and small projects made for one test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from kytkos.graph import Graph
from kytkos.project import Project

ROOT = Path(__file__).parents[1]

# A slow moment of the machine is no fault of the program.
settings.register_profile("kytkos", deadline=None)
settings.load_profile("kytkos")

PREFIXES = """\
@prefix body: <https://w3id.org/kytkos/id/body/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix kyt: <https://w3id.org/kytkos/def#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def skip_without(what: str) -> NoReturn:
    """Skip a test for want of a program; where nothing may be missing, fail it."""
    if os.environ.get("KYTKOS_NOTHING_MISSING") == "1":
        pytest.fail(f"missing: {what}", pytrace=False)
    pytest.skip(f"missing: {what}")


MakeProject = Callable[[str], Project]


@pytest.fixture(scope="session")
def county() -> Project:
    """The project of this repository: Kanta-Häme."""
    return Project(ROOT)


@pytest.fixture(scope="session")
def county_graph(county: Project) -> Graph:
    """The graph of Kanta-Häme; not to be changed."""
    return county.graph()


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Make a project with one data file, after the prefixes above."""

    def make(turtle: str) -> Project:
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        (data / "things.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
        return Project(tmp_path)

    return make


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep no report in the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
