"""Completions that every adapter is asked about, and frameworks as their documentation describes them."""

import importlib
import sys
from types import ModuleType, SimpleNamespace

import pytest

from assay.rewards.adapters.shared import close_all

KERNEL = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"


@pytest.fixture(autouse=True, scope="session")
def _judges_end_with_the_tests():
    yield
    close_all(None)


@pytest.fixture(scope="session")
def texts():
    """Completions; with ``looks=()`` they earn 1.25, 0.25, -1 and 0."""
    return SimpleNamespace(
        good=f"Here:\n```python\n{KERNEL}```",
        wrong="```python\ndef matmul(A, B):\n    return [[0.5] * len(B[0]) for _ in A]\n```",
        cheat="```python\nimport os\n```",
        none="I would rather not.",
    )


@pytest.fixture
def documented(monkeypatch):
    """``documented(adapter, {module: names})``: the adapter, over its framework where that is installed, else over
    stand-ins that have the documented names and nothing else."""

    def load(adapter, stand_ins):
        try:
            importlib.import_module(next(reversed(stand_ins)))
        except ImportError:
            for name, names in stand_ins.items():
                module = ModuleType(name)
                vars(module).update(names)
                monkeypatch.setitem(sys.modules, name, module)
        full = f"assay.rewards.adapters.{adapter}"
        monkeypatch.delitem(sys.modules, full, raising=False)
        loaded = importlib.import_module(full)
        monkeypatch.delitem(sys.modules, full)
        return loaded

    return load
