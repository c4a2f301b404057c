"""One replay of the shipped corpus, shared by all tests of this folder."""

import tempfile
from pathlib import Path

import pytest

from assay.attacks.replay import replay
from assay.attacks.results import Replay


@pytest.fixture(scope="session")
def canaries_before() -> set[Path]:
    """Folders of canaries that others left: a killed replay cannot remove its own."""
    return set(Path(tempfile.gettempdir()).glob("assay-canary-*"))


@pytest.fixture(scope="session")
def shipped_replay(canaries_before) -> Replay:
    return replay()
