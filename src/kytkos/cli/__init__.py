"""The command line: reads, calls one function, prints or writes, sets the exit code.

A module a verb, or a family of verbs, imported when one of them is asked for.
"""

import atexit
import errno
import gc
import io
import os
import sys
from contextlib import suppress

from kytkos.cli.common import main, say

__all__ = ["main", "run"]


_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)  # a disk, or what one may write on it


def run() -> None:
    """Run the program, and leave without taking the graph apart: that takes a tenth of a check.

    The collector of cycles rests. What goes on for long or makes much wakes it.
    """
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a terminal can't show, and a name that is not UTF-8, is written as an escape.
            stream.reconfigure(errors="backslashreplace")
    try:
        main(prog_name="kytkos")
    except SystemExit as leaving:
        if leaving.code is not None and not isinstance(leaving.code, int):
            raise
        code = leaving.code or 0
    except OSError as error:
        if error.errno not in _FULL:
            raise
        say(f"error: can't write: {error.strerror}")
        code = 2
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:  # the other end of a pipe may be gone
            if error.errno in _FULL:
                with suppress(OSError):
                    say(f"error: can't write: {error.strerror}")
                code = 2
    atexit._run_exitfuncs()
    os._exit(code)
