"""Completions in, graded verdicts out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..sandbox import Finding, JudgePool, Status, Task, Verdict
from ..sandbox.judge import code_key
from .checks import BUILTIN, reward_of
from .extract import extract
from .registry import Check, CheckFunction, find_check
from .tasks import find_task

TRAINING_LOOKS = (8,)
SCORING_LOOKS = (10, 20, 40)
"""Pairs at which timing may stop: few in training, up to forty where one kernel is assayed."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One completion with its verdict and reward; ``reward`` None means a fault of ours, never a score."""

    completion: str
    code: str | None
    verdict: Verdict
    reward: float | None
    checks: dict[str, float] = field(default_factory=dict)


class Grader(Protocol):
    """Anything that grades completions: :class:`Scorer`, or somebody else's."""

    @property
    def task(self) -> Task: ...

    def grade(self, completions: Sequence[str], columns: Mapping[str, Sequence[Any]] | None = None) -> list[Graded]: ...

    async def agrade(
        self, completions: Sequence[str], columns: Mapping[str, Sequence[Any]] | None = None
    ) -> list[Graded]: ...

    def close(self) -> None: ...


class Scorer:
    """Scores completions of one task; a context manager that holds the judge processes.

    ``checks`` are names, functions or dotted paths, by default the built-in four. ``looks`` are the pair counts
    at which timing may stop. Each call of :meth:`grade` draws a new 128-bit secret, so that one batch shares
    its shapes and the next cannot be foreseen; ``secret`` fixes it for a replay.
    Raises UnknownTaskError, CheckError, IsolationError, TaskError.
    """

    def __init__(
        self,
        task: str | Task = "matmul",
        *,
        checks: Sequence[str | Check | CheckFunction] = BUILTIN,
        looks: Sequence[int] = TRAINING_LOOKS,
        workers: int | None = None,
        secret: bytes | None = None,
        unsafe: bool = False,
        **options: Any,
    ) -> None:
        self.task = find_task(task)
        self.checks = [find_check(which) for which in checks]
        self.looks = tuple(looks)
        self.secret = secret
        self.last_secret = secret or b""
        self._pool = JudgePool(self.task, workers=workers, unsafe=unsafe, **options)

    def ready(self) -> dict[str, Any]:
        """Wait for the judges' calibration; isolation, overhead and core of the first."""
        try:
            return self._pool.ready()
        except BaseException:
            self.close()
            raise

    def grade(
        self,
        completions: Sequence[str],
        columns: Mapping[str, Sequence[Any]] | None = None,
        on_verdict: Callable[[int], None] | None = None,
    ) -> list[Graded]:
        """Extract, judge and reward a batch, in order. ``columns`` reach the checks by name, one value each."""
        return self._grade(completions, [extract(c) for c in completions], columns or {}, on_verdict)

    def grade_code(self, codes: Sequence[str], on_verdict: Callable[[int], None] | None = None) -> list[Graded]:
        """:meth:`grade` for bare code, e.g. the content of a file."""
        return self._grade(codes, codes, {}, on_verdict)

    def _grade(
        self,
        completions: Sequence[str],
        codes: Sequence[str | None],
        columns: Mapping[str, Sequence[Any]],
        on_verdict: Callable[[int], None] | None,
    ) -> list[Graded]:
        self.last_secret = self.secret or os.urandom(16)
        present = {index: code for index, code in enumerate(codes) if code is not None and code.strip()}
        judged = self._pool.judge(list(present.values()), self.last_secret, self.looks, on_verdict)
        verdicts = dict(zip(present, judged, strict=True))
        return [
            self._graded(completion, codes[i], verdicts.get(i), {name: values[i] for name, values in columns.items()})
            for i, completion in enumerate(completions)
        ]

    async def agrade(
        self, completions: Sequence[str], columns: Mapping[str, Sequence[Any]] | None = None
    ) -> list[Graded]:
        """:meth:`grade` without blocking the event loop."""
        return await asyncio.to_thread(self.grade, completions, columns)

    def _graded(self, completion: str, code: str | None, verdict: Verdict | None, columns: dict[str, Any]) -> Graded:
        if verdict is None:
            finding = Finding("code", False, "judge", "no code: no complete fenced block, or an empty one")
            verdict = Verdict(Status.NO_CODE, self.task.name, code_key(code or ""), "judge", (finding,))
        arguments = {"completion": completion, "candidate": code, "verdict": verdict, "task": self.task}
        reward, values = reward_of(verdict, self.checks, {"prompt": self.task.prompt, **columns, **arguments})
        return Graded(completion, code, verdict, reward, values)

    def close(self) -> None:
        """End the judge processes; safe to call twice."""
        self._pool.close()

    def __enter__(self) -> Scorer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


async def score(completions: Sequence[str], task: str | Task = "matmul", **options: Any) -> list[Verdict]:
    """The verdicts on a batch of completions; ``options`` as for :class:`Scorer`. Starts and ends the judges:
    hold a :class:`Scorer` where batches follow each other."""

    def run() -> list[Verdict]:
        with Scorer(task, **options) as scorer:
            return [graded.verdict for graded in scorer.grade(completions)]

    return await asyncio.to_thread(run)
