"""What checks have found, kept for files that have not changed since.

A report is kept under a digest of all it was made from: the content of each file, the program and
what it runs on. A file that was changed, or a newer program, has another digest. Kept is what
fits: the newest reports, each with a digest of its own, so that a damaged one is none.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kytkos.report import Acceptance, Finding, Report
from kytkos.terms import Place, Prefixes, Term

_MOST_REPORTS, _MOST_BYTES = 32, 4_000_000
# What gives another answer each time, or asks another machine.
_FLEETING = re.compile(rb"\b(NOW|RAND|STRUUID|UUID)\s*\(|\bSERVICE\b")
_FLEETING_WORDS = (b"NOW", b"RAND", b"UUID", b"SERVICE")


def digest(files: Iterable[Path], root: Path, *how: str) -> str | None:
    """Make the digest of all that a report is made from, or None where it can't be kept.

    Args:
        files: what is read.
        root: the folder that the report shows paths relative to.
        how: what else it depends on.
    """
    base = f"{root}{os.sep}"

    def relative(path: Path) -> str:
        shown = str(path)
        return shown[len(base) :] if shown.startswith(base) else os.path.relpath(path, root)

    whole = hashlib.sha256(repr((_program(), how)).encode())
    try:
        for path in files:
            is_there = path.exists()
            if is_there and not path.is_file():
                return None  # a pipe, say: whoever opens it waits
            content = path.read_bytes() if is_there else b""
            if (path.suffix == ".rq" or b"sh:select" in content) and _is_fleeting(content):
                return None
            whole.update(f"{relative(path)}\0{is_there}\0{len(content)}\0".encode())
            whole.update(content)
    except (OSError, ValueError):
        return None
    return whole.hexdigest()


def _is_fleeting(query: bytes) -> bool:
    upper = query.upper()  # in which to look for a word is much faster than to look for a pattern
    return any(word in upper for word in _FLEETING_WORDS) and bool(_FLEETING.search(upper))


def recall(key: str) -> tuple[Report, Prefixes] | None:
    """Give the report of a digest, with the prefixes of its graph, where it is kept."""
    try:
        path = _folder() / key
        content = path.read_bytes()
        seal, _, text = content.partition(b"\n")
        if seal != _seal(text):
            return None
        with suppress(OSError):
            os.utime(path)  # used just now
        record = json.loads(text)
        findings, accepted = (tuple(map(_finding, record[n])) for n in ("findings", "accepted"))
        return Report(findings, record["checked"], accepted), Prefixes(record["prefixes"])
    except (OSError, ValueError, TypeError, KeyError, RuntimeError):
        return None


def keep(key: str, report: Report, prefixes: Prefixes) -> None:
    """Keep a report, and drop the oldest ones; where that can't be done, do nothing."""
    record = {
        "findings": report.findings,
        "accepted": report.accepted,
        "checked": report.checked,
        "prefixes": prefixes.namespaces,
    }
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > _MOST_BYTES:
        return
    try:
        folder = _folder()
        beside = folder / f".{key}.{os.getpid()}"
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(_seal(text) + b"\n" + text)
        beside.replace(folder / key)
        kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in kept[:-_MOST_REPORTS]:
            path.unlink(missing_ok=True)
    except (OSError, RuntimeError):
        return


def _folder() -> Path:
    """Give the folder for what can be made again, as the system has it.

    Raises:
        RuntimeError: whoever runs this has no home.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "kytkos" / "reports"


def _program() -> Any:
    """Tell which program this is: its files, and when packages were installed or removed."""
    here = Path(__file__).parent
    files = [
        (entry.name, about.st_mtime_ns, about.st_size)
        for folder in (here, here / "shacl")
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        if entry.name.endswith((".py", ".toml"))
        for about in [entry.stat()]
    ]
    spec = find_spec("pyoxigraph")
    packages = Path(spec.origin).parents[1].stat().st_mtime_ns if spec and spec.origin else 0
    return sys.version, packages, files


def _seal(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


def _finding(record: Sequence[Any]) -> Finding:
    found = Finding(*record)
    value, focus, source = (t and Term(*t) for t in (found.value, found.focus, found.source))
    acceptance = found.acceptance and Acceptance(*found.acceptance)
    if acceptance:
        acceptance = acceptance._replace(place=Place(*acceptance.place))
    return found._replace(
        value=value,
        focus=focus,
        source=source,
        place=found.place and Place(*found.place),
        acceptance=acceptance,
    )
