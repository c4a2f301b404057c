"""One worker under the judge's hand: load a candidate, give it turns, bill them."""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from .buffers import Array, SharedBuffer
from .clocks import Bill, ProcessClock, Reading
from .errors import InfraError
from .inside.protocol import DONE, EXCEPTION, NO_ENTRY, READY, STATUS, TEXT_LIMIT, UP, pack_trial
from .task import Trial, cells
from .zygote import Zygote

LOAD_SECONDS = 1.0
_UP_SECONDS = 10.0
_SHIFTS = 3
_ENDING_MS = 100
_STARVING_FACTOR, _KEPT_FACTOR = 30, 4
_SLICE_NS = 50_000_000
DIED, LATE, ROGUE = b"+", b"~", b"!"
"""The judge's own statuses: the worker ended, answered too late, or spoke out of turn or outside the
alphabet."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn gave. ``text`` is bounded, printable and untrusted; ``output`` only after ``DONE``."""

    status: bytes
    text: str = ""
    output: Array | None = None
    bill: Bill | None = None


def _printable(raw: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 else "?" for b in raw[:TEXT_LIMIT])


def describe(trial: Trial, offset: int) -> bytes:
    """The trial descriptor that a worker reads: shapes and random heap shifts, never a value."""
    inputs = [array.shape for array in trial.inputs]
    return pack_trial(inputs, trial.output_shape, trial.parameters, offset, os.urandom(_SHIFTS))


class Worker:
    """A forked worker for one candidate. Use as a context manager: leaving kills it and has it reaped.

    ``input_cells`` bounds a single trial's inputs, ``output_cells`` the sum of all trials' outputs: each trial
    has an output region of its own. Raises InfraError where it cannot be forked.
    """

    def __init__(self, zygote: Zygote, input_cells: int, output_cells: int) -> None:
        self._zygote = zygote
        self.input_cells, self.output_cells, self._next = input_cells, output_cells, 0
        self._reaped: int | None = None
        self._closed = self._up = False
        self._slept, self._asleep = 0, Reading(0, 0)
        with contextlib.ExitStack() as held:
            try:
                self._make(held)
            except OSError as error:
                raise InfraError(f"no worker could be made: {error.strerror or error}") from error
            held.pop_all()
        self._poll, self._end = select.poll(), select.poll()
        self._poll.register(self._channel, select.POLLIN)
        for poll in (self._poll, self._end):
            poll.register(self._forked.pidfd, select.POLLIN)

    def _make(self, held: contextlib.ExitStack) -> None:
        """Buffers, channel, process and clock, each to be released by ``held``. Raises OSError, InfraError."""
        self._inputs = SharedBuffer("inputs", self.input_cells, read_only=True)
        held.callback(self._inputs.close)
        self._output = SharedBuffer("output", self.output_cells, read_only=False)
        held.callback(self._output.close)
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        held.enter_context(self._channel)
        with theirs:
            self._forked = self._zygote.fork([theirs.fileno(), self._inputs.fd, self._output.fd])
        held.callback(self._abandon)
        self.pid = self._forked.pid
        self._clock = ProcessClock(self.pid, self._forked.pidfd)

    def _abandon(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._forked.pidfd, signal.SIGKILL)
        os.close(self._forked.pidfd)
        with contextlib.suppress(InfraError):
            self._zygote.forget(self._forked)

    def alive(self) -> bool:
        """Whether the process has not ended."""
        return not self._end.poll(0)

    def come_up(self) -> None:
        """Wait until it is locked down and idle. Raises InfraError where that does not happen."""
        if not self._up and (up := self._wait(_UP_SECONDS)).status != UP:
            raise InfraError(f"a worker did not come up: {up.text or 'it said something else'}")
        self._up = True

    def load(self, source: bytes, entry: str, seconds: float = LOAD_SECONDS) -> Turn:
        """Hand over the source (in C: the library made of it), wait until its module has run, stop the worker.

        Raises InfraError where the worker did not come up: nothing of the candidate has run by then.
        """
        self.come_up()
        if self._zygote.language == "c":
            self._zygote.provide(self._forked, source)
            source = b""
        try:
            self._channel.send(entry.encode() + b"\0" + source, socket.MSG_DONTWAIT)
        except OSError as error:
            return Turn(DIED, f"the worker took no source: {error.strerror}")
        return self._settle(self._wait(seconds), READY)

    def turn(self, trial: Trial, seconds: float, wipe: Callable[[], None] | None = None) -> Turn:
        """One billed trial: see the billing window in docs/design.md.

        ``wipe`` evicts caches, after the inputs were written and before the worker goes on. The trial may take
        ``seconds`` of billed time.
        """
        size = cells(trial.output_shape)
        if self._next + size > self.output_cells:
            raise InfraError("the output buffer is too small for the schedule")
        offset, self._next = self._next, self._next + size
        self._output.fill(offset, size, float("nan"))
        if not self._clock.stop():
            return Turn(DIED, "the worker ended between trials")
        if self._pending():
            return self._unasked("an answer before the question")
        before, slept = self._clock.read(), self._slept
        self._inputs.write(trial.inputs)
        if wipe is not None:
            wipe()
        try:
            self._channel.send(describe(trial, offset), socket.MSG_DONTWAIT)  # full: it reads nothing
            before = self._clock.resume(before)
            self._clock.go()
        except OSError as error:
            return Turn(DIED, f"the worker took no trial: {error.strerror}")
        answer = self._settle(self._wait(seconds), DONE)
        if answer.status != DONE:
            return answer
        output = self._output.read(offset, trial.output_shape)
        bill = Bill.between(before, self._clock.read(), self._slept - slept, self._asleep)
        return Turn(DONE, output=output, bill=bill)

    def _pending(self) -> bool:
        return bool(self._poll.poll(0))  # a message, or the end of the process

    def _unasked(self, text: str) -> Turn:
        return Turn(ROGUE, text) if self.alive() else Turn(DIED, "the worker ended out of turn")

    def _answered(self, seconds: float) -> bool:
        """Whether something came within ``seconds`` that the judge was awake to see: in slices, of which a pause
        of the whole machine or container takes one, however long it is."""
        for _ in range(math.ceil(seconds * 1e9 / _SLICE_NS)):
            start = time.monotonic_ns()
            came = self._poll.poll(_SLICE_NS // 1_000_000)
            self._slept += min(time.monotonic_ns() - start, _SLICE_NS)
            if came:
                return True
        return False

    def _wait(self, seconds: float) -> Turn:
        """The worker's next message, or what came instead.

        ``seconds`` are of billed time: a host that gives a worker less than a core takes longer, and is no fault of
        the candidate. Raises InfraError where it gives next to nothing, or where somebody else stopped the worker.
        """
        self._asleep = start = self._clock.read()
        slept, left, kept = self._slept, seconds, False
        while not self._answered(left):
            used = Bill.between(start, self._clock.read(), self._slept - slept)
            if self._clock.state() == "T":  # no call is left to it that stops it
                raise InfraError("a worker was stopped from outside")
            left = seconds - used.billed / 1e9
            if left <= seconds / 20 and not kept and used.cpu < seconds * 0.5e9 and self._clock.state() == "R":
                kept, left = True, _KEPT_FACTOR * seconds  # it does not wait: that its core is kept from it shows later
            elif left <= seconds / 20:
                self._clock.kill()
                return Turn(LATE, f"no answer within {seconds * 1000:.0f} ms")
            if used.wall / 1e9 > _STARVING_FACTOR * seconds:
                raise InfraError(
                    f"the host gave a worker {used.cpu / 1e6:.0f} ms of its core in {used.wall / 1e9:.0f} s"
                )
        try:
            message = self._channel.recv(TEXT_LIMIT + 1, socket.MSG_DONTWAIT)
        except (BlockingIOError, ConnectionError):
            return Turn(DIED, "the worker ended without an answer")
        if not message:
            return Turn(DIED, "the worker closed its channel")
        if message[:1] not in STATUS:
            return Turn(ROGUE, "a status outside the alphabet")
        return Turn(message[:1], _printable(message[1:]))

    def _settle(self, answer: Turn, expected: bytes) -> Turn:
        """Stop the worker after its answer; a message that may not follow spoils it."""
        if answer.status in (LATE, DIED):
            return answer
        if not self._clock.stop():
            return Turn(DIED, "the worker ended after its answer")
        if self._pending():
            return self._unasked("more than one answer to a question")
        if answer.status not in (expected, EXCEPTION, NO_ENTRY) and expected == READY:
            return Turn(ROGUE, "an answer that does not belong here")
        if answer.status in (READY, NO_ENTRY, UP) and expected == DONE:
            return Turn(ROGUE, "an answer that does not belong here")
        return answer

    def halt(self) -> None:
        """Stop it, whatever it does, without waiting for that."""
        self._clock.halt()

    def how_it_ended(self) -> str:
        """How a worker that closed its channel ended: "signal 11", "code 0", or "still running".

        Raises InfraError where somebody else killed it, or the zygote has gone.
        """
        self._clock.halt()  # one that runs on is none of the dying
        if not self._end.poll(_ENDING_MS):
            return "still running"
        self._reaped = status = self._zygote.reap(self._forked)
        if not os.WIFSIGNALED(status):
            return f"code {os.WEXITSTATUS(status)}"
        if os.WTERMSIG(status) == signal.SIGKILL:  # not by us: by the host for want of memory, or by its owner
            raise InfraError("a worker was killed from outside")
        return f"signal {os.WTERMSIG(status)}"

    def close(self) -> None:
        """Kill and release everything. Safe to call twice. Raises InfraError where the zygote has gone."""
        if self._closed:
            return
        self._closed = True
        self._clock.kill()
        try:
            if self._reaped is None:
                self._zygote.forget(self._forked)
        finally:
            self._clock.close()
            os.close(self._forked.pidfd)
            self._channel.close()
            self._inputs.close()
            self._output.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
