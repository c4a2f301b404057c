"""A process of the scorer's: forked, put into its room, and asked through a socket."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from time import perf_counter, process_time  # ours from now on, whatever becomes of the module
from typing import Any

import confine  # pyright: ignore[reportMissingImports]

from . import OPEN, room
from .channel import Channel, Inner

LIMIT, FOREVER = 2.0, 60.0
"""Seconds for one candidate, all its calls together; and for scorers that have no limit."""
_LIBRARIES = 2.0
"""Seconds more where a candidate may import a library of some size."""
_PARTING = 0.2
_CROWD, _GLANCE = 40, 0.02
_PRINTED = 1 << 20
_KEPT = ("HOME", "TMPDIR", "PATH", "LANG", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


class Gone(Exception):
    """The process ended before it answered; ``status`` is its exit status, negative or above 128 for a signal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"ended with exit status {status}")
        self.status = status


class Leave(BaseException):
    """Lets a forked child out of the program, so that it ends as interpreters do."""


class Late(Exception):
    """The limit passed."""


class Meter:
    """Bills the time of ``process``, and not what it, or this process, waited for a core.

    None is this process in a jail, where no file can be read: there time off its core is time waited, since it can
    neither sleep nor have others work for it.
    """

    def __init__(self, process: int | None) -> None:
        self._jailed, self._own = process is None, process == os.getpid()
        self._files: list[int] = []
        for name in () if process is None else dict.fromkeys((process, os.getpid())):
            with contextlib.suppress(OSError):
                self._files.append(os.open(f"/proc/{name}/schedstat", os.O_RDONLY | os.O_CLOEXEC))

    def read(self) -> tuple[float, float]:
        """(wall clock less waiting, time on a core), in seconds."""
        if self._jailed:
            return process_time(), 0.0
        now, busy = perf_counter(), 0.0
        for place, file in enumerate(self._files):
            with contextlib.suppress(OSError, IndexError):
                on_core, waited = (int(word) * 1e-9 for word in os.pread(file, 64, 0).split()[:2])
                now -= waited
                busy = busy if place else on_core
        return now, process_time() if self._own else busy  # a running process' figure there is a timer tick old

    def waited(self) -> float:
        """Seconds that ``process`` has waited for a core so far."""
        if self._jailed:
            return perf_counter() - process_time()
        return int(os.pread(self._files[0], 64, 0).split()[1]) * 1e-9 if self._files else 0.0

    def since(self, begin: tuple[float, float]) -> float:
        """Seconds to bill; never less than those on a core, whatever the other clock makes of it."""
        now, busy = self.read()
        return max(now - begin[0], busy - begin[1], 1e-7)


def _children(process: int) -> list[int]:
    try:
        with open(f"/proc/{process}/task/{process}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def _crowded() -> bool:
    """Whether the room fills with processes."""
    return sum(map(str.isdigit, os.listdir("/proc"))) > _CROWD


class Process:
    """``body(channel)`` in a process of its own, in a room unless it is ``trusted``.

    With an ``output`` that becomes its standard output the process ends as interpreters do, exit handlers and all:
    whoever made it has to let :class:`Leave` out of the program.
    """

    def __init__(
        self,
        body: Callable[[Channel], None],
        mistakes: frozenset[str],
        *,
        trusted: bool = False,
        seed: Any = None,
        output: int | None = None,
        kept: str | None = None,
    ) -> None:
        self._end, theirs = socket.socketpair()
        self._open = trusted or bool(OPEN & mistakes)
        self._id = os.fork()
        if self._id == 0:
            self._end.close()
            _settle(mistakes, trusted, seed, theirs.fileno(), output, kept)
            if (self._open and not trusted) or output is not None:
                body(Inner(theirs))
                raise Leave
            try:
                body(Inner(theirs))
            except SystemExit as ending:
                os._exit(ending.code if isinstance(ending.code, int) else 0)
            except BaseException:
                os._exit(1)
            finally:
                os._exit(0)
        theirs.close()
        self._channel = Channel(self._end)
        self._unlimited = "unlimited" in mistakes
        self._limit = FOREVER if self._unlimited else LIMIT
        if "library-reachable" in mistakes or self._open:
            self._limit += _LIBRARIES
        self._ended = False
        self._meter: Meter | None = None
        self.alive = True
        self.asked = False
        self.given: Any = None  # the lists of a scorer that has no others
        self.begin()

    def begin(self) -> None:
        """Start the clock of the limit for the next candidate."""
        self._deadline = time.monotonic() + self._limit

    def ask(self, request: bytes) -> tuple[bytes, float]:
        """The reply, and the seconds from the first byte out to the last byte in; raises Gone or Late.

        Time in which a process of the two was ready to run and another had its core is nobody's, and left out.
        """
        if not self.alive:
            raise Gone(-signal.SIGKILL)
        self._end.settimeout(max(self._deadline - time.monotonic(), 1e-3))
        try:
            meter = self._meter
            begin = meter.read() if meter else (0.0, 0.0)
            self._channel.put(request)
            self._watch()
            reply = self._channel.get()
            seconds = meter.since(begin) if meter else 0.0
        except TimeoutError:
            self.end()
            raise Late from None
        except OSError:
            reply, seconds = None, 0.0
        if reply is None:
            raise Gone(self._reap())
        if self._meter is None:
            self._meter = Meter(self._chain()[-1])
        return reply, seconds

    def _watch(self) -> None:
        """Wait for the reply; raises TimeoutError, also for a room that fills with processes."""
        while not select.select([self._end], [], [], _GLANCE)[0]:
            if time.monotonic() > self._deadline or (not self._unlimited and _crowded()):
                raise TimeoutError

    def _chain(self) -> list[int]:
        """Our child, the first process of its room, the candidate: as many as there are."""
        chain = [self._id]
        while len(chain) < 3 and (below := _children(chain[-1])):
            chain.append(below[0])
            if self._open:
                return chain[:1]
        return chain

    def _reap(self) -> int:
        """Exit status of a process that hung up; it has the rest of its time to end."""
        self.alive = False
        while time.monotonic() < self._deadline:
            done, status = os.waitpid(self._id, os.WNOHANG)
            if done:
                self._ended = True
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.001)
        self.end()
        return -signal.SIGKILL

    def listen(self, output: int | None, limit: float) -> tuple[list[bytes], bytes]:
        """All that it says, on the channel and on its standard output, until it ends or the limit passes."""
        said, printed = [], bytearray()
        deadline = time.monotonic() + limit
        waiting = [self._end] if output is None else [self._end, output]
        while waiting and (left := deadline - time.monotonic()) > 0:
            for ready in select.select(waiting, [], [], left)[0]:
                part = self._channel.get() if ready is self._end else os.read(output or 0, 1 << 16)
                if not part or len(printed) > _PRINTED:
                    waiting.remove(ready)
                elif ready is self._end:
                    said.append(part)
                else:
                    printed += part
        self.end()
        return said, bytes(printed)

    def _left(self) -> bool:
        """Whether a process without a room, whose channel is closed, ends by itself, exit handlers and all."""
        until = time.monotonic() + _PARTING
        while time.monotonic() < until:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(self._id, os.WNOHANG)[0]:
                    return True
            time.sleep(0.002)
        return False

    def end(self) -> None:
        """Kill the process and all that is in its room; safe to call twice."""
        self.alive = False
        self._end.close()
        if self._ended:
            return
        self._ended = True
        if self._open and self._left():
            return
        chain = self._chain()
        with contextlib.suppress(ProcessLookupError):  # a room dies with its first process, and we wait for both
            os.kill(chain[min(1, len(chain) - 1)], signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._id, 0)


def _settle(
    mistakes: frozenset[str], trusted: bool, seed: Any, channel: int, output: int | None, kept: str | None
) -> None:
    """What becomes of the child before it sees a candidate."""
    os.setsid()
    confine.call("prctl", confine.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null if descriptor != 1 or output is None else output, descriptor)
    os.closerange(3, channel)
    os.closerange(channel + 1, 256)
    if trusted:
        return
    confine.call("prctl", room.PR_SET_DUMPABLE, 1, 0, 0, 0)
    if OPEN & mistakes:
        room.drop_privileges()
        return
    room.close("library-reachable" in mistakes, kept)
    for name in set(os.environ) - set(_KEPT):
        del os.environ[name]
    if "environment-kept" in mistakes:
        os.environ["GRADER_SEED"] = str(seed)
    if "descriptor-verdict" in mistakes:
        os.environ["GRADER_RESULT_FD"] = "1"
