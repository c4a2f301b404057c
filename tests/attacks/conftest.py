"""One replay of the shipped corpus, shared by all tests of this folder."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from assay.attacks.catalogue import SHIPPED, Corpus, load
from assay.attacks.replay import Replay, replay


def _bad(result):
    return result.status in ("gained", "refused") or result.proven is False


@pytest.fixture(scope="session")
def canaries_before() -> set[Path]:
    """Folders of canaries that others left: a killed replay cannot remove its own."""
    return set(Path(tempfile.gettempdir()).glob("assay-canary-*"))


@pytest.fixture(scope="session")
def shipped_replay(canaries_before) -> Replay:
    """What went wrong in it is replayed once more by itself: the noise of a busy host must not decide, a hole stays."""
    found = replay()
    bad = {result.id for result in found.results if _bad(result)}
    if not bad:
        return found
    shipped = load(SHIPPED)
    attacks, honest = ([entry for entry in kind if entry.id in bad] for kind in (shipped.attacks, shipped.honest))
    again = {result.id: result for result in replay(Corpus(tuple(attacks), tuple(honest), ())).results}
    return replace(found, results=tuple(again.get(result.id, result) for result in found.results))
