"""The reward of the weak control: assay's own formula, fed with a verdict that nobody should believe."""

from __future__ import annotations

from ..rewards import BUILTIN, find_check, find_task
from ..rewards.checks import reward_of
from ..sandbox.verdict import Status, Timing, Verdict


def claimed_timing(status: Status, speedup: float) -> Timing | None:
    """The point estimate as a timing without an interval; None for a status that has no speed."""
    return Timing(1, 0, speedup, speedup, speedup, 0.0, 0, 0, 0, 0) if status is Status.CORRECT else None


def naive_reward(status: Status, speedup: float) -> float:
    """Reward of a status and a point estimate of speed-up (baseline over candidate, dimensionless)."""
    task = find_task("matmul")
    verdict = Verdict(status, task.name, "", timing=claimed_timing(status, speedup))
    arguments = {"verdict": verdict, "task": task}
    reward, _ = reward_of(verdict, [find_check(name) for name in BUILTIN], arguments)
    assert reward is not None, "the built-in checks reward every status but infra"
    return reward
