"""Which process reads a source, seen from the judge.

A child of the policy program reads one source after another as long as it allows them: an answer forged by an exploit
of the parser opens this layer only, of its own source and of later ones; three layers remain. A refusal counts only
from a child that has read nothing before, so that no source can have another refused.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable

from .policy_child import ALLOWED, ANSWER_LIMIT, LOCKED, UNLOCKED

_SLICES, _SLICE_MS = 40, 50  # how long a source is waited for; a pause of the whole machine takes one slice
_IMPATIENT = 4  # slices: on a child that has read before nothing depends
_SOURCES = 1000  # what one child reads at most: since CPython 3.12 names that were read once are kept for ever
_LONG = 2**14  # bytes; what parsing a longer one took of memory is not kept


class Reader:
    """A child of the policy program, forked ahead of the sources that it will read.

    It stands still but for the time in which an answer of it is waited for: whatever a source may have made of it,
    it takes nothing of the core on which candidates are timed. ``channel`` and ``pidfd`` belong to it.
    """

    def __init__(self, pid: int, channel: socket.socket, pidfd: int) -> None:
        self.pid, self._channel, self._pidfd = pid, channel, pidfd
        self.sources, self._locked = 0, False
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)

    def _receive(self, slices: int) -> bytes:
        for _ in range(slices):
            if self._poll.poll(_SLICE_MS):
                return self._channel.recv(ANSWER_LIMIT + 1, socket.MSG_DONTWAIT)
            self._signal(signal.SIGCONT)  # whoever else may have stopped it
        return b""

    def _up(self) -> bool:
        """Whether it is locked down; it is, or is not, before it is given its first source."""
        if not self._locked:
            with contextlib.suppress(OSError):
                self._locked = self._receive(_SLICES) == LOCKED
        return self._locked

    def check(self, message: bytes, slices: int = _SLICES) -> bytes:
        """Its answer to a source with one byte before it; empty where it gives none within bounds, UNLOCKED where that
        is no fault of any source: none that it has read can bring that about."""
        if not self._up():
            return UNLOCKED
        self.sources += 1
        self._signal(signal.SIGCONT)
        try:
            self._channel.send(message, socket.MSG_DONTWAIT)  # full: it answers and reads nothing
        except ConnectionError:
            return b""
        except OSError:
            return UNLOCKED if self.sources == 1 else b""
        answer = b""
        with contextlib.suppress(OSError):
            answer = self._receive(slices)
        self.halt()
        return b"" if answer == UNLOCKED else answer

    def halt(self) -> None:
        """Keep it from its core, whatever it does, until it is asked again or closed."""
        self._signal(signal.SIGSTOP)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def runs(self) -> bool:
        """Whether it has not closed its channel; what it had to say was heard."""
        return not self._poll.poll(0)

    def close(self) -> None:
        """Kill it."""
        self._channel.close()
        self._signal(signal.SIGKILL)
        os.close(self._pidfd)


class Readers:
    """The children of one policy program, and which of them reads a source.

    ``fork`` makes one, ``killed`` tells whether somebody else has killed one, ``bury`` waits for one that was closed:
    all three are the program's, and raise OSError.
    """

    def __init__(self, fork: Callable[[], Reader], killed: Callable[[int], bool], bury: Callable[[int], None]) -> None:
        self._make, self._killed, self._bury = fork, killed, bury
        self._kept: Reader | None = None  # has read sources, and reads the next
        self._fresh: list[Reader] = []
        self._done: list[Reader] = []
        self._open: set[Reader] = set()  # all of them, wherever an interrupt may have left one

    def prepare(self) -> None:
        """Fork ahead what reads the next source, and what decides where that refuses it. Raises OSError."""
        while len(self._fresh) < (1 if self._kept else 2):
            self._fresh.append(self._fork())

    def check(self, message: bytes) -> bytes:
        """The answer to a source with one byte before it; empty where there is none within bounds. Raises OSError
        where no child can be forked."""
        answer = self._kept.check(message, _IMPATIENT) if self._kept else b""
        if not answer:
            self._keep(None)  # what it says too late would be taken for the answer to the next source
        if answer != ALLOWED:
            child, decided = self._first(message)
            if decided == answer:
                self._retire(child)
            else:
                self._keep(child)
            answer = decided
        kept = self._kept
        if kept and (answer in (b"", UNLOCKED) or kept.sources >= _SOURCES or len(message) > _LONG):
            self._keep(None)
        return answer

    def _first(self, message: bytes) -> tuple[Reader, bytes]:
        """A child that reads the source as its first, and its answer."""
        child = self._fresh.pop() if self._fresh else self._fork()
        answer = child.check(message)
        if answer in (b"", UNLOCKED) and self._was_killed(child):
            self._retire(child)  # by somebody, or for want of memory: once more
            child = self._fork()
            answer = child.check(message)
        return child, answer

    def _was_killed(self, child: Reader) -> bool:
        return not child.runs() and self._killed(child.pid)

    def _fork(self) -> Reader:
        while self._done:
            child = self._done.pop()
            self._open.discard(child)
            child.close()
            self._bury(child.pid)
        child = self._make()
        self._open.add(child)
        return child

    def _keep(self, child: Reader | None) -> None:
        if self._kept:
            self._retire(self._kept)
        self._kept = child

    def _retire(self, child: Reader) -> None:
        """Its end takes time on the core where somebody waits for an answer; it stands still until then."""
        child.halt()
        self._done.append(child)

    def close(self) -> None:
        """Kill all children; the program's end buries them."""
        while self._open:
            self._open.pop().close()
        self._kept, self._fresh, self._done = None, [], []
