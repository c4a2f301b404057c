"""The reward of the weak control: assay's own formula, fed with a verdict that nobody should believe."""

from __future__ import annotations

from ..rewards import BUILTIN, find_check, find_task
from ..rewards.checks import reward_of
from ..sandbox.verdict import Status, Timing, Verdict


def naive_reward(status: Status, speedup: float) -> float:
    """Reward of a status and a point estimate of speed-up (baseline over candidate, dimensionless)."""
    task = find_task("matmul")
    timing = None
    if status is Status.CORRECT:
        timing = Timing(
            pairs=1,
            discarded=0,
            speedup=speedup,
            low=speedup,
            high=speedup,
            confidence=0.0,
            billed_ns=0,
            cpu_ns=0,
            wall_ns=0,
            baseline_ns=0,
        )
    verdict = Verdict(status, task.name, "", timing=timing)
    arguments = {"verdict": verdict, "task": task}
    reward, _ = reward_of(verdict, [find_check(name) for name in BUILTIN], arguments)
    assert reward is not None, "the built-in checks reward every status but infra"
    return reward
