"""Kernels timed in plain processes of their own, without any jail or judge."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ...sandbox import InfraError, Schedule, Task

_PROGRAM = Path(__file__).with_name("bare_program.py")


class BareKernel:
    """One source in a ``python -I`` of its own, with a few trials of the schedule of ``secret``.

    Raises InfraError where it ends by itself.
    """

    def __init__(self, source: str, task: Task, secret: bytes, shapes: int) -> None:
        schedule = Schedule(task, secret, "bare")
        trials = [schedule.trial(schedule.timed_shape(number)) for number in range(shapes)]
        inputs = [[array.tolist() for array in trial.inputs] for trial in trials]
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._best = [math.inf] * shapes
        self._say(json.dumps({"source": source, "entry": task.entry, "trials": inputs}))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise InfraError(f"a kernel timed without a jail ended by itself: {error}") from error

    def round(self) -> float:
        """Call it once on every trial; seconds in all."""
        self._say("")
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise InfraError("a kernel timed without a jail ended by itself")
        times = [nanoseconds * 1e-9 for nanoseconds in json.loads(answer)]
        self._best = [min(pair) for pair in zip(self._best, times, strict=True)]
        return sum(times)

    def best(self) -> float:
        """Seconds of all trials, the fastest round of each."""
        return sum(self._best)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def spread(times: Mapping[str, float], count: int) -> list[str]:
    """``count`` kernels as far from each other in log time as can be: the two ends, then whichever is loneliest."""
    logs = {code: math.log(seconds) for code, seconds in times.items()}
    chosen = [min(logs, key=logs.__getitem__), max(logs, key=logs.__getitem__)]
    while len(chosen) < min(count, len(logs)):
        rest = [code for code in logs if code not in chosen]
        chosen.append(max(rest, key=lambda code: min(abs(logs[code] - logs[other]) for other in chosen)))
    return chosen
