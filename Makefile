# Two commands: `make site` and `make test`. Nothing is installed outside .venv.

PYTHON ?= python3
# A file of tests stays in one process, so that a server is started once.
PYTEST_ARGS ?= -n 2 --dist loadfile

VENV := .venv
BIN := $(VENV)/bin
# A Python without ensurepip (Debian without python3-venv) lends its own pip.
PIP = $(shell test -x $(BIN)/pip && echo $(BIN)/python -m pip || echo $(PYTHON) -m pip --python $(BIN)/python)
INSTALL = $(PIP) install -qq

# Debian's packages; a browser without fonts shows nothing.
CHROMIUM := chromium fonts-dejavu-core

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help site test clean browser

help:
	@echo 'make site    check the data and write the maps to site/'
	@echo 'make test    run the linters, the type checker and the tests'
	@echo 'make clean   remove what the two made'
	@echo
	@echo 'PYTHON=python3.12 chooses another Python than python3 (3.11 or newer).'

site: $(VENV)/installed
	@$(BIN)/kytkos build --out site

test: $(VENV)/installed-dev browser
	@echo 'Linting'
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo 'To mend: $(BIN)/ruff format .' >&2; exit 1; }
	@echo 'Checking types'
	@$(BIN)/mypy
	@echo 'Checking which module imports which'
	@$(BIN)/lint-imports --no-logo
	@echo 'Testing'
	@$(BIN)/pytest $(PYTEST_ARGS)
	@command -v chromium >/dev/null || echo 'The tests in a browser were skipped: they need $(CHROMIUM)'

# A browser for the tests: Debian's, where it may be installed; else those tests are skipped.
browser:
	@command -v chromium >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  echo 'Installing Debian’s chromium for the tests' && \
	  apt-get update -qq </dev/null >/dev/null && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(CHROMIUM) \
	    </dev/null >/dev/null; \
	} || echo 'The tests in a browser need $(CHROMIUM): they are skipped' >&2

clean:
	@echo 'Removing .venv, site, dist and the caches'
	@rm -rf $(VENV) site dist build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'pass' 2>/dev/null || { \
	  echo 'error: there is no `$(PYTHON)`' >&2; \
	  echo 'hint: Install Python 3.11 or newer, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $$($(PYTHON) --version) is too old: Kytkös needs 3.11 or newer" >&2; \
	  echo 'hint: Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	@$(PYTHON) -c 'import venv' 2>/dev/null || { \
	  echo 'error: `$(PYTHON)` has no module venv' >&2; \
	  echo 'hint: Install it; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(PYTHON) -c 'import pip' 2>/dev/null || { \
	  echo 'error: `$(PYTHON)` has no pip' >&2; \
	  echo 'hint: Install it; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@echo 'Making a virtual environment in $(VENV)'
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	  $(PYTHON) -m venv --clear $(VENV); else $(PYTHON) -m venv --clear --without-pip $(VENV); fi

$(VENV)/installed: requirements.txt pyproject.toml | $(VENV)/pyvenv.cfg
	@echo 'Installing Kytkös and what it runs on'
	@$(INSTALL) -r requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@# So that a command starts as fast where Python may not write bytecode.
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo 'Installing the tests and the linters'
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
