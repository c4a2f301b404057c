"""SkyRL-gym's environment: one completion, one reward, done.

``skyrl_gym.register(id="assay", entry_point="assay.rewards.adapters.skyrl:KernelEnv")`` and a data set with
``env_class: assay`` whose ``reward_spec.ground_truth`` names the task. SkyRL takes no missing reward: a fault of
ours raises InfraError, which ends the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...sandbox import UsageError
from .shared import facts, not_installed, reward_of, shared

try:
    from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput  # pyright: ignore[reportMissingImports]
except ImportError as error:
    raise not_installed("skyrl-gym", error) from error


class KernelEnv(BaseTextEnv):
    """``env_config`` and the ``kwargs`` of ``register`` hold ``task``, which goes before the row's ``ground_truth``,
    and options of the scorer; ``extras`` is the row. Raises UsageError, UnknownTaskError."""

    def __init__(
        self, env_config: Mapping[str, Any] | None = None, extras: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        super().__init__()
        options = {**options, **(env_config or {})}
        self.extras = dict(extras or {})
        task = options.pop("task", None) or (self.extras.get("reward_spec") or {}).get("ground_truth")
        if not task:
            raise UsageError("this row names no task: set its reward_spec.ground_truth, e.g. to 'matmul'")
        self._scorer = shared(task, **options)
        self._metrics: dict[str, float] = {}

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """Judge the completion ``action``; waits for the verdict. Raises InfraError."""
        graded = self._scorer.grade(action, {"extras": self.extras})
        self._metrics = facts(graded)
        return BaseTextEnvStepOutput(
            observations=[],
            reward=reward_of(graded),
            done=True,
            metadata={"status": str(graded.verdict.status), **self._metrics},
            postprocessed_action=None,
        )

    def get_metrics(self) -> dict[str, float]:
        """``correct``, ``cheat`` and ``speedup`` of the episode, which SkyRL averages."""
        return self._metrics
