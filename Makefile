# make venv   the environment alone     make train     train the embedded model
# make test   run the tests             make test-all  and those that take longer: Ray, the wheel, endurance
# make check  lint, types, tests
.PHONY: venv train test test-all check clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

venv: $(VENV)/.installed

# torch first and by itself: every other package then finds it there, and none pulls another build.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "assay needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,dev]'
	touch $@

train: venv
	$(BIN)/assay train tiny

test: venv
	$(BIN)/python -m pytest

test-all: venv
	$(BIN)/python -m pytest -m ""

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/python -m pytest

clean:
	rm -rf $(VENV) build dist *.egg-info runs
