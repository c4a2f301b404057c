"""verifiers' taskset (``verifiers.v1``): one row a task, scored by the judges.

A module of yours with ``from assay.rewards.adapters.verifiers import KernelTaskset`` and ``__all__ =
["KernelTaskset"]`` is a taskset id. A fault of ours raises InfraError: verifiers records it on the trace, leaves the
reward unset and retries where it was told to. For the Rubric of verifiers before 0.4: ``verifiers_legacy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...sandbox import Status
from ..tasks import find_task
from .shared import SharedScorer, facts, not_installed, reward_of, shared

try:
    from verifiers.v1 import (  # pyright: ignore[reportMissingImports]
        State,
        Task,
        TaskConfig,
        TaskData,
        Taskset,
        TasksetConfig,
        Trace,
        reward,
    )
except ImportError as error:
    raise not_installed("verifiers>=0.3", error) from error


_OPTIONS = ("checks", "looks", "unsafe", "workers")


class KernelData(TaskData):
    """``kernel`` names the task of assay."""

    kernel: str = "matmul"


class KernelTaskConfig(TaskConfig):
    """Options of the scorer: ``--env.taskset.task.workers 2``."""

    checks: list[str] | None = None
    looks: list[int] | None = None
    workers: int | None = None
    unsafe: bool = False


class KernelTasksetConfig(TasksetConfig):
    """``kernels`` are names, entry points or dotted paths of tasks: ``--env.taskset.kernels '["matmul"]'``."""

    kernels: tuple[str, ...] = ("matmul",)
    task: KernelTaskConfig = KernelTaskConfig()


class KernelTask(Task[KernelData, State, KernelTaskConfig]):
    """Write one kernel."""

    def _scorer(self) -> SharedScorer:
        return shared(self.data.kernel, **{name: getattr(self.config, name) for name in _OPTIONS})

    @reward
    async def assay(self, trace: Trace) -> float:
        """The reward of the last reply. Raises InfraError."""
        graded = await self._scorer().agrade(trace.last_reply, {"data": self.data})
        trace.info["assay"] = graded.verdict.to_json()
        trace.record_metrics({f"assay_{name}": value for name, value in facts(graded).items()})
        return reward_of(graded)

    async def validate(self, runtime: Any) -> bool:
        """The task's own baseline is judged correct."""
        scorer = self._scorer()
        graded = await scorer.agrade(f"```python\n{scorer.task.baseline}```", {"data": self.data})
        return graded.verdict.status is Status.CORRECT


class KernelTaskset(Taskset[KernelTask, KernelTasksetConfig]):
    """One row for each of ``config.kernels``. Raises UnknownTaskError."""

    def load(self) -> Iterator[KernelTask]:
        for kernel in self.config.kernels:
            data = KernelData(name=kernel, kernel=kernel, prompt=find_task(kernel).prompt)
            yield KernelTask(data, self.config.task)
