"""A thread that does one thing after another, and keeps no process from ending."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from .errors import UsageError

_T = TypeVar("_T")
_Work = tuple["Future[Any]", Callable[..., Any], "tuple[Any, ...]"]


def closed() -> UsageError:
    """What everybody is told who waits for judges, or asks for them, once they are closed."""
    return UsageError("the judges have been closed; grade inside the scorer's with block, or make a new Scorer")


class Lane:
    """A daemon thread with a queue. An executor's thread would be waited for at the end of the process, which
    a judge may keep waiting for minutes."""

    def __init__(self, name: str) -> None:
        work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._work, self._lock = work, threading.Lock()
        self._thread = threading.Thread(target=_follow, args=(work,), name=name, daemon=True)
        self._thread.start()
        self._open = True
        self._end = weakref.finalize(self, work.put, None)
        self._end.atexit = False  # what still waits at the end of the process may go on as long as it lasts

    def submit(self, function: Callable[..., _T], *arguments: Any) -> Future[_T]:
        """Do it after all that was submitted before. Raises UsageError once closed."""
        done: Future[_T] = Future()
        with self._lock:
            if not self._open:
                raise closed()
            self._work.put((done, function, arguments))
        return done

    def close(self) -> None:
        """End the thread when all that was submitted is done; safe to call twice."""
        with self._lock:
            if self._open:
                self._open = False
                self._end.detach()
                self._work.put(None)
        self._thread.join()


def _follow(work: queue.SimpleQueue[_Work | None]) -> None:
    while (item := work.get()) is not None:
        done, function, arguments = item
        try:
            if done.set_running_or_notify_cancel():
                done.set_result(function(*arguments))
        except BaseException as error:
            done.set_exception(error)
        del item, done, function, arguments  # nothing is kept alive while the thread waits
