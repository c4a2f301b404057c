"""One set of judges a task for the whole process: single calls in, from any thread or event loop, batches out."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import fcntl
import os
import queue
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...sandbox import InfraError, Status, Task, UsageError
from ...sandbox.cores import timing_cores
from ..scorer import Graded, Scorer
from ..tasks import find_task

_GATHER_SECONDS = 0.05
"""How long the first call of a batch waits for its siblings: frameworks hand a group over one by one."""

_EXIT_SECONDS = 5.0
"""A batch that outlasts this at the end of the process is left: its judges end as their sockets close."""

OPTIONS = ("backend", "checks", "looks", "secret", "unsafe", "workers")
"""The options of :class:`Scorer` that an adapter takes."""


@dataclass(frozen=True, slots=True)
class _Call:
    completion: str
    columns: Mapping[str, Any]
    graded: Future[Graded]


@contextlib.contextmanager
def _turn(cores: Sequence[int]) -> Iterator[None]:
    """Holds ``cores`` for one process of this user at a time.

    Frameworks start several reward workers on a host (verl eight): judges of two of them on one core would
    spoil each other's times. Raises InfraError.
    """
    with contextlib.ExitStack() as held:
        for core in sorted(cores):  # all in the same order, or two could wait for each other
            path = Path(tempfile.gettempdir()) / f"assay-{os.getuid()}-core{core}.lock"
            try:
                lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            except OSError as error:
                raise InfraError(
                    f"cannot take turns on core {core}: {error}; point TMPDIR to a folder of yours"
                ) from error
            held.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX)
            held.callback(fcntl.flock, lock, fcntl.LOCK_UN)  # closing alone leaves it to whoever forked meanwhile
        yield


class SharedScorer:
    """Grades completions one by one; those that arrive together become one batch, so equal ones share a verdict.

    Safe in any thread and under any event loop. The judges start with the first completion. An error of the
    judges reaches every call of the batch: InfraError, IsolationError, TaskError, CheckError.
    """

    def __init__(self, task: Task, options: Mapping[str, Any]) -> None:
        self.task, self._options = task, dict(options)
        local = options.get("backend", "local") == "local"
        self._cores = timing_cores()[: options.get("workers")] if local else []
        self._waiting: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, completion: str, columns: Mapping[str, Any] | None = None) -> Future[Graded]:
        """``columns`` reach the checks by name. Raises InfraError after :meth:`close`."""
        call = _Call(completion, columns or {}, Future())
        with self._lock:
            if self._closed:
                raise self._ended()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name=f"assay-{self.task.name}", daemon=True)
                self._thread.start()
            self._waiting.put(call)
        return call.graded

    def grade(self, completion: str, columns: Mapping[str, Any] | None = None) -> Graded:
        """Blocks until the verdict is there."""
        return self.submit(completion, columns).result()

    async def agrade(self, completion: str, columns: Mapping[str, Any] | None = None) -> Graded:
        """:meth:`grade` under asyncio."""
        return await asyncio.wrap_future(self.submit(completion, columns))

    def close(self, timeout: float | None = None) -> None:
        """End the judges after the batch at hand; calls still waiting fail with InfraError. Safe to call twice."""
        with self._lock:
            self._closed = True
            self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(timeout)

    def _serve(self) -> None:
        scorer: Scorer | None = None
        try:
            while True:
                calls = self._next_batch()
                if self._closed:
                    return _fail(calls, self._ended())
                if not calls:  # all were cancelled
                    continue
                try:
                    with _turn(self._cores):
                        scorer = scorer or self._start()
                        _grade(scorer, calls)
                except BaseException as error:  # whatever it was, nobody may wait for ever
                    _fail(calls, error)
        finally:
            if scorer is not None:
                scorer.close()

    def _start(self) -> Scorer:
        """Judges calibrate as they start, so they too need their turn on the cores."""
        scorer = Scorer(self.task, **self._options)
        scorer.ready()
        atexit.register(self.close, _EXIT_SECONDS)  # here, as what the judges registered must run after it
        return scorer

    def _ended(self) -> InfraError:
        return InfraError(f"the judges of task {self.task.name} are closed: this process is ending")

    def _next_batch(self) -> list[_Call]:
        """The calls that wait, at least one unless this is the end."""
        found = [self._waiting.get()]
        if not self._closed:
            time.sleep(_GATHER_SECONDS)
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._waiting.get_nowait())
        return [call for call in found if call is not None and call.graded.set_running_or_notify_cancel()]


def _grade(scorer: Scorer, calls: Sequence[_Call]) -> None:
    """Judge one batch, or one for each set of column names where callers differ."""
    groups: dict[frozenset[str], list[_Call]] = {}
    for call in calls:
        groups.setdefault(frozenset(call.columns), []).append(call)
    for names, group in groups.items():
        columns = {name: [call.columns[name] for call in group] for name in names}
        graded = scorer.grade([call.completion for call in group], columns)
        for call, one in zip(group, graded, strict=True):
            call.graded.set_result(one)


def _fail(calls: Sequence[_Call], error: BaseException) -> None:
    for call in calls:
        if not call.graded.done():
            call.graded.set_exception(error)


_SCORERS: dict[Any, SharedScorer] = {}
_LOCK = threading.Lock()


def _frozen(value: Any) -> Any:
    """A list of a configuration file as a tuple: options are looked up by value."""
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else value


def shared(task: str | Task = "matmul", **options: Any) -> SharedScorer:
    """The scorer of this process for ``task`` and these options of :class:`Scorer`; closed when the process ends.

    Raises UnknownTaskError, UsageError.
    """
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise UsageError(f"no option '{unknown[0]}' for an adapter; known are {', '.join(OPTIONS)}")
    found = find_task(task)
    frozen = {
        name: _frozen(value) for name, value in sorted(options.items()) if value is not None and value is not False
    }
    key = (found, *frozen.items())
    with _LOCK:
        if key not in _SCORERS:
            _SCORERS[key] = SharedScorer(found, frozen)
        return _SCORERS[key]


def close_all(timeout: float | None = None) -> None:
    """Close every shared scorer; the next call starts new ones."""
    with _LOCK:
        scorers = list(_SCORERS.values())
        _SCORERS.clear()
    for scorer in scorers:
        scorer.close(timeout)


def _forget() -> None:
    """A forked child has none of the threads: it starts judges of its own."""
    global _LOCK
    _LOCK = threading.Lock()
    for scorer in _SCORERS.values():
        atexit.unregister(scorer.close)
    _SCORERS.clear()


os.register_at_fork(after_in_child=_forget)


def reward_of(graded: Graded) -> float:
    """The reward, for frameworks that know no missing one. Raises InfraError where it is None."""
    if graded.reward is None:
        why = [f.evidence for f in graded.verdict.findings if f.check in ("infra", "unsafe")]
        raise InfraError(f"no reward for a completion that could not be judged: {'; '.join(why)}")
    return graded.reward


def facts(graded: Graded) -> dict[str, float]:
    """Numbers for a log: ``correct`` 0 or 1, ``cheat`` 0 or 1, ``speedup`` the lower bound, 0 where not timed."""
    status, timing = graded.verdict.status, graded.verdict.timing
    return {
        "correct": float(status is Status.CORRECT),
        "cheat": float(status is Status.CHEAT),
        "speedup": timing.low if timing else 0.0,
    }


def not_installed(package: str, error: ImportError) -> UsageError:
    """What to raise where an adapter's framework cannot be imported; ``package`` as pip names it."""
    return UsageError(f"this adapter needs {package}: pip install '{package}' ({error})")
