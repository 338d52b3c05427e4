"""Read the text of a source document: plain text, PDF or Word, all into one string.

PDF needs pypdf and Word needs python-docx: `pip install "kytkos[documents]"`.
"""

import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from kytkos.errors import SourceError
from kytkos.terms import Place

_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path) -> str:
    """Read a document: by its name, or where that tells nothing, by its first bytes.

    Raises:
        SourceError: the file is not there, is damaged, is plain text in another encoding
            than UTF-8, has no text, or needs a library that is not installed.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        hint = "Name the folder of the documents with --sources DIR."
        raise SourceError("there is no such file", hint=hint, place=Place(str(path))) from error
    except OSError as error:
        raise SourceError(f"can't read: {error.strerror}", place=Place(str(path))) from error
    suffix = path.suffix.lower()
    if suffix == ".pdf" or content.startswith(b"%PDF-"):
        text = _read_pdf(path)
    elif suffix == ".docx" or content.startswith(b"PK\x03\x04"):
        text = _read_word(path)
    else:
        text = _decoded(content, path)
    if not text.strip():
        hint = "A scanned document has to go through character recognition first."
        raise SourceError("the document has no text", hint=hint, place=Place(str(path)))
    return text


def _decoded(content: bytes, path: Path) -> str:
    hint = "Save it in UTF-8."
    if content.startswith(_BYTE_ORDER_MARKS):
        raise SourceError("the file is in UTF-16, not UTF-8", hint=hint, place=Place(str(path)))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        place = Place(str(path), line)
        raise SourceError("the file is not in UTF-8", hint=hint, place=place) from error


def _read_pdf(path: Path) -> str:
    pypdf = _library("pypdf", path)
    # What it says of a damaged file on its way to giving up is in its error too.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        return "\n\f".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    except Exception as error:  # pypdf lets several kinds through on a damaged file
        raise SourceError(f"can't read the PDF: {error}", place=Place(str(path))) from error


def _read_word(path: Path) -> str:
    docx = _library("docx", path)
    try:
        return "\n".join(_word_blocks(docx.Document(str(path))))
    except Exception as error:  # zipfile, lxml and python-docx each raise their own
        message = f"can't read the Word document: {error}"
        raise SourceError(message, place=Place(str(path))) from error


def _word_blocks(container: Any) -> Iterator[str]:
    """Give the paragraphs and the table cells of a document in reading order."""
    for block in container.iter_inner_content():
        if not hasattr(block, "rows"):
            yield block.text
            continue
        seen: set[Any] = set()
        for row in block.rows:
            for cell in row.cells:
                # A merged cell is given once for each cell it covers.
                if cell._tc not in seen:
                    seen.add(cell._tc)
                    yield from _word_blocks(cell)


def _library(name: str, path: Path) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        kind, package = ("PDF", "pypdf") if name == "pypdf" else ("Word", "python-docx")
        message = f"{kind} is read with {package}, which is not installed"
        hint = 'pip install "kytkos[documents]"'
        raise SourceError(message, hint=hint, place=Place(str(path))) from error
