"""The built-in checks and the reward they add up to.

Order of rewards: cheat (-1) < crash, timeout, no code (0) < wrong (0.25) < correct (0.75 to 4.25). Speed counts
only for a correct kernel and multiplies: a wrong kernel cannot be fast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..sandbox import Status, Task, Verdict
from .registry import Check, check

_SLOWEST, _FASTEST = -0.5, 3.0
"""Clip of log2(speedup): half the reward is left at 0.7 times the baseline's speed, 8 times earns the most."""

_RAN = frozenset({Status.CORRECT, Status.WRONG})


@check("no_cheating", when="always")
def no_cheating(verdict: Verdict) -> float:
    """-1 for a cheat, else 0."""
    return -1.0 if verdict.status is Status.CHEAT else 0.0


@check("works", weight=0.25, when="always")
def works(verdict: Verdict) -> float:
    """1 if every trial was answered in time, right or wrong, else 0."""
    return 1.0 if verdict.status in _RAN else 0.0


@check("correct", when="always")
def correct(verdict: Verdict) -> float:
    """1 if every output was within tolerance, else 0."""
    return 1.0 if verdict.status is Status.CORRECT else 0.0


@check("speed", multiplier=True)
def speed(verdict: Verdict, task: Task) -> float:
    """log2 of the lower bound of the speedup over the baseline, in steps of the dead band, within -0.5 and 3."""
    return speed_term(verdict.timing.low, task.dead_band) if verdict.timing else 0.0


def speed_term(ratio: float, dead_band: float) -> float:
    """Clipped log2 of a speedup, truncated to multiples of ``log2(1 + dead_band)``.

    GRPO divides by nothing when rewards are equal: jitter within the band must not become advantage.
    """
    step = math.log2(1 + dead_band)
    steps = math.trunc(math.log2(max(ratio, 1e-9)) / step)
    return min(_FASTEST, max(_SLOWEST, steps * step))


BUILTIN = ("no_cheating", "works", "correct", "speed")


def reward_of(
    verdict: Verdict, checks: Sequence[Check], arguments: Mapping[str, Any]
) -> tuple[float | None, dict[str, float]]:
    """``(reward, value of each check)``; the reward is None for a fault of ours and under ``--unsafe``.

    Additive checks add ``weight * value``; the share of those that only a correct candidate earns is scaled by
    ``1 + weight * value`` of each multiplier. Raises CheckError.
    """
    values = {c.name: c.value(verdict, arguments) for c in checks}
    if verdict.status is Status.INFRA or any(f.check == "unsafe" for f in verdict.findings):
        return None, values
    factor = math.prod(1 + c.weight * values[c.name] for c in checks if c.multiplier)
    total = 0.0
    for c in checks:
        if not c.multiplier:
            scaled = c.when == "correct" or c.name == "correct"
            total += c.weight * values[c.name] * (factor if scaled else 1.0)
    return total, values
