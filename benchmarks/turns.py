"""How much neighbouring turns differ, and what honest ones are billed on a busy host.

    python benchmarks/turns.py [--seconds 60] [--busy 0 8] [--verdicts 20]     # a minute and a half

First, in this process: the standard deviation of the log ratio of two neighbouring stretches of the textbook loop, by
their length, with all other cores busy. Then, in the sandbox, beside so many foreign processes (``--busy``, over all
cores): how much more than its CPU time the baseline's turns are billed.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from assay.rewards import find_task
from assay.rewards.benchmark.host import beside_load, on_cores
from assay.sandbox import Judge, session
from assay.sandbox.clocks import Bill

_SIDE, _STRETCHES = 20, (1, 4, 16, 64)
_HONEST_NS = 1_000_000


def _calls(baseline: str, seconds: float) -> list[int]:
    """CPU nanoseconds of one call after the other, of side 20."""
    namespace: dict[str, object] = {}
    exec(baseline, namespace)
    kernel, matrix, times = namespace["matmul"], np.random.default_rng(0).random((_SIDE, _SIDE)).tolist(), []
    assert callable(kernel)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.thread_time_ns()
        kernel(matrix, matrix)
        times.append(time.thread_time_ns() - start)
    return times[100:]


def _neighbours(times: list[int], count: int) -> tuple[float, float]:
    """Milliseconds of ``count`` calls, and the deviation of the log ratio of two such stretches side by side."""
    sums = [sum(times[at : at + count]) for at in range(0, len(times) - count, count)]
    logs = [math.log(second / first) for first, second in zip(sums[::2], sums[1::2], strict=False)]
    return statistics.median(sums) / 1e6, statistics.pstdev(logs)


@contextlib.contextmanager
def _foreign(count: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            spin = subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass"])
            stack.callback(spin.wait)
            stack.callback(spin.kill)
        yield


def _bills(verdicts: int) -> list[Bill]:
    """The bills of an honest kernel's turns, of either side, as training times it."""
    task, bills, turn = find_task("matmul"), [], session.Worker.turn

    def kept(*args: object, **kwargs: object) -> session.Turn:
        found = turn(*args, **kwargs)  # pyright: ignore[reportArgumentType]
        bills.append(found.bill)
        return found

    session.Worker.turn = kept
    try:
        with on_cores(1), Judge(task) as judge:
            for _ in range(verdicts):
                judge.judge(task.baseline, os.urandom(16), (8,))
    finally:
        session.Worker.turn = turn
    return [bill for bill in bills if bill is not None and bill.cpu > _HONEST_NS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 8])
    parser.add_argument("--verdicts", type=int, default=20)
    options = parser.parse_args()
    with beside_load(), on_cores(1):
        times = _calls(find_task("matmul").baseline, options.seconds)
    for count in _STRETCHES:
        print("neighbours of {:6.2f} ms: ratio spreads by {:.2%}".format(*_neighbours(times, count)))
    for busy in options.busy:
        with _foreign(busy):
            more = sorted(bill.billed / bill.cpu - 1 for bill in _bills(options.verdicts))
        row = "  ".join(f"{share} %: {np.percentile(more, share):+.2%}" for share in (50, 90, 99, 100))
        print(f"{busy} foreign processes, {len(more)} turns, billed above CPU time: {row}")


if __name__ == "__main__":
    main()
