"""The scripts of benchmarks/ as modules, each with its folder on the path as when it is run."""

import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """``script(name)``: the module of benchmarks/name.py, which nothing keeps after the test."""
    if not FOLDER.is_dir():
        pytest.skip("benchmarks/ is not beside these tests")
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)

    def load(name):
        specification = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module  # dataclasses look there
        specification.loader.exec_module(module)
        return module

    yield load
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == FOLDER:
            del sys.modules[name]
