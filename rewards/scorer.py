"""Completions in, graded verdicts out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..sandbox import Finding, Status, Task, Verdict
from ..sandbox.judge import code_key
from .backends import BackendClass, find_backend
from .backends.base import OnVerdict, run
from .checks import BUILTIN, reward_of
from .extract import extract
from .registry import Check, CheckFunction, find_check
from .tasks import find_task

TRAINING_LOOKS = (5, 8)
SCORING_LOOKS = (10, 20, 40)
"""Pairs at which timing may stop: five or eight in training (the range of five is an interval of 94 %), up to forty
where one kernel is assayed."""


def looks_at(pairs: int) -> tuple[int, ...]:
    """The pair counts at which timing may stop, of ``pairs`` at most; none times nothing."""
    usual = TRAINING_LOOKS if pairs <= TRAINING_LOOKS[-1] else SCORING_LOOKS
    return tuple(look for look in usual if look < pairs) + ((pairs,) if pairs else ())


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
    its shapes and the next cannot be foreseen; ``secret`` fixes it for a replay. ``backend`` tells where the
    judges run: ``local``, ``ray`` (docs/scale.md), or a class or dotted path of yours; ``workers`` is the largest
    number of judges there. Other ``options`` reach the judges untouched.

    Batches may be graded at once, from threads and event loops alike: they take turns, each with its secret.
    ``on_verdict(n)`` is called in the grading thread with the number of candidates that just became known; what
    it raises ends the batch and is raised, once no candidate of it is being judged.
    Raises UnknownTaskError, CheckError, IsolationError, TaskError, UsageError.
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
        backend: str | BackendClass = "local",
        **options: Any,
    ) -> None:
        self.task = find_task(task)
        self.checks = [find_check(which) for which in checks]
        self.looks = tuple(looks)
        self.secret = secret
        self.last_secret = secret or b""
        self._backend = find_backend(backend)(self.task, workers=workers, unsafe=unsafe, **options)

    def ready(self) -> dict[str, Any]:
        """Wait for the judges' calibration; isolation, overhead and core of the first."""
        try:
            return self._backend.ready()
        except BaseException:
            self.close()
            raise

    def grade(
        self,
        completions: Sequence[str],
        columns: Mapping[str, Sequence[Any]] | None = None,
        on_verdict: OnVerdict | None = None,
    ) -> list[Graded]:
        """Extract, judge and reward a batch, in order. ``columns`` reach the checks by name, one value each."""
        codes = [extract(completion) for completion in completions]
        return self._reward(completions, codes, run(self._judge(codes, on_verdict)), columns or {})

    def grade_code(self, codes: Sequence[str], on_verdict: OnVerdict | None = None) -> list[Graded]:
        """:meth:`grade` for bare code, e.g. the content of a file."""
        return self._reward(codes, codes, run(self._judge(codes, on_verdict)), {})

    async def agrade(
        self,
        completions: Sequence[str],
        columns: Mapping[str, Sequence[Any]] | None = None,
        on_verdict: OnVerdict | None = None,
    ) -> list[Graded]:
        """:meth:`grade` without blocking the event loop; the checks run in a thread. Cancelled, it hands out
        no more candidates."""
        codes = await asyncio.to_thread(lambda: [extract(completion) for completion in completions])
        verdicts = await self._judge(codes, on_verdict)
        return await asyncio.to_thread(self._reward, completions, codes, verdicts, columns or {})

    async def _judge(self, codes: Sequence[str | None], on_verdict: OnVerdict | None) -> dict[int, Verdict]:
        """The verdicts on those of ``codes`` that hold any, by index."""
        self.last_secret = secret = self.secret or os.urandom(16)
        present = {index: code for index, code in enumerate(codes) if code is not None and code.strip()}
        judged = await self._backend.judge(list(present.values()), secret, self.looks, on_verdict)
        return dict(zip(present, judged, strict=True))

    def _reward(
        self,
        completions: Sequence[str],
        codes: Sequence[str | None],
        verdicts: Mapping[int, Verdict],
        columns: Mapping[str, Sequence[Any]],
    ) -> list[Graded]:
        return [
            self._graded(completion, codes[i], verdicts.get(i), {name: values[i] for name, values in columns.items()})
            for i, completion in enumerate(completions)
        ]

    def _graded(self, completion: str, code: str | None, verdict: Verdict | None, columns: dict[str, Any]) -> Graded:
        if verdict is None:
            finding = Finding("code", False, "judge", "no code: no complete fenced block, or an empty one")
            verdict = Verdict(Status.NO_CODE, self.task.name, code_key(code or ""), "judge", (finding,))
        arguments = {"completion": completion, "candidate": code, "verdict": verdict, "task": self.task}
        reward, values = reward_of(verdict, self.checks, {"prompt": self.task.prompt, **columns, **arguments})
        return Graded(completion, code, verdict, reward, values)

    def close(self) -> None:
        """End the judge processes; safe to call twice."""
        self._backend.close()

    def __enter__(self) -> Scorer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


async def score(completions: Sequence[str], task: str | Task = "matmul", **options: Any) -> list[Verdict]:
    """The verdicts on a batch of completions; ``options`` as for :class:`Scorer`. Starts and ends the judges:
    hold a :class:`Scorer` where batches follow each other."""

    scorer = Scorer(task, **options)
    try:
        return [graded.verdict for graded in await scorer.agrade(completions)]
    finally:
        await asyncio.to_thread(scorer.close)
