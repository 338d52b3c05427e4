"""The PDF of the whole."""

import io
from pathlib import Path
from typing import Any

import pypdf
import pytest

from kytkos import pdf
from kytkos.errors import ProjectError
from tests.browser.conftest import CHROMIUM
from tests.conftest import skip_without

pytestmark = pytest.mark.browser

PAGE = (
    '<!DOCTYPE html><html lang="sv"><title>T</title><main><h1>Rubrik</h1><p>Text</p>'
    "<table><tr><th>a<td>b</table></main></html>"
)


@pytest.fixture(scope="module")
def made() -> bytes:
    if not CHROMIUM.exists():
        skip_without(f"{CHROMIUM} (apt install chromium)")
    return pdf.printed(PAGE, str(CHROMIUM))


def test_it_is_tagged_and_says_its_language_and_title(made: bytes) -> None:
    read = pypdf.PdfReader(io.BytesIO(made))
    root: Any = read.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "sv"
    assert read.metadata is not None
    assert read.metadata.title == "T"
    assert "Rubrik" in read.pages[0].extract_text()
    assert [round(float(side)) for side in read.pages[0].mediabox[2:]] in ([595, 842], [612, 792])


def test_the_same_page_gives_the_same_bytes(made: bytes) -> None:
    assert pdf.printed(PAGE, str(CHROMIUM)) == made


def test_without_a_browser_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ProjectError, match="no Chromium") as caught:
        pdf.find_browser()
    assert "apt install chromium" in str(caught.value)


def test_a_browser_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="made no PDF"):
        pdf.printed(PAGE, str(tmp_path / "nothing"))
