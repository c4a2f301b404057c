"""How exact a timing is: the same kernel against itself (A/A), and what the empty window costs.

    python benchmarks/timing.py [--verdicts 100] [--pairs 8]     # about 10 s for 100 verdicts of 8 pairs

Prints percentiles of ``|speedup - 1|`` and of the lower bound, for the baseline judged as a candidate.
"""

from __future__ import annotations

import argparse
import os

import numpy as np

from assay.rewards import find_task
from assay.sandbox import Judge
from assay.sandbox.cores import timing_cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdicts", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=8)
    options = parser.parse_args()
    os.sched_setaffinity(0, {timing_cores()[-1]})
    task = find_task("matmul")
    with Judge(task) as judge:
        found = [judge.judge(task.baseline, os.urandom(16), (options.pairs,)).timing for _ in range(options.verdicts)]
        overhead = judge.overhead_ns
    timings = [timing for timing in found if timing is not None]
    errors = np.percentile([abs(t.speedup - 1) for t in timings], [50, 90, 95, 100])
    lows = np.percentile([t.low for t in timings], [0, 5, 50])
    print(f"{len(timings)} verdicts of {options.pairs} pairs, {sum(t.discarded for t in timings)} pairs thrown away")
    print("|speedup - 1|  median {:.4f}   90 % {:.4f}   95 % {:.4f}   worst {:.4f}".format(*errors))
    print("lower bound    worst {:.4f}    5 % {:.4f}   median {:.4f}".format(*lows))
    print(f"empty window   {overhead / 1e6:.3f} ms of {np.median([t.baseline_ns for t in timings]) / 1e6:.2f} ms")


if __name__ == "__main__":
    main()
