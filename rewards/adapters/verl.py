"""verl's reward function: ``compute_score(data_source, solution_str, ground_truth, extra_info=None, **kwargs)``.

``reward.custom_reward_function.path: pkg://assay.rewards.adapters.verl`` and a data set whose ``ground_truth`` names
the task. Needs nothing of verl. verl takes no missing reward: a fault of ours raises InfraError, which ends the run
(but for the reward manager ``rate_limited``, which calls every exception 0: do not use it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..scorer import Graded
from .shared import SharedScorer, facts, reward_of, shared

_FROM_VERL = ("reward_router_address", "reward_model_tokenizer")
"""What verl passes beside the sample where a reward model runs, too."""


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **given: Any
) -> dict[str, Any]:
    """``score`` and ``acc``, ``status``, ``cheat``, ``speedup`` of one sample; waits for the verdict.

    ``given`` holds ``reward_kwargs``: ``task``, which goes before ``ground_truth``, and options of the scorer.
    Raises InfraError, UnknownTaskError, UsageError.
    """
    return _score(_scorer(ground_truth, given).grade(solution_str, _columns(data_source, ground_truth, extra_info)))


async def compute_score_async(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **given: Any
) -> dict[str, Any]:
    """:func:`compute_score` that does not hold a thread: for ``custom_reward_function.name``, better with ``naive``,
    ``dapo`` and ``gdpo``; ``remote`` takes none."""
    scorer = _scorer(ground_truth, given)
    return _score(await scorer.agrade(solution_str, _columns(data_source, ground_truth, extra_info)))


def _scorer(ground_truth: str, given: Mapping[str, Any]) -> SharedScorer:
    options = {name: value for name, value in given.items() if name not in _FROM_VERL}
    return shared(options.pop("task", ground_truth), **options)


def _columns(data_source: str, ground_truth: str, extra_info: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"data_source": data_source, "ground_truth": ground_truth, "extra_info": extra_info or {}}


def _score(graded: Graded) -> dict[str, Any]:
    """The same keys for every sample: verl makes columns of them, and ``acc`` is what it validates by."""
    numbers = facts(graded)
    return {"score": reward_of(graded), "acc": numbers.pop("correct"), "status": str(graded.verdict.status), **numbers}
