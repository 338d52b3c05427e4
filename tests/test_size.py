"""The written site: how large it is, and that what is left out of its pages is nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest

from kytkos import pages
from kytkos.graph import Graph
from kytkos.project import Project
from kytkos.report import Report

LARGEST_SITE = 6_000_000
LARGEST_PAGE = 150_000


@pytest.fixture(scope="module")
def built(county: Project, county_graph: Graph) -> pages.Site:
    return pages.build(county, county_graph, Report(()), progress=lambda _: None)


@pytest.fixture(scope="module")
def folder(built: pages.Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("size") / "site"
    pages.write(dict(built), out)
    return out


def test_the_site_of_a_county_is_small(folder: Path) -> None:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]

    assert len(sizes) > 400
    assert sum(sizes) < LARGEST_SITE


def test_no_page_is_large(folder: Path) -> None:
    sizes = {path: path.stat().st_size for path in folder.rglob("*.html")}

    assert len(sizes) > 300
    assert [path for path, size in sizes.items() if size >= LARGEST_PAGE] == []


def read(html: str) -> Iterator[object]:
    """Give what a browser makes of a page: elements with their attributes, and words."""
    parsed = html5lib.parse(html, namespaceHTMLElements=False)

    def within(element: Element) -> Iterator[object]:
        # A list in an attribute needs no space, and what spans one need not say so.
        said = {k: v.replace(" ", "") for k, v in element.attrib.items()}
        yield element.tag, sorted((k, v) for k, v in said.items() if (k[-4:], v) != ("span", "1"))
        yield from (element.text or "").split()
        for child in element:
            yield from within(child)
            yield from (child.tail or "").split()
        yield "end"

    return within(parsed)


def test_a_page_as_written_is_the_page_as_made(built: pages.Site, folder: Path) -> None:
    kinds = {re.sub(r"[^/]*$", "", str(path)): path for path in built if path.suffix == ".html"}
    front = [path for path in built if path.suffix == ".html" and len(path.parts) == 1]
    for path in {*kinds.values(), *front}:
        made, written = built[path].decode(), (folder / path).read_text("utf-8")

        assert len(written) < len(made)
        assert list(read(written)) == list(read(made)), path
