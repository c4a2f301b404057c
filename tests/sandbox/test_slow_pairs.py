"""When a candidate that is slower than the limit is cut off, and when it is not."""

import os
from dataclasses import replace

import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Judge
from assay.sandbox.examine import Examiner, Outcome
from assay.sandbox.stats import Looks, Pair

TIMES = {"x": 11, ".": 8, "S": 100}


def examined(turns: str) -> tuple[int, bool]:
    """After how many pairs a candidate of these turns is cut off, and whether a second worker is to decide: "x" is 11
    times the baseline, "." 8 and "S" 100."""
    examiner, outcome, progress = Examiner(MATMUL, 1.0, b""), Outcome(), Looks((len(turns) + 1,), 0.03)
    for number, turn in enumerate(turns, 1):
        progress.add(Pair(1_000_000, TIMES[turn] * 1_000_000, 1.0))
        if examiner._too_slow(outcome, progress):
            assert outcome.status == "timeout"
            return number, outcome.suspect
    return 0, outcome.suspect


@pytest.mark.parametrize(("turns", "after"), [("xxxxxxxx", 5), (".xxxxxxx", 8), ("xxx.xxxx", 8)])
def test_who_is_beyond_the_limit_is_cut_off_as_soon_as_that_is_sure_and_a_second_worker_decides(turns, after):
    assert examined(turns) == (after, True)


def test_who_is_far_beyond_the_limit_is_cut_off_for_good():
    assert examined("SSSSSSSS") == (3, False)


@pytest.mark.parametrize(("turns", "after"), [(".S.S....", 4), ("S......S", 8), ("S.S.S.S.", 3)])
def test_who_is_slow_in_some_turns_only_is_cut_off_when_twice_the_limit_is_used_up(turns, after):
    assert examined(turns) == (after, False)


@pytest.mark.parametrize("turns", ["........", "S.......", ".......S", "xx.x....", "..xx.x.x", "xxxx.xx.", "x.x.x.xx"])
def test_a_kernel_near_the_limit_that_the_host_disturbs_in_some_turns_gets_its_speedup(turns):
    assert examined(turns) == (0, False)


THIRTY_TIMES = (
    MATMUL.baseline.replace("def matmul", "def once")
    + """
def matmul(A, B):
    return [once(A, B) for _ in range(30)][0]
"""
)


@pytest.mark.parametrize(("slowest", "status"), [(10, "timeout"), (1000, "correct")])
def test_a_task_says_how_much_slower_than_its_baseline_a_candidate_may_be(slowest, status):
    with Judge(replace(MATMUL, slowest=slowest)) as judge:
        assert judge.judge(THIRTY_TIMES, os.urandom(16), (5,)).status == status
