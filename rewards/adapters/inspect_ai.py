"""Inspect's scorer and task: ``inspect eval assay/kernel``, or ``scorer=verdict()`` in a task of one's own.

A sample's target names the task. A fault of ours is an unscored sample, which Inspect keeps out of its metrics.
There is no ``@sandboxenv``: this sandbox judges kernels and runs no commands, so it cannot serve as a tool's.
"""

# A type checker without Inspect takes this very file for it:
# pyright: reportMissingImports=false, reportCallIssue=false, reportGeneralTypeIssues=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..scorer import SCORING_LOOKS, Graded
from ..tasks import find_task
from .shared import SharedScorer, facts, not_installed, shared

try:
    from anyio import CapacityLimiter, to_thread
    from inspect_ai import Task, task
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
    from inspect_ai.solver import TaskState, generate
except ImportError as error:
    raise not_installed("inspect-ai", error) from error

_METRICS = {"reward": [mean(), stderr()], "correct": [mean(), stderr()], "cheat": [mean()], "speedup": [mean()]}


@scorer(metrics=_METRICS)
def verdict(
    task: str | None = None,
    workers: int | None = None,
    looks: Sequence[int] = SCORING_LOOKS,
    unsafe: bool = False,
) -> Scorer:
    """Judges the completion; ``task`` goes before the sample's target. Raises UnknownTaskError."""
    if task is not None:
        find_task(task)  # a wrong name is told before anything is generated

    async def score(state: TaskState, target: Target) -> Score:
        own = shared(task or target.text, workers=workers, looks=looks, unsafe=unsafe)
        return _score(await _agrade(own, state.output.completion, state.metadata))

    return score


async def _agrade(own: SharedScorer, completion: str, metadata: dict[str, Any]) -> Graded:
    """Through a thread: Inspect runs on trio, too."""
    return await to_thread.run_sync(
        own.grade, completion, {"metadata": metadata}, abandon_on_cancel=True, limiter=CapacityLimiter(1)
    )


def _score(graded: Graded) -> Score:
    findings = [f"{f.layer}: {f.check}: {f.evidence}" for f in graded.verdict.findings if not f.ok]
    told: dict[str, Any] = {
        "answer": graded.code,
        "explanation": "\n".join([str(graded.verdict.status), *findings]),
        "metadata": graded.verdict.to_json(),
    }
    if graded.reward is None:
        return Score.unscored(reason="scoring_failed", **told)
    return Score(value={"reward": graded.reward, **facts(graded)}, **told)


@task
def kernel(task: str = "matmul", workers: int | None = None) -> Task:
    """One sample: the task's prompt. Repeat it with ``--epochs``."""
    sample = Sample(input=find_task(task).prompt, target=task)
    return Task([sample], solver=generate(), scorer=verdict(workers=workers))
