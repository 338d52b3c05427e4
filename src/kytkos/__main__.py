"""`python -m kytkos`: the same as `kytkos`."""

from kytkos.cli import run

run()
