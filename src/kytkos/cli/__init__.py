"""The command line: reads, calls one function, prints or writes, sets the exit code.

A module a verb, or a family of verbs; each adds its own to the program when it is imported.
"""

import atexit
import os
import sys
from contextlib import suppress

from kytkos.cli import build, calendar, check, diff, exchange, new, query, show, sources
from kytkos.cli.common import main

__all__ = [
    "build",
    "calendar",
    "check",
    "diff",
    "exchange",
    "main",
    "new",
    "query",
    "run",
    "show",
    "sources",
]


def run() -> None:
    """Run the program, and leave without taking the graph apart: that takes a tenth of a check."""
    try:
        main()
    except SystemExit as leaving:
        if leaving.code is not None and not isinstance(leaving.code, int):
            raise
        with suppress(BrokenPipeError):
            sys.stdout.flush()
        with suppress(BrokenPipeError):
            sys.stderr.flush()
        atexit._run_exitfuncs()
        os._exit(leaving.code or 0)
