"""The scorers, and the one thread that judges: two batches at once would disturb each other's clocks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ...sandbox import Task
from ..checks import reward_of
from ..errors import CheckError
from ..registry import Check
from ..scorer import Graded, Scorer
from .refused import Refused

T = TypeVar("T")
RETRY_SECONDS = "2"


class Stopped(Exception):
    """Nobody waits for this batch any more, or the server is shutting down."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request asks for. ``bare`` texts are code, the others completions."""

    task: str
    texts: Sequence[str]
    bare: bool
    looks: tuple[int, ...]
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True)
class Scored:
    """One candidate's verdict, with the values of the checks that the request named and the reward they add up to."""

    graded: Graded
    reward: float | None
    checks: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Job(Generic[T]):
    """Work handed to the judging thread."""

    future: Future[T]
    stop: threading.Event

    def give_up(self) -> None:
        """Do not begin it; if it began, judge no further candidate."""
        self.stop.set()
        self.future.cancel()


class Bench:
    """Scores batches one after the other; each task's judges are started by the first batch that needs them.

    Only the judging thread touches a scorer. At most ``most`` tasks keep their judges. ``options`` are those of
    :class:`~assay.rewards.Scorer`.
    """

    def __init__(self, tasks: Mapping[str, Task], *, seats: int, most: int, **options: Any) -> None:
        self.tasks = tasks
        self.closing = False
        self._seats, self._most, self._options = seats, most, options
        self._scorers: OrderedDict[str, Scorer] = OrderedDict()
        self._found: dict[str, Any] | None = None
        self._jobs: set[Job[Any]] = set()
        self._thread = ThreadPoolExecutor(1, "assay-bench")

    @contextmanager
    def seat(self) -> Iterator[None]:
        """A place in the queue, held while a body is read, waits and is judged. Raises Refused, Stopped."""
        if self.closing:
            raise Stopped
        if not self._seats:
            raise Refused(503, "as many requests wait as may: try again later", Retry_After=RETRY_SECONDS)
        self._seats -= 1
        try:
            yield
        finally:
            self._seats += 1

    def grade(self, batch: Batch) -> Job[list[Scored]]:
        """Judge a batch as soon as those before it are done; the future raises AssayError, Stopped."""
        return self._submit(lambda stop: self._grade(batch, stop))

    def isolation(self) -> Job[dict[str, Any]]:
        """What the first judge found of this host; starts one if none was."""
        return self._submit(lambda stop: self._isolation())

    def _submit(self, work: Callable[[threading.Event], T]) -> Job[T]:
        stop = threading.Event()
        if self.closing:
            raise Stopped
        job = Job(self._thread.submit(work, stop), stop)
        self._jobs.add(job)
        job.future.add_done_callback(lambda _: self._jobs.discard(job))
        return job

    def _scorer(self, name: str) -> Scorer:
        scorer = self._scorers.pop(name, None)
        if scorer is None:
            while len(self._scorers) >= self._most:
                self._scorers.popitem(last=False)[1].close()
            scorer = Scorer(self.tasks[name], checks=(), **self._options)
            self._found = scorer.ready()
        self._scorers[name] = scorer
        return scorer

    def _isolation(self) -> dict[str, Any]:
        if self._found is None:
            self._scorer(next(iter(self.tasks)))
        assert self._found is not None
        return self._found

    def _grade(self, batch: Batch, stop: threading.Event) -> list[Scored]:
        def go_on(_: int = 0) -> None:
            if stop.is_set():
                raise Stopped

        go_on()
        if not batch.texts:
            return []  # no judge need start for nothing
        scorer = self._scorer(batch.task)
        scorer.looks = batch.looks
        grade = scorer.grade_code if batch.bare else scorer.grade
        try:
            graded = grade(batch.texts, on_verdict=go_on)
        except Stopped:
            raise
        except BaseException:  # its judges may be gone: the next batch gets new ones
            self._scorers.pop(batch.task).close()
            raise
        return [_scored(each, scorer.task, batch.checks) for each in graded]

    def stop(self) -> None:
        """Take no more work, begin none of what waits, end the batch in hand after the candidates being judged."""
        self.closing = True
        for job in list(self._jobs):
            job.give_up()

    def close(self) -> None:
        """:meth:`stop`, wait, and end every judge; safe to call twice."""
        self.stop()
        self._thread.shutdown(wait=True, cancel_futures=True)
        while self._scorers:
            self._scorers.popitem()[1].close()


def _scored(graded: Graded, task: Task, checks: Sequence[Check]) -> Scored:
    """The reward of the checks that the request named. Raises CheckError, without a word of the candidate's."""
    arguments = {
        "completion": graded.completion,
        "candidate": graded.code,
        "verdict": graded.verdict,
        "task": task,
        "prompt": task.prompt,
    }
    try:
        reward, values = reward_of(graded.verdict, checks, arguments)
    except CheckError as error:
        names = ", ".join(check.name for check in checks)
        raise CheckError(f"one of the checks {names} failed ({type(error.__cause__ or error).__name__})") from None
    return Scored(graded, reward, values)
