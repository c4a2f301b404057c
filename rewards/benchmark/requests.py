"""From request to verdict, and verdicts a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

from ...sandbox import Judge, JudgePool, Task
from ..scorer import TRAINING_LOOKS
from .counts import Counts
from .host import on_cores
from .trivial import CODE, TRIVIAL, accepted

Tick = Callable[[int], None]
_WARM_UP = 10
_PAUSE = 0.01  # before requests that find a spare: the core's caches are then no longer all theirs
_BEFORE = 0.1  # so much of a run, beforehand, shows whether time grows with the work


def _latencies(judge: Judge, count: int, pause: float | None, tick: Tick) -> list[float]:
    """Milliseconds from request to verdict, one after another in this process; ``pause`` seconds after a spare worker
    was made ready, or with none."""
    found: list[float] = []
    for _ in range(_WARM_UP + count):
        if pause is not None:
            judge.prepare()
            time.sleep(pause)
        secret, start = os.urandom(16), time.perf_counter()
        verdict = judge.judge(CODE, secret, ())
        found.append((time.perf_counter() - start) * 1e3)
        accepted(verdict)
        tick(1)
    return found[_WARM_UP:]


def requests(counts: Counts, require: str, tick: Tick) -> dict[str, Any]:
    """A trivial candidate through policy, context, jail and judge, on one core, with a spare worker and without.

    What a pause of 10 ms costs on a host shared with others is told besides: the same requests without it.
    """
    with on_cores(1), Judge(TRIVIAL, require=require) as judge:
        without = _latencies(judge, counts.requests, None, tick)
        spare = _latencies(judge, counts.requests, _PAUSE, tick)
        at_once = _latencies(judge, counts.requests, 0.0, tick)
    return {
        "request_ms": median(without),
        "request_ms_p95": float(np.percentile(without, 95)),
        "request_ms_spare": median(spare),
        "request_ms_spare_p95": float(np.percentile(spare, 95)),
        "request_ms_spare_at_once": median(at_once),
    }


def _batch(pool: JudgePool, codes: Sequence[str], looks: Sequence[int], tick: Tick) -> tuple[float, list[float]]:
    """Seconds until the last verdict, and when each was there; ``codes`` are all different."""
    ends: list[float] = []
    start = time.perf_counter()
    answers = pool.submit(codes, os.urandom(16), looks)
    for answer in answers:
        answer.add_done_callback(lambda _: ends.append(time.perf_counter() - start))
    for answer in answers:
        accepted(answer.result())
        tick(1)
    return time.perf_counter() - start, sorted(ends)


def _different(codes: Sequence[str], count: int, mark: str) -> list[str]:
    """``count`` of them in turn, none like another: equal ones of a batch are judged once."""
    return [f"{codes[number % len(codes)]}\n# {mark} {number}\n" for number in range(count)]


def throughput(counts: Counts, require: str, tick: Tick) -> dict[str, Any]:
    """Trivial candidates through the pool of judges that a trainer uses; its own end is on the same cores."""
    found: dict[str, float | None] = {"one_core": None, "two_cores": None}
    for name, wanted in (("one_core", 1), ("two_cores", 2)):
        with on_cores(wanted) as cores:
            if len(cores) < wanted:
                continue
            with JudgePool(TRIVIAL, workers=wanted, require=require) as pool:
                pool.ready()
                _batch(pool, _different([CODE], _WARM_UP * wanted, "warm"), (), lambda _: None)
                count = counts.verdicts * wanted
                found[name] = count / _batch(pool, _different([CODE], count, "timed"), (), tick)[0]
    return {"verdicts_per_s": found}


def matmul(counts: Counts, require: str, task: Task, kernels: Sequence[str], tick: Tick) -> dict[str, Any]:
    """Right kernels judged as in training, on two cores: a tenth of the work first, then all of it."""
    few = max(2, round(counts.matmul * _BEFORE))
    several = _different(kernels, few, "kernel")
    with on_cores(2) as cores, JudgePool(task, workers=len(cores), require=require) as pool:
        pool.ready()
        _batch(pool, several[: 2 * len(cores)], TRAINING_LOOKS, lambda _: None)
        before, _ = _batch(pool, several, TRAINING_LOOKS, tick)
        again = _different(several, counts.matmul // few * few, "again")
        seconds, ends = _batch(pool, again, TRAINING_LOOKS, tick)
    half = len(ends) // (2 * few) * few or len(ends) // 2  # whole rounds of the same kernels on either side
    first, last = ends[half - 1], ends[2 * half - 1] - ends[half - 1]
    return {
        "matmul_verdicts_per_s": len(again) / seconds,
        "matmul_time_by_work": seconds / before / (len(again) / few),
        "matmul_drift": last / first - 1,
    }
