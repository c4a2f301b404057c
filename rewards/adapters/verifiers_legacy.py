"""verifiers' reward function before 0.4, beside ``v1``: ``async f(completion, state, **kwargs) -> float``.

``vf.Rubric(funcs=[rubric_reward("matmul")])``. Needs nothing of verifiers. That Rubric calls every exception 0, so a
fault of ours is reported twice over: as ``state["error"]``, as verifiers reports its own, and as NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping
from typing import Any

from ...sandbox import Task
from ..trl import text_of
from .shared import facts, reward_of, shared


def rubric_reward(task: str | Task = "matmul", **options: Any) -> Callable[..., Any]:
    """A reward for one completion; a Rubric asks for those of a group at once. ``options`` are those of the scorer.

    Raises UnknownTaskError, UsageError.
    """
    scorer = shared(task, **options)

    async def assay_reward(completion: Any, state: MutableMapping[str, Any], **given: Any) -> float:
        try:
            graded = await scorer.agrade(text_of(completion))
            state["assay"] = {"status": str(graded.verdict.status), **facts(graded)}
            return reward_of(graded)
        except Exception as error:  # raised on, it would become 0
            state["error"] = error
            return math.nan

    assay_reward.__name__ = f"assay_{scorer.task.name}"
    return assay_reward
