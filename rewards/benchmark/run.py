"""All parts of the benchmark, one after another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from ...sandbox import JudgePool
from ..tasks import find_task
from . import jail, peers, requests, timing
from .counts import Counts
from .host import busy, facts
from .report import TARGETS, met

Progress = Callable[[str, int], None]
"""Called with the part under way and the number of its repetitions that just ended."""

PARTS = ("requests", "throughput", "matmul", "same", "thrash", "ranking", "jail", "peers")
KEYS = (*(target.key for target in TARGETS), "peers")


def steps(counts: Counts, only: Collection[str] = PARTS) -> int:
    """Repetitions of these parts, about: the length of a progress bar."""
    of = {
        "requests": 3 * counts.requests,
        "throughput": 3 * counts.verdicts,
        "matmul": counts.matmul * 11 // 10,
        "same": counts.same,
        "thrash": counts.thrash,
        "ranking": counts.kernels,
        "jail": counts.jail_pairs,
        "peers": 3 * counts.peers,
    }
    return sum(of[part] for part in only)


def measure(
    kernels: Sequence[str],
    counts: Counts,
    *,
    only: Collection[str] = PARTS,
    require: str = "L2",
    progress: Progress = lambda part, done: None,
) -> dict[str, Any]:
    """Measure the ``only`` parts; every key of the issue is there, None where its part was left out.

    ``kernels`` are right kernels of task matmul. Raises IsolationError below level ``require``, InfraError where
    a right kernel is not accepted.
    """
    task, host = find_task("matmul"), facts()
    with JudgePool(task, workers=1, require=require) as pool:
        host["level"] = pool.ready()["level"]
    run: dict[str, Callable[[requests.Tick], dict[str, Any]]] = {
        "requests": lambda tick: requests.requests(counts, require, tick),
        "throughput": lambda tick: requests.throughput(counts, require, tick),
        "matmul": lambda tick: requests.matmul(counts, require, task, kernels, tick),
        "same": lambda tick: timing.same(counts, require, task, tick),
        "thrash": lambda tick: timing.thrash(counts, require, task, tick),
        "ranking": lambda tick: timing.ranking(counts, require, task, kernels, tick),
        "jail": lambda tick: jail.jail(counts, task, tick),
        "peers": lambda tick: peers.peers(counts, tick),
    }
    found: dict[str, Any] = dict.fromkeys(KEYS)
    for part in (name for name in PARTS if name in only):
        progress(part, 0)
        found |= run[part](lambda done, part=part: progress(part, done))
    return {**found, "targets": met(found), "host": host, "warning": busy(host)}
