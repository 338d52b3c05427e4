"""`python -m kytkos`: the same as `kytkos`."""

from kytkos.cli import main

main(prog_name="kytkos")
