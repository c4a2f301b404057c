"""How exact a timing is: a kernel against itself, against a copy that empties the caches, and many in order."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...sandbox import Judge, Task
from ...sandbox.caches import wipe_bytes
from ...sandbox.stats import median_interval
from .bare import BareKernel, spread
from .counts import Counts
from .host import beside_load, on_cores
from .requests import Tick
from .trivial import accepted

_THRASH = "WASTE = b'x' * {size}\n\n\n{source}"
_SHAPES = 4
_SLOWEST = 8.0  # times the baseline's own time: beyond ten the judge cuts a candidate off


def thrashing(source: str) -> str:
    """A matrix kernel that touches each line of four times the core's caches before it returns ``C``."""
    evicting = source.replace("    return C", "    WASTE[::64]\n    return C")
    return _THRASH.format(size=4 * wipe_bytes("core"), source=evicting)


def _speed(judge: Judge, code: str, secret: bytes, pairs: int) -> float:
    timing = accepted(judge.judge(code, secret, (pairs,))).timing
    assert timing is not None
    return timing.speedup


def same(counts: Counts, require: str, task: Task, tick: Tick) -> dict[str, Any]:
    """The baseline judged as a candidate, while every other core spins."""
    with beside_load() as others, Judge(task, require=require) as judge:
        ratios = []
        for _ in range(counts.same):
            ratios.append(_speed(judge, task.baseline, os.urandom(16), counts.pairs))
            tick(1)
    errors = [abs(ratio - 1) for ratio in ratios]
    return {
        "aa_error_p95": float(np.percentile(errors, 95)),
        "aa_ratio": float(np.median(ratios)),
        "aa_loaded_cores": others,
    }


def thrash(counts: Counts, require: str, task: Task, tick: Tick) -> dict[str, Any]:
    """What a copy that empties the caches in its turn gains over the plain one, on the same shapes."""
    copy, logs = thrashing(task.baseline), []
    with on_cores(1), Judge(task, require=require) as judge:
        for _ in range(counts.thrash):
            secret = os.urandom(16)
            plain, evicting = (_speed(judge, code, secret, counts.pairs) for code in (task.baseline, copy))
            logs.append(math.log(evicting / plain))
            tick(1)
    low, high, _ = median_interval(logs)
    return {
        "thrash_advantage": math.expm1(float(np.median(logs))),
        "thrash_advantage_interval": [math.expm1(low), math.expm1(high)],
    }


def ranks(values: Sequence[float]) -> list[int]:
    """The place of each value in ascending order."""
    return [int(place) for place in np.argsort(np.argsort(values))]


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """The rank correlation of two orders of the same things, without ties."""
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def _bare_times(codes: Sequence[str], counts: Counts, task: Task, secret: bytes) -> dict[str, float]:
    """Seconds of the chosen among ``codes`` in plain processes; those far too slow are left out."""

    def roughly(code: str) -> float:
        with contextlib.closing(BareKernel(code, task, secret, 1)) as kernel:
            return min(kernel.round(), kernel.round())

    limit = _SLOWEST * roughly(task.baseline)
    usable = {code: seconds for code in codes if (seconds := roughly(code)) < limit}
    with contextlib.ExitStack() as stack:
        bare: dict[str, BareKernel] = {}
        for code in spread(usable, counts.kernels):
            bare[code] = BareKernel(code, task, secret, _SHAPES)
            stack.callback(bare[code].close)
        for _ in range(counts.rounds):
            for kernel in bare.values():
                kernel.round()
        return {code: kernel.best() for code, kernel in bare.items()}


def ranking(counts: Counts, require: str, task: Task, kernels: Sequence[str], tick: Tick) -> dict[str, Any]:
    """The order of ``kernels`` by verdict against their order in plain processes, on the same shapes."""
    secret = os.urandom(16)
    with on_cores(1):
        times = _bare_times(kernels, counts, task, secret)
        speeds: list[float] = []
        with Judge(task, require=require) as judge:
            for code in times:
                timing = judge.judge(code, secret, (counts.pairs,)).timing
                speeds.append(timing.speedup if timing is not None else 0.0)  # not accepted: below all others
                tick(1)
    seconds = list(times.values())
    return {
        "rank_correlation": spearman([-value for value in seconds], speeds),
        "rank_kernels": len(seconds),
        "rank_spread": max(seconds) / min(seconds),
    }
