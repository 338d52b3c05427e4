"""The printable whole as a tagged PDF, where Chromium is installed."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from kytkos.errors import ProjectError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_S = 120

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
)
_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]*\)")


def find_browser() -> str:
    """Find Chromium.

    Raises:
        ProjectError: it is not installed.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    hint = "Install it, on Debian and Ubuntu: apt install chromium. Or build without --pdf."
    raise ProjectError("there is no Chromium to make a PDF with", hint=hint)


def printed(html: str, browser: str) -> bytes:
    """Print a self-contained page, on A4.

    The PDF tells no time of day, so that the same page gives the same bytes.

    Raises:
        ProjectError: the browser could not do it.
    """
    with tempfile.TemporaryDirectory(prefix="kytkos-") as folder:
        page, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(html, encoding="utf-8")
        # As root, Chromium runs without its sandbox or not at all; the page is our own.
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        profile = f"--user-data-dir={folder}/profile"
        asked = [browser, *_FLAGS, *root, profile, f"--print-to-pdf={target}", page.as_uri()]
        try:
            subprocess.run(asked, check=True, capture_output=True, timeout=TIMEOUT_S)
            content = target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise ProjectError(f"`{browser}` made no PDF: {error}") from error
    return _DATE.sub(lambda found: _timeless(found[0]), content)


def _timeless(date: bytes) -> bytes:
    """Put zeros for the digits: what comes after stays where it is."""
    name, paren, value = date.partition(b"D:")
    return name + paren + re.sub(rb"\d", b"0", value).replace(b"00000000", b"20000101", 1)
