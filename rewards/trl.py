"""TRL's reward signature: ``f(prompts, completions, completion_ids, **columns) -> list[float | None]``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from ..sandbox import Status, Task
from .scorer import Graded, Grader, Scorer

_NOT_COLUMNS = ("trainer_state", "log_extra", "log_metric", "environments")


def text_of(completion: Any) -> str:
    """The text of a completion: a string, or the last message of a conversation."""
    if isinstance(completion, str):
        return completion
    content = completion[-1]["content"] if completion else ""
    if isinstance(content, list):  # multimodal parts
        content = "".join(part.get("text", "") for part in content)
    return content or ""


def _columns(given: dict[str, Any], size: int) -> dict[str, Any]:
    return {
        name: value
        for name, value in given.items()
        if name not in _NOT_COLUMNS and isinstance(value, Sequence) and len(value) == size
    }


def _log(graded: Sequence[Graded], given: dict[str, Any]) -> None:
    """Hand statuses and rates to TRL's own logging, where this version offers it."""
    statuses = [g.verdict.status for g in graded]
    if (log_extra := given.get("log_extra")) is not None:
        log_extra("assay_status", [str(status) for status in statuses])
    if (log_metric := given.get("log_metric")) is not None and statuses:
        counts = Counter(statuses)
        for status in Status:
            log_metric(f"assay/{status}", counts[status] / len(statuses))


def trl_reward(
    task: str | Task = "matmul",
    *,
    asynchronous: bool = True,
    on_batch: Callable[[Sequence[Graded], Any], None] | None = None,
    scorer: Grader | None = None,
    **options: Any,
) -> Callable[..., Any]:
    """A reward function for ``GRPOTrainer(reward_funcs=...)``, for plain and conversational datasets.

    Async by default (TRL gathers those), sync on request. ``on_batch(graded, trainer_state)`` sees every batch,
    e.g. to log it. The judges start at once and live as long as the process, or belong to ``scorer`` if one is
    given; other ``options`` are those of :class:`Scorer`. A fault of ours becomes ``None``, which TRL leaves out.
    """
    own: Grader = scorer or Scorer(task, **options)

    def finish(graded: list[Graded], given: dict[str, Any]) -> list[float | None]:
        if on_batch is not None:
            on_batch(graded, given.get("trainer_state"))
        _log(graded, given)
        return [g.reward for g in graded]

    def arguments(prompts: Any, completions: Any, given: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        return [text_of(c) for c in completions], _columns({"prompt": prompts, **given}, len(completions))

    async def assay_reward(prompts: Any, completions: Any, completion_ids: Any = None, **given: Any) -> Any:
        texts, columns = arguments(prompts, completions, given)
        return finish(await own.agrade(texts, columns), given)

    def assay_reward_sync(prompts: Any, completions: Any, completion_ids: Any = None, **given: Any) -> Any:
        texts, columns = arguments(prompts, completions, given)
        return finish(own.grade(texts, columns), given)

    function = assay_reward if asynchronous else assay_reward_sync
    function.__name__ = f"assay_{own.task.name}"
    return function
