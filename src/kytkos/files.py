"""Write a file, or a folder of files, whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from kytkos.errors import OutputError
from kytkos.terms import Place


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, then put it there.

    Raises:
        OutputError: the target can't be written; what stood there still stands.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            beside.chmod(0o666 & ~_umask())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from error


def write_folder(path: Path, files: Mapping[PurePosixPath, bytes], marker: str) -> None:
    """Write a folder beside its place, then put it there; the old one goes last.

    Only files whose bytes change are written: the others are those of the old folder, with
    their dates. Where nothing changes, nothing is touched.

    Args:
        path: the folder to make or replace.
        files: content by path inside the folder; `marker` is among them.
        marker: the name of a file that tells our folder from anybody else's.

    Raises:
        OutputError: the target can't be written, or is a folder of somebody else's; what
            stood there still stands.
    """
    if path.name in ("", ".."):
        path = path.resolve()
    if not path.name:
        raise OutputError("this is the whole disk", hint="Name a folder.", place=Place(str(path)))
    old = path.with_name(f".{path.name}.old")
    try:
        if old.is_dir() and not path.exists():
            old.rename(path)
        if path.exists() and not path.is_dir():
            raise OutputError("there is a file of that name", place=Place(str(path)))
        if path.is_dir() and any(path.iterdir()) and not (path / marker).is_file():
            hint = "Name an empty or a new folder."
            raise OutputError(
                "the folder has files that are not ours, so it is not replaced",
                hint=hint,
                place=Place(str(path)),
            )
        if path.is_dir() and _is_same(path, files):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.new."))
        try:
            beside.chmod(0o777 & ~_umask())
            for inner, content in files.items():
                target = beside / inner
                target.parent.mkdir(parents=True, exist_ok=True)
                if not _linked(path / inner, target, content):
                    target.write_bytes(content)
            shutil.rmtree(old, ignore_errors=True)
            if path.exists():
                path.rename(old)
            beside.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        if old.is_dir() and not path.exists():
            old.rename(path)
        raise _cannot_write(path, error) from error


def _is_same(path: Path, files: Mapping[PurePosixPath, bytes]) -> bool:
    found = [p for p in path.rglob("*") if not p.is_dir()]
    return len(found) == len(files) and all(
        _holds(path / inner, content) for inner, content in files.items()
    )


def _linked(old: Path, new: Path, content: bytes) -> bool:
    """Make a new name for an old file that holds the same, where the disk can do it."""
    if not _holds(old, content):
        return False
    try:
        os.link(old, new)
    except OSError:
        return False
    return True


def _holds(path: Path, content: bytes) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size != len(content):
            return False
        return path.read_bytes() == content
    except OSError:
        return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cannot_write(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(f"can't write: {reason}", place=Place(str(path)))
