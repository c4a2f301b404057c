"""When the scorer with many mistakes says that an attack moved its sibling's reward."""

from dataclasses import replace

import pytest

from assay.attacks.control import WeakControl
from assay.attacks.weak import WeakResult, WeakScore
from assay.sandbox import Status

from .shipped import CORPUS

KERNELS = {kernel.id: kernel for kernel in CORPUS.honest}
SIBLING, WRONG = KERNELS["sum-map-mul"], KERNELS["wrong-missing-last-term"]
ATTACK = next(attack for attack in CORPUS.attacks if attack.form == "single")


@pytest.fixture
def control():
    """``control(alone, beside)``: the sibling gets the rewards of ``alone``, one after another, where it is by itself,
    and those of ``beside`` after an attack that is wrong."""

    def make(alone, beside):
        made, alone, beside = WeakControl(SIBLING, WRONG), list(alone), list(beside)

        def score(codes):
            if codes == [WRONG.payload]:
                return WeakResult((WeakScore(Status.WRONG, 0.0, 0.25),), (), None, True)
            reward = alone.pop(0) if codes == [SIBLING.payload] else beside.pop(0)
            sibling = WeakScore(Status.CORRECT, 1.0, reward)
            wrong = WeakScore(Status.WRONG, 0.0, 0.25)
            return WeakResult((sibling,) if len(codes) == 1 else (wrong, sibling), (), None, True)

        made.score = score
        return made

    return make


ONCE = replace(ATTACK, gain="fake-correctness", payload="def matmul(A, B):\n    return [[1.0]]\n")


def test_a_sibling_that_moves_each_time_was_moved_by_the_attack(control):
    found = control([2.0, 2.0, 2.0], [0.0, 0.0]).run(ONCE, SIBLING)
    assert "moved its sibling's reward from 2.00 to 0.00" in (found.gain or "")


def test_a_sibling_that_moves_once_was_moved_by_the_host(control):
    assert control([2.0] * 5, [0.0, 2.0] + [2.0] * 2).run(ONCE, SIBLING).gain is None


def test_a_sibling_that_moves_by_itself_as_well_was_moved_by_the_host(control):
    # Its first readings were lost, or the host was faster then.
    assert control([0.0, 0.0] + [2.0] * 3, [2.0] * 6).run(ONCE, SIBLING).gain is None
    assert control([3.5, 3.5] + [2.0] * 3, [2.0] * 6).run(ONCE, SIBLING).gain is None
