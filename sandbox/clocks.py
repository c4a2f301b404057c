"""Reading another process's clocks, exactly: only while it is seen to be stopped.

A foreign CPU clock lags by up to a scheduler tick while the process runs, so the order is: stop, observe the
stop in ``/proc/PID/stat``, read. All times are integer nanoseconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import NamedTuple

from .errors import InfraError

_STOP_SECONDS = 5.0
_PAUSE_NS = 50_000_000


class Reading(NamedTuple):
    """One reading of a stopped process: CPU time, monotonic time, the time that it or the judge spent runnable
    but waiting for the core, and the time that the judge itself ran or waited for the core."""

    cpu: int
    wall: int
    delay: int
    judge: int = 0


class Bill(NamedTuple):
    """What one turn cost. ``billed`` is ``max(cpu, wall - delay)``: waiting for other work is billed, being
    preempted, or a judge that is kept from its core, is not. It is never below the CPU time."""

    cpu: int
    wall: int
    delay: int

    @property
    def billed(self) -> int:
        return max(self.cpu, self.wall - self.delay)

    @classmethod
    def between(cls, before: Reading, after: Reading, slept: int | None = None) -> Bill:
        """``slept`` is how long the judge chose to sleep meanwhile. What neither that, nor its own work, nor
        waiting for its core explains was a pause of judge and all (a machine or container that stood still): a
        delay. No candidate can bring one about, and whatever runs meanwhile is still billed its CPU time."""
        wall, delay = after.wall - before.wall, after.delay - before.delay
        if slept is not None and (pause := wall - slept - (after.judge - before.judge)) > _PAUSE_NS:
            delay += pause
        return cls(after.cpu - before.cpu, wall, delay)


class ProcessClock:
    """Stops, continues and reads one process, addressed by pidfd (signals) and pid (clocks)."""

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid = pid
        self._pidfd = pidfd
        self._clock_id = (~pid << 3) | 2  # CPUCLOCK_SCHED of a foreign process, see clock_getcpuclockid(3)
        with contextlib.ExitStack() as held:
            self._stat = _opened(f"/proc/{pid}/stat", held)
            self._schedstat = _opened(f"/proc/{pid}/schedstat", held)
            self._own_schedstat = _opened("/proc/thread-self/schedstat", held)
            self._files = held.pop_all()

    def state(self) -> str:
        """The state letter of ``/proc/PID/stat``; ``X`` once the process is gone."""
        try:
            stat = os.pread(self._stat, 512, 0)
        except ProcessLookupError:
            return "X"
        return chr(stat[stat.rindex(b")") + 2])

    def stop(self) -> bool:
        """SIGSTOP and wait until it is seen; False if the process has ended instead."""
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGSTOP)
        except ProcessLookupError:
            return False
        deadline = time.monotonic() + _STOP_SECONDS
        tries = 0
        while (state := self.state()) != "T":
            if state in "ZX":
                return False
            tries += 1
            if tries < 200:
                os.sched_yield()  # the worker shares our core and needs it to take the signal
            elif time.monotonic() > deadline:
                raise InfraError(f"a worker did not stop within {_STOP_SECONDS:.0f} s")
            else:
                time.sleep(50e-6)
        return True

    def halt(self) -> None:
        """SIGSTOP without waiting; nothing if the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGSTOP)

    def go(self) -> None:
        signal.pidfd_send_signal(self._pidfd, signal.SIGCONT)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def read(self) -> Reading:
        """Both clocks; exact only while :meth:`stop` holds."""
        _, delay = _ran_and_waited(self._schedstat)
        ran, waited = _ran_and_waited(self._own_schedstat)
        return Reading(time.clock_gettime_ns(self._clock_id), time.monotonic_ns(), delay + waited, ran + waited)

    def resume(self, before: Reading) -> Reading:
        """``before`` with the time that the judge has used since taken out; CPU time counts from then on."""
        return self.read()._replace(cpu=before.cpu)

    def close(self) -> None:
        self._files.close()


def _opened(path: str, held: contextlib.ExitStack) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    held.callback(os.close, descriptor)
    return descriptor


def _ran_and_waited(schedstat: int) -> tuple[int, int]:
    ran, waited, _ = os.pread(schedstat, 128, 0).split()
    return int(ran), int(waited)
