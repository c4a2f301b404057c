"""One replay of the shipped corpus, shared by all tests of this folder."""

import pytest

from assay.attacks.replay import Replay, replay


@pytest.fixture(scope="session")
def shipped_replay() -> Replay:
    return replay()
