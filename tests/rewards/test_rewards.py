"""Checks, their registry, and the reward they add up to."""

import itertools

import pytest

from assay.rewards import BUILTIN, Check, CheckError, UnknownTaskError, check, find_check, find_task
from assay.rewards.checks import reward_of, speed_term
from assay.sandbox import Finding, Status, Timing, Verdict


def verdict_of(status, ratio=1.0):
    timing = Timing(8, 0, ratio, ratio, ratio, 0.93, 1, 1, 1, 1) if status is Status.CORRECT else None
    return Verdict(status, "matmul", "", timing=timing)


def reward(verdict, *more):
    arguments = {"verdict": verdict, "task": find_task("matmul"), "candidate": "x = 1", "completion": "", "prompt": ""}
    return reward_of(verdict, [find_check(which) for which in (*BUILTIN, *more)], arguments)[0]


def test_rewards_are_ordered_cheat_below_crash_below_wrong_below_correct():
    slowest = reward(verdict_of(Status.CORRECT, 0.01))
    ordered = [reward(verdict_of(s)) for s in (Status.CHEAT, Status.CRASH, Status.WRONG)] + [slowest]
    assert ordered == sorted(set(ordered))
    assert reward(verdict_of(Status.TIMEOUT)) == reward(verdict_of(Status.NO_CODE)) == reward(verdict_of(Status.CRASH))


def test_a_faster_correct_kernel_earns_more_up_to_the_clip():
    rewards = [reward(verdict_of(Status.CORRECT, ratio)) for ratio in (0.8, 1.0, 1.5, 2.0, 4.0, 8.0)]
    assert rewards == sorted(set(rewards))
    assert reward(verdict_of(Status.CORRECT, 1e9)) == reward(verdict_of(Status.CORRECT, 9.0))


def test_differences_within_the_dead_band_earn_nothing():
    assert {speed_term(ratio, 0.03) for ratio in (0.98, 0.99, 1.0, 1.01, 1.029)} == {0.0}


def test_a_fault_of_ours_is_no_reward_at_all():
    assert reward(verdict_of(Status.INFRA)) is None


def test_an_unsafe_verdict_is_no_reward_at_all():
    finding = Finding("unsafe", False, "jail", "")
    assert reward(Verdict(Status.CORRECT, "matmul", "", findings=(finding,))) is None


def test_a_custom_check_gets_its_arguments_by_name():
    @check("t-length", weight=0.5)
    def length(candidate, verdict, prompt="none"):
        return float(len(candidate))

    assert reward(verdict_of(Status.CORRECT), "t-length") == reward(verdict_of(Status.CORRECT)) + 2.5


def test_a_bonus_is_not_paid_for_an_unsolved_task():
    bonus = Check("t-bonus", lambda candidate: 1.0)
    assert reward(verdict_of(Status.WRONG), bonus) == reward(verdict_of(Status.WRONG))


def test_a_check_that_always_counts_counts_always():
    penalty = Check("t-penalty", lambda candidate: -1.0, when="always")
    assert reward(verdict_of(Status.WRONG), penalty) == reward(verdict_of(Status.WRONG)) - 1.0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda verdict: None, "finite number"),
        (lambda verdict: float("nan"), "finite number"),
        (lambda verdict: 1 / 0, "ZeroDivisionError"),
        (lambda nobody: 1.0, "asks for nobody"),
    ],
)
def test_a_faulty_check_is_one_sentence_that_names_it(function, message):
    with pytest.raises(CheckError, match="t-faulty") as caught:
        reward(verdict_of(Status.CORRECT), Check("t-faulty", function))
    assert message in str(caught.value)


def test_a_coroutine_is_refused_as_a_check():
    with pytest.raises(CheckError, match="plain function"):

        @check("t-coroutine")
        async def coroutine(verdict):
            return 1.0


def test_two_functions_cannot_hold_one_name():
    check("t-twice")(lambda verdict: 1.0)
    with pytest.raises(CheckError, match="already"):

        @check("t-twice")
        def other(verdict):
            return 2.0


def test_a_check_is_found_by_dotted_path():
    assert find_check("assay.rewards.checks:works").name == "works"


@pytest.mark.parametrize("name", ["nothing", "no.module:x", "assay.rewards.checks:nothing", ":", "a:b:c"])
def test_an_unknown_check_or_task_is_one_sentence(name):
    with pytest.raises(CheckError, match=name.split(":")[0] or ":"):
        find_check(name)
    with pytest.raises(UnknownTaskError, match=name.split(":")[0] or ":"):
        find_task(name)


def test_every_status_has_a_reward_or_none():
    for status, ratio in itertools.product(Status, (0.5, 2.0)):
        assert (reward(verdict_of(status, ratio)) is None) == (status is Status.INFRA)
