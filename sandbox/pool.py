"""Several judges, each on a core of its own: a batch of candidates in, their verdicts out, in order."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

from .cores import timing_cores
from .errors import InfraError, JudgeDied
from .judge import code_key
from .server import JudgeProcess
from .task import Task
from .verdict import Finding, Status, Verdict


class JudgePool:
    """``workers`` judge processes, by default one for each physical core; a context manager.

    Raises IsolationError or TaskError when the first batch finds that the judges cannot work.
    """

    def __init__(self, task: Task, *, workers: int | None = None, unsafe: bool = False, **options: Any) -> None:
        cores = timing_cores()
        count = min(workers or len(cores), len(cores))
        self._task, self._unsafe, self._options = task, unsafe, options
        self._cores = cores[:count]
        self._judges = [self._start(core) for core in self._cores]
        self._lock = threading.Lock()

    def _start(self, core: int) -> JudgeProcess:
        return JudgeProcess(self._task, core=core, unsafe=self._unsafe, **self._options)

    def ready(self) -> dict[str, Any]:
        """Wait for all judges; what the first one found of this host."""
        found = [judge.ready() for judge in self._judges]
        return found[0]

    def judge(
        self,
        codes: Sequence[str],
        secret: bytes,
        looks: Sequence[int],
        on_verdict: Callable[[int], None] | None = None,
    ) -> list[Verdict]:
        """Verdicts in the order of ``codes``; equal codes are judged once. Thread-safe, one batch at a time.

        ``on_verdict(n)`` is called with the number of candidates that just became known.
        """
        copies: dict[str, list[int]] = {}
        for index, code in enumerate(codes):
            copies.setdefault(code, []).append(index)
        verdicts: list[Verdict | None] = [None] * len(codes)
        todo: queue.SimpleQueue[str] = queue.SimpleQueue()
        for code in copies:
            todo.put(code)
        failures: list[BaseException] = []

        def drain(slot: int) -> None:
            try:
                while not failures:
                    code = todo.get_nowait()
                    verdict = self._one(slot, code, secret, looks)
                    for index in copies[code]:
                        verdicts[index] = verdict
                    if on_verdict is not None:
                        on_verdict(len(copies[code]))
            except queue.Empty:
                pass
            except BaseException as error:
                failures.append(error)

        with self._lock:
            threads = [threading.Thread(target=drain, args=(slot,)) for slot in range(len(self._judges))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]
        return [verdict for verdict in verdicts if verdict is not None]

    def _one(self, slot: int, code: str, secret: bytes, looks: Sequence[int]) -> Verdict:
        """One verdict; a judge that died is replaced and asked once more, then the fault is called ours."""
        fault: InfraError | None = None
        for _ in range(2):
            try:
                return self._judges[slot].judge(code, secret, looks)
            except JudgeDied as error:
                fault = error
                self._judges[slot].close()
                self._judges[slot] = self._start(self._cores[slot])
        finding = Finding("infra", False, "judge", str(fault)[:300])
        return Verdict(Status.INFRA, self._task.name, code_key(code), "judge", (finding,))

    def close(self) -> None:
        """End every judge; safe to call twice."""
        for judge in self._judges:
            with contextlib.suppress(OSError):
                judge.close()

    def __enter__(self) -> JudgePool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
