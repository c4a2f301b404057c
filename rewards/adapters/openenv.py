"""OpenEnv's environment: ``reset`` gives the prompt, ``step`` takes a completion and ends the episode.

``uvicorn --factory assay.rewards.adapters.openenv:app`` serves it. A client may read a missing reward as 0, so a
fault of ours raises InfraError: the client gets an error in place of an observation.
"""

from __future__ import annotations

import asyncio
import functools
import uuid
from typing import Any

from ...sandbox import InfraError, Task
from ..scorer import Graded
from .shared import facts, not_installed, reward_of, shared

try:
    from openenv.core.env_server import Action, Environment, Observation, State, create_app  # pyright: ignore[reportMissingImports]
except ImportError as error:
    raise not_installed("openenv", error) from error

_SESSIONS = 256


class KernelAction(Action):
    """What the model wrote."""

    completion: str


class KernelObservation(Observation):
    """The prompt after ``reset``; what the judge found after ``step``."""

    prompt: str = ""
    status: str = ""
    correct: float = 0.0
    cheat: float = 0.0
    speedup: float = 0.0


class KernelEnvironment(Environment[KernelAction, KernelObservation, State]):
    """``options`` are those of the scorer. Sessions share its judges. Raises UnknownTaskError, UsageError."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, task: str | Task = "matmul", **options: Any) -> None:
        super().__init__()
        self._scorer = shared(task, **options)
        self._state = State()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **given: Any) -> KernelObservation:
        """The task's prompt. ``seed`` changes nothing: a shape that could be foreseen could be prepared for."""
        self._state = State(episode_id=episode_id or str(uuid.uuid4()))
        return KernelObservation(prompt=self._scorer.task.prompt)

    def step(self, action: KernelAction, timeout_s: float | None = None, **given: Any) -> KernelObservation:
        """Judge the completion. Raises InfraError, also where no verdict came within ``timeout_s`` seconds."""
        try:
            return self._observed(self._scorer.submit(action.completion).result(timeout_s))
        except TimeoutError as error:
            raise _late(timeout_s) from error

    async def step_async(self, action: KernelAction, timeout_s: float | None = None, **given: Any) -> KernelObservation:
        """:meth:`step` that holds no thread of the server."""
        try:
            return self._observed(await asyncio.wait_for(self._scorer.agrade(action.completion), timeout_s))
        except TimeoutError as error:
            raise _late(timeout_s) from error

    def _observed(self, graded: Graded) -> KernelObservation:
        self._state.step_count += 1
        return KernelObservation(
            done=True, reward=reward_of(graded), status=str(graded.verdict.status), **facts(graded)
        )

    @property
    def state(self) -> State:
        return self._state


def _late(timeout_s: float | None) -> InfraError:
    return InfraError(f"no verdict within timeout_s = {timeout_s}: a batch takes seconds, leave it out or raise it")


def app(task: str | Task = "matmul", **options: Any) -> Any:
    """The FastAPI application that serves :class:`KernelEnvironment`."""
    environment = functools.partial(KernelEnvironment, task, **options)
    return create_app(environment, KernelAction, KernelObservation, env_name="assay", max_concurrent_envs=_SESSIONS)
