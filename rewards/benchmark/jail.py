"""What the jail does to a measured time: the same source and inputs in a jailed worker and in a bare one."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path
from statistics import median
from typing import Any

from ...sandbox import InfraError, Schedule, Task
from ...sandbox.caches import CacheWipe
from ...sandbox.examine import MAX_TURN_SECONDS
from ...sandbox.inside.protocol import READY
from ...sandbox.session import Worker
from ...sandbox.spares import Spares
from ...sandbox.stats import median_interval
from ...sandbox.task import Trial, cells
from ...sandbox.zygote import Zygote
from .counts import Counts
from .host import on_cores
from .requests import Tick

_PROGRAM = Path(__file__).with_name("half_jailed_worker.py")
_PAIRS = 10  # of one pair of workers: where a process happens to lie in memory is part of its time
_CONFIDENCE = 0.95


def _billed(worker: Worker, trial: Trial, wipe: CacheWipe | None = None) -> int:
    turn = worker.turn(trial, MAX_TURN_SECONDS, wipe)
    if turn.bill is None:
        raise InfraError(f"a trusted kernel failed: {turn.text}")
    return max(1, turn.bill.billed)


def _load(worker: Worker, task: Task, trial: Trial) -> bool:
    """Ready to be timed; whether it is jailed."""
    if worker.load(task.baseline.encode(), task.entry).status != READY:
        raise InfraError("a trusted kernel did not load")
    _billed(worker, trial)
    return "\nSeccomp:\t2\n" in Path(f"/proc/{worker.pid}/status").read_text()


def _ratios(task: Task, spares: Spares, pairs: int) -> list[float]:
    """Log ratios jailed / bare of one pair of fresh workers."""
    schedule = Schedule(task, os.urandom(16), "jail")
    shapes = [schedule.timed_shape(number) for number in range(pairs)]
    wipe, logs = CacheWipe(task.cache), []
    inputs = max(sum(map(cells, task.input_shapes(shape))) for shape in shapes)
    outputs = (pairs + 1) * max(cells(task.output_shape(shape)) for shape in shapes)
    with spares.lend(inputs, outputs) as one, spares.lend(inputs, outputs) as other:
        workers = {_load(worker, task, schedule.trial(shapes[0])): worker for worker in (one, other)}
        if len(workers) < 2:
            raise InfraError("one of two workers should be jailed, the other should not")
        for number, shape in enumerate(shapes):
            trial, first = schedule.trial(shape), schedule.baseline_first(number)
            times = {jailed: _billed(workers[jailed], trial, wipe) for jailed in (first, not first)}
            logs.append(math.log(times[True] / times[False]))
    return logs


def jail(counts: Counts, task: Task, tick: Tick) -> dict[str, Any]:
    """The baseline in both kinds of worker, in turns on one core, with an interval of 95 %."""
    logs: list[float] = []
    pairs = min(_PAIRS, counts.jail_pairs)
    with (
        on_cores(1),
        contextlib.closing(Zygote(task.language, _PROGRAM)) as zygote,
        contextlib.closing(Spares(zygote)) as spares,
    ):
        while len(logs) < counts.jail_pairs:
            logs += _ratios(task, spares, pairs)
            tick(pairs)
    low, high, _ = median_interval(logs, _CONFIDENCE)
    return {
        "jail_overhead": math.expm1(median(logs)),
        "jail_overhead_interval": [math.expm1(low), math.expm1(high)],
    }
