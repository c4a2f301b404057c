"""Judges on this machine, one a core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...sandbox import JudgePool, Task, Verdict
from .base import OnVerdict, collect


class LocalBackend:
    """:class:`assay.sandbox.JudgePool` as a :class:`~assay.rewards.backends.Backend`. Raises TaskError."""

    def __init__(self, task: Task, *, workers: int | None = None, unsafe: bool = False, **options: Any) -> None:
        self._pool = JudgePool(task, workers=workers, unsafe=unsafe, **options)

    def ready(self) -> dict[str, Any]:
        """Wait for all judges; isolation, overhead and core of the first."""
        return self._pool.ready()

    async def judge(
        self, codes: Sequence[str], secret: bytes, looks: Sequence[int], on_verdict: OnVerdict | None = None
    ) -> list[Verdict]:
        """See :meth:`Backend.judge`."""
        return await collect(self._pool.submit(codes, secret, looks), on_verdict)

    def close(self) -> None:
        """End every judge; safe to call twice."""
        self._pool.close()
