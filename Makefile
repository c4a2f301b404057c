# make venv   the environment alone     make train     train the embedded model
# make test   run the tests             make test-all  and those that take longer: Ray, the wheel, endurance
# make check  lint, types, tests        make attack-full  the catalogue and 20 mutants of each entry
.PHONY: venv train test test-all check attack-full clean
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

# Three at a time, since many wait; then those that compare times, each on a core of its own; then, by themselves, those
# that use every core or count what is left behind. Each process loads every test, so what it compiled is kept, also where
# the environment says otherwise.
test: export PYTHONDONTWRITEBYTECODE =
test: venv
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal -m "not slow and not alone"
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "timed and not slow" tests/attacks tests/rewards tests/sandbox
	$(BIN)/python -m pytest -m "alone and not timed and not slow" tests/attacks

test-all: venv
	$(BIN)/python -m pytest -m ""

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(MAKE) test

attack-full: venv
	$(BIN)/assay attack --mutate 20

clean:
	rm -rf $(VENV) build dist *.egg-info runs
