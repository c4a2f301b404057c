"""Fuzzing in small: fixed seeds, so that a commit fails for what it changed. The long run is benchmarks/fuzz.py."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _no_warnings():
    """Hostile sources warn of much when they are compiled."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
