"""verifiers' taskset (``verifiers.v1``): one row a task, scored by the judges.

A module of yours with ``from assay.rewards.adapters.verifiers import KernelTaskset`` and ``__all__ =
["KernelTaskset"]`` is a taskset id. A fault of ours raises InfraError: verifiers records it on the trace, leaves the
reward unset and lets the trainer drop or retry the rollout. For verifiers before 0.2: ``verifiers_legacy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...sandbox import Status
from ..tasks import find_task
from .shared import SharedScorer, facts, not_installed, reward_of, shared

try:
    import verifiers.v1 as vf  # pyright: ignore[reportMissingImports]
except ImportError as error:
    raise not_installed("verifiers>=0.4", error) from error


_OPTIONS = ("checks", "looks", "unsafe", "workers")


class KernelData(vf.TaskData):
    """``kernel`` names the task of assay."""

    kernel: str = "matmul"


class KernelTaskConfig(vf.TaskConfig):
    """Options of the scorer: ``--env.taskset.task.workers 2``."""

    checks: list[str] | None = None
    looks: list[int] | None = None
    workers: int | None = None
    unsafe: bool = False


class KernelTasksetConfig(vf.TasksetConfig):
    """``kernels`` are names, entry points or dotted paths of tasks: ``--env.taskset.kernels '["matmul"]'``."""

    kernels: tuple[str, ...] = ("matmul",)
    task: KernelTaskConfig = KernelTaskConfig()


class KernelTask(vf.Task[KernelData, vf.State, KernelTaskConfig]):
    """Write one kernel."""

    def _scorer(self) -> SharedScorer:
        return shared(self.data.kernel, **{name: getattr(self.config, name) for name in _OPTIONS})

    @vf.reward
    async def assay(self, trace: vf.Trace) -> float:
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


class KernelTaskset(vf.Taskset[KernelTask, KernelTasksetConfig]):
    """One row for each of ``config.kernels``. Raises UnknownTaskError."""

    def load(self) -> Iterator[KernelTask]:
        for kernel in self.config.kernels:
            data = KernelData(name=kernel, kernel=kernel, prompt=find_task(kernel).prompt)
            yield KernelTask(data, self.config.task)
