"""What every backend offers, and the waiting they share."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from ...sandbox import Task, Verdict

OnVerdict = Callable[[int], None]
_T = TypeVar("_T")


class Backend(Protocol):
    """Judges of one task, shared fairly by all batches under way; usable from any thread and event loop."""

    def ready(self) -> dict[str, Any]:
        """Wait until the judges have calibrated; what they found of their hosts. Raises AssayError."""
        ...

    async def judge(
        self, codes: Sequence[str], secret: bytes, looks: Sequence[int], on_verdict: OnVerdict | None = None
    ) -> list[Verdict]:
        """The verdicts in the order of ``codes``; equal codes are judged once.

        ``on_verdict(n)`` is called in the caller's event loop with the number of candidates that just became
        known. Where it raises, nothing more is handed out, and its exception surfaces once no candidate of
        this batch is being judged. Cancelled, the rest is not handed out. Raises AssayError.
        """
        ...

    def close(self) -> None:
        """End the judges; safe to call twice."""
        ...


class BackendClass(Protocol):
    """Makes a :class:`Backend`: ``workers`` judges at most; ``options`` go to the judges untouched."""

    def __call__(self, task: Task, *, workers: int | None = None, unsafe: bool = False, **options: Any) -> Backend: ...


async def collect(answers: Sequence[Future[Verdict]], on_verdict: OnVerdict | None = None) -> list[Verdict]:
    """Wait for the answers of one batch as :meth:`Backend.judge` promises; equal codes share an answer."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[Future[Verdict]] = asyncio.Queue()
    copies = Counter(answers)

    def tell(answer: Future[Verdict]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(arrived.put_nowait, answer)

    for answer in copies:
        answer.add_done_callback(tell)
    failure: Exception | None = None
    try:
        for _ in copies:
            answer = await arrived.get()
            if failure is not None:
                continue
            try:
                answer.result()
                if on_verdict is not None:
                    on_verdict(copies[answer])
            except Exception as error:
                failure = error
                _take_back(copies)
    finally:
        _take_back(copies)
    if failure is not None:
        raise failure
    return [answer.result() for answer in answers]


def _take_back(answers: Counter[Future[Verdict]]) -> None:
    for answer in answers:
        answer.cancel()


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """The coroutine's result, from code that is not async; Ctrl-C cancels it. Inside a running event loop, as
    in a notebook, it runs in a thread of its own. The thread's current event loop is left as it is."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _alone(coroutine)
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = Future()

    async def told() -> _T:
        begun.set_result((asyncio.get_running_loop(), asyncio.current_task()))
        return await coroutine

    with ThreadPoolExecutor(1, "assay-run") as thread:
        result = thread.submit(_alone, told())
        try:
            return result.result()
        except KeyboardInterrupt:
            loop, task = begun.result()
            if task is not None:
                loop.call_soon_threadsafe(task.cancel)
            raise


def _alone(coroutine: Coroutine[Any, Any, _T]) -> _T:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(coroutine)
