"""The reward of the weak control: assay's own formula, fed with a verdict that nobody should believe."""

from __future__ import annotations

import math

from ..sandbox.verdict import Status


def naive_reward(status: Status, speedup: float) -> float:
    """Reward of a status and a point estimate of speed-up (baseline over candidate, dimensionless)."""
    fixed = {Status.CHEAT: -1.0, Status.WRONG: 0.25}
    if status is not Status.CORRECT:
        return fixed.get(status, 0.0)
    speed = min(max(math.log2(max(speedup, 1e-9)), -0.5), 3.0) / 3.0
    return 1.25 * (1.0 + speed)
