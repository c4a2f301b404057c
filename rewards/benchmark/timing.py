"""How exact a timing is: a kernel against itself, against a copy that empties the caches, and many in order."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...sandbox import Judge, Status, Task
from ...sandbox.caches import wipe_bytes
from ...sandbox.stats import median_interval
from .bare import BareKernel, spread
from .counts import Counts
from .host import beside_load, on_cores
from .requests import Tick
from .trivial import accepted

_THRASH = "WASTE = b'x' * {size}\n\n\n{source}"
_SHAPES = 4
_REPEATS = (2, 3, 4, 5, 6)
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


def repeated(source: str, entry: str, times: int) -> str:
    """The same work done ``times`` times, to have slow kernels among the fast ones."""
    return (
        f"{source}\n\nonce = {entry}\n\n\ndef {entry}(*inputs):\n"
        + "    once(*inputs)\n" * (times - 1)
        + ("    return once(*inputs)\n")
    )


def ranks(values: Sequence[float]) -> list[int]:
    """The place of each value in ascending order."""
    return [int(place) for place in np.argsort(np.argsort(values))]


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """The rank correlation of two orders of the same things, without ties."""
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def ranking(counts: Counts, require: str, task: Task, kernels: Sequence[str], tick: Tick) -> dict[str, Any]:
    """The order of kernels by verdict against their order in plain processes, on the same shapes."""
    codes = [*kernels, *(repeated(task.baseline, task.entry, times) for times in _REPEATS)]
    secret = os.urandom(16)
    with on_cores(1):
        bare = {code: BareKernel(code, task, secret, _SHAPES) for code in [task.baseline, *codes]}
        try:
            limit = _SLOWEST * bare[task.baseline].round()
            usable = {code: seconds for code in codes if (seconds := bare[code].round()) < limit}
            chosen = spread(usable, counts.kernels)
            for _ in range(counts.rounds):
                for code in chosen:
                    bare[code].round()
            times = [bare[code].best() for code in chosen]
        finally:
            for kernel in bare.values():
                kernel.close()
        speeds: list[float] = []
        with Judge(task, require=require) as judge:
            for code in chosen:
                verdict = judge.judge(code, secret, (counts.pairs,))
                judged = verdict.status is Status.CORRECT and verdict.timing is not None
                speeds.append(verdict.timing.speedup if judged and verdict.timing else 0.0)
                tick(1)
    return {
        "rank_correlation": spearman([-seconds for seconds in times], speeds),
        "rank_kernels": len(chosen),
        "rank_spread": max(times) / min(times),
    }
