"""Several judges, each on a core of its own, shared fairly by all batches that are under way."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from .cores import timing_cores
from .dispatch import Dispatcher, infra
from .errors import JudgeDied
from .lane import Lane, closed
from .server import JudgeProcess
from .task import Task
from .verdict import Verdict


class SteadyJudge:
    """A judge process on ``core`` that is replaced when it dies. One thread judges; any may close.

    Raises what the judge raises at its start: IsolationError, TaskError, JudgeDied.
    """

    def __init__(self, task: Task, core: int, unsafe: bool, options: dict[str, Any]) -> None:
        self._task, self._core, self._unsafe, self._options = task, core, unsafe, options
        self._lock = threading.Lock()
        self._closed = False
        self._judge: JudgeProcess | None = None
        self._living()

    def _living(self) -> JudgeProcess:
        with self._lock:
            if self._closed:
                raise closed()
            if self._judge is None:
                self._judge = JudgeProcess(self._task, core=self._core, unsafe=self._unsafe, **self._options)
            return self._judge

    def _end(self) -> None:
        with self._lock:
            judge, self._judge = self._judge, None
        if judge is not None:
            with contextlib.suppress(OSError):
                judge.close()

    def ready(self) -> dict[str, Any]:
        """Wait for its calibration; what it found of this host."""
        return self._living().ready()

    def judge(self, code: str, secret: bytes, looks: Sequence[int]) -> Verdict:
        """One verdict; a judge that died is replaced and asked once more, then the fault is called ours."""
        fault: Exception | None = None
        for _ in range(2):
            try:
                return self._living().judge(code, secret, looks)
            except (JudgeDied, OSError) as error:
                fault = error
                self._end()
        return infra(self._task.name, code, str(fault))

    def close(self) -> None:
        """End the judge; safe to call twice."""
        self._closed = True
        self._end()


class _Chair:
    """A judge and the thread that waits for it."""

    def __init__(self, judge: SteadyJudge) -> None:
        self._judge = judge
        self._lane = Lane("assay-judge")

    def judge(self, code: str, secret: bytes, looks: Sequence[int]) -> Future[Verdict]:
        return self._lane.submit(self._judge.judge, code, secret, looks)

    def ready(self) -> Future[dict[str, Any]]:
        return self._lane.submit(self._judge.ready)

    def close(self) -> None:
        self._judge.close()
        self._lane.close()


class JudgePool:
    """``workers`` judge processes, by default one for each physical core; a context manager.

    Raises TaskError; what else the judges cannot work for (IsolationError, TaskError) is raised by
    :meth:`ready` and by the answers.
    """

    def __init__(self, task: Task, *, workers: int | None = None, unsafe: bool = False, **options: Any) -> None:
        cores = timing_cores()
        self._dispatcher = Dispatcher(task.name)
        self._chairs: list[_Chair] = []
        try:
            for core in cores[: workers or len(cores)]:
                self._chairs.append(_Chair(SteadyJudge(task, core, unsafe, options)))
                self._dispatcher.add(self._chairs[-1])
        except BaseException:
            self.close()
            raise

    def ready(self) -> dict[str, Any]:
        """Wait for all judges; what the first one found of this host."""
        found = [chair.ready() for chair in self._chairs]
        infos = [one.result() for one in found]
        return infos[0]

    def submit(self, codes: Sequence[str], secret: bytes, looks: Sequence[int]) -> list[Future[Verdict]]:
        """An answer for each of ``codes``, in order; equal codes are judged once. Thread-safe.

        Batches under way take turns candidate by candidate. Cancelling an answer takes back what no judge has
        begun. Answers raise IsolationError or TaskError where the judges cannot work, UsageError once closed.
        """
        return self._dispatcher.submit(codes, secret, looks)

    def close(self) -> None:
        """End every judge; safe to call twice. Who still waits for an answer gets UsageError."""
        self._dispatcher.refuse(closed())
        for chair in self._chairs:
            chair.close()

    def __enter__(self) -> JudgePool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
