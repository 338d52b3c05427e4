"""The command line: reads, calls one function, prints or writes, sets the exit code.

A module a verb, or a family of verbs; each adds its own to the program when it is imported.
"""

from kytkos.cli import build, check, exchange, query, show, sources
from kytkos.cli.common import main

__all__ = ["build", "check", "exchange", "main", "query", "show", "sources"]
