"""Fair turns: the candidates of several batches, handed out to judges that come and go."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from .errors import AssayError, InfraError
from .judge import code_key
from .verdict import Finding, Status, Verdict

_LOSSES = 8
"""So many judges may be lost with a candidate in hand before it is given up as a fault of ours."""


class SeatLost(InfraError):
    """A judge is gone for good, with its machine perhaps: what it had in hand is for another one."""


class Seat(Protocol):
    """One judge, wherever it runs. An answer fails with :class:`SeatLost` where it never judges again."""

    def judge(self, code: str, secret: bytes, looks: Sequence[int]) -> Future[Verdict]: ...


def infra(task: str, code: str, evidence: str) -> Verdict:
    """The verdict that no reward is computed from."""
    finding = Finding("infra", False, "judge", evidence[:300])
    return Verdict(Status.INFRA, task, code_key(code), "judge", (finding,))


@dataclass(eq=False, slots=True)
class _Asked:
    code: str
    secret: bytes
    looks: Sequence[int]
    answer: Future[Verdict] = field(default_factory=Future)
    losses: int = 0

    def begin(self) -> bool:
        """Whether it is still wanted; from then on it cannot be cancelled."""
        return self.losses > 0 or self.answer.set_running_or_notify_cancel()


class Dispatcher:
    """Hands candidates to the seats that are free: one at a time, the batches in turn. Thread-safe.

    A seat holds one candidate, and ``prefetch`` more only while more candidates wait than there are seats: at
    the end of a batch none queues behind a slow one. Candidates of a lost seat go first to another.
    """

    def __init__(self, task: str, *, prefetch: int = 0) -> None:
        self._task, self._prefetch = task, prefetch
        self._lock = threading.Lock()
        self._batches: deque[deque[_Asked]] = deque()
        self._held: dict[Seat, int] = {}
        self._refusal: AssayError | None = None

    def submit(self, codes: Sequence[str], secret: bytes, looks: Sequence[int]) -> list[Future[Verdict]]:
        """One batch: an answer a code, in order; equal codes share one. A cancelled answer is not judged
        unless it is being judged already."""
        asked = {code: _Asked(code, secret, looks) for code in codes}
        with self._lock:
            refusal = self._refusal
            if refusal is None and asked:
                self._batches.append(deque(asked.values()))
        if refusal is not None:
            self._settle(asked.values(), refusal)
        self._hand_out()
        return [asked[code].answer for code in codes]

    def add(self, seat: Seat) -> None:
        """A judge that is ready, or becomes so before its first answer."""
        with self._lock:
            self._held[seat] = 0
        self._hand_out()

    def drop(self, seat: Seat) -> None:
        """Give this judge no more."""
        with self._lock:
            self._held.pop(seat, None)

    def refuse(self, error: AssayError) -> None:
        """Answer all that waits, and all that comes until :meth:`reopen`, with ``error``: as a verdict where
        it is a fault of ours, else raised."""
        with self._lock:
            self._refusal = error
            waiting = [asked for batch in self._batches for asked in batch]
            self._batches.clear()
        self._settle([asked for asked in waiting if asked.begin()], error)

    def reopen(self) -> None:
        """Take batches again, e.g. because judges are starting."""
        with self._lock:
            self._refusal = None

    def _settle(self, several: Iterable[_Asked], outcome: Verdict | BaseException) -> None:
        for asked in several:
            if isinstance(outcome, InfraError):
                asked.answer.set_result(infra(self._task, asked.code, str(outcome)))
            elif isinstance(outcome, BaseException):
                asked.answer.set_exception(outcome)
            else:
                asked.answer.set_result(outcome)

    def _hand_out(self) -> None:
        while (pair := self._next()) is not None:
            seat, asked = pair
            try:
                answer = seat.judge(asked.code, asked.secret, asked.looks)
            except Exception as error:  # e.g. a closed lane: whatever the reason, this seat takes nothing
                answer = Future[Verdict]()
                answer.set_exception(SeatLost(f"a judge takes no candidate: {error}"))
            answer.add_done_callback(partial(self._answered, seat, asked))

    def _next(self) -> tuple[Seat, _Asked] | None:
        """The next candidate and the judge that holds least, or None where no judge or no candidate is free."""
        with self._lock:
            waiting = sum(map(len, self._batches))
            seat = min(self._held, key=self._held.__getitem__, default=None)
            if seat is None or self._held[seat] > (self._prefetch if waiting > len(self._held) else 0):
                return None
            while self._batches:
                batch = self._batches.popleft()
                asked = batch.popleft()
                if batch:
                    self._batches.append(batch)
                if asked.begin():
                    self._held[seat] += 1
                    return seat, asked
            return None

    def _answered(self, seat: Seat, asked: _Asked, answer: Future[Verdict]) -> None:
        error = answer.exception()
        outcome: Verdict | BaseException = answer.result() if error is None else error
        again = False
        with self._lock:
            if isinstance(error, SeatLost):
                self._held.pop(seat, None)
                asked.losses += 1
                outcome = self._refusal or error
                if again := self._refusal is None and asked.losses < _LOSSES:
                    self._batches.appendleft(deque([asked]))
            elif seat in self._held:
                self._held[seat] -= 1
        if not again:
            self._settle([asked], outcome)
        self._hand_out()
