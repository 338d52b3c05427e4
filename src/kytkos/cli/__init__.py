"""The command line: reads, calls one function, prints or writes, sets the exit code.

A module a verb, or a family of verbs, imported when one of them is asked for.
"""

import atexit
import errno
import gc
import os
import sys
from contextlib import suppress

from kytkos.cli.common import main, say

__all__ = ["main", "run"]


def run() -> None:
    """Run the program, and leave without taking the graph apart: that takes a tenth of a check.

    The collector of cycles rests. What goes on for long or makes much wakes it.
    """
    gc.disable()
    try:
        main()
    except SystemExit as leaving:
        if leaving.code is not None and not isinstance(leaving.code, int):
            raise
        code = leaving.code or 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        say(f"error: can't write: {error.strerror}")
        code = 2
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # the other end of a pipe may be gone
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code)
