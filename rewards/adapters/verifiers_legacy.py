"""verifiers' reward function before its ``v1``: ``async f(completions, states, **kwargs) -> list[float]``.

``vf.Rubric(funcs=[group_reward("matmul")])``. Needs nothing of verifiers. That Rubric calls every exception 0, so a
fault of ours is reported twice over: as ``state["error"]``, by which the trainer drops the rollout, and as NaN.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, MutableMapping
from typing import Any

from ...sandbox import InfraError, Task
from ..trl import text_of
from .shared import facts, reward_of, shared


def group_reward(task: str | Task = "matmul", **options: Any) -> Callable[..., Any]:
    """A group reward: its plural parameters tell the Rubric so. ``options`` are those of the scorer.

    Raises UnknownTaskError, UsageError.
    """
    scorer = shared(task, **options)

    async def assay_reward(completions: list[Any], states: list[MutableMapping[str, Any]], **given: Any) -> list[float]:
        graded = await asyncio.gather(*(scorer.agrade(text_of(c)) for c in completions), return_exceptions=True)
        rewards: list[float] = []
        for one, state in zip(graded, states, strict=True):
            try:
                if isinstance(one, BaseException):
                    raise one
                state["assay"] = {"status": str(one.verdict.status), **facts(one)}
                rewards.append(reward_of(one))
            except InfraError as error:
                state["error"] = error
                rewards.append(math.nan)
        return rewards

    assay_reward.__name__ = f"assay_{scorer.task.name}"
    return assay_reward
