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
    """One reading of a stopped process: its CPU time, monotonic time, how long it has waited for a core, and how long
    the judge has waited for its own and has run on it."""

    cpu: int
    wall: int
    waited: int = 0
    judge_waited: int = 0
    judge_ran: int = 0


class Bill(NamedTuple):
    """What one turn cost. ``billed`` is ``max(cpu, wall - delay)``: waiting for other work is billed; being
    preempted, a judge that is kept from its core, or the judge's own work on that core is not. It is never below
    the CPU time."""

    cpu: int
    wall: int
    delay: int

    @property
    def billed(self) -> int:
        return max(self.cpu, self.wall - self.delay)

    @classmethod
    def between(cls, before: Reading, after: Reading, slept: int | None = None, asleep: Reading | None = None) -> Bill:
        """``slept`` is how long the judge chose to sleep meanwhile. What neither that, nor its own work, nor
        waiting for its core explains was a pause of judge and all (a machine or container that stood still): a
        delay. No candidate can bring one about, and whatever runs meanwhile is still billed its CPU time.

        ``asleep`` was read when the judge lay down. Until then it either ran or waited, and what it waited is the
        worker's own time, the worker's waiting, or somebody else's: only the last two are a delay, and once.
        """
        lay_down = asleep or before
        wall, cpu, waited = after.wall - before.wall, after.cpu - before.cpu, after.waited - before.waited
        kept = lay_down.judge_waited - before.judge_waited - (lay_down.cpu - before.cpu)
        judge_ran = after.judge_ran - before.judge_ran
        delay = judge_ran + after.judge_waited - lay_down.judge_waited + max(waited, kept)
        if slept is not None:
            pause = wall - slept - judge_ran - (after.judge_waited - before.judge_waited)
            delay += pause if pause > _PAUSE_NS else 0
        return cls(cpu, wall, delay)


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
        """Both clocks; exact only while :meth:`stop` holds, or on a core that the judge has to itself just now.

        A process that has ended has clocks until it is buried. Raises InfraError once it is, which nobody does while
        it is judged: the zygote has gone, and its namespace with it. So it does where the thread that made this has.
        """
        ran = time.thread_time_ns()  # first: it has the scheduler look whether the judge's slice is over
        try:
            judge_waited, waited = _waited(self._own_schedstat), _waited(self._schedstat)
            return Reading(time.clock_gettime_ns(self._clock_id), time.monotonic_ns(), waited, judge_waited, ran)
        except OSError as error:
            raise InfraError(f"the clocks of a worker or of its judge's thread are gone ({error.strerror})") from error

    def resume(self, before: Reading) -> Reading:
        """``before`` with the time that the judge has used since taken out; CPU time counts from then on."""
        return self.read()._replace(cpu=before.cpu)

    def close(self) -> None:
        self._files.close()


def _opened(path: str, held: contextlib.ExitStack) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    held.callback(os.close, descriptor)
    return descriptor


def _waited(schedstat: int) -> int:
    return int(os.pread(schedstat, 128, 0).split()[1])
