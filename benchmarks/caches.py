"""What evicting caches does to a memory-bound NumPy kernel: warm, with the core's caches wiped, and cold.

    python benchmarks/caches.py [--pairs 40]      # half a minute

Prints for each state what the judge touches before a timed call, and the kernel's and the baseline's median bill.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from assay.rewards import find_task
from assay.sandbox import Judge
from assay.sandbox.caches import wipe_bytes
from assay.sandbox.cores import timing_cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40)
    options = parser.parse_args()
    os.sched_setaffinity(0, {timing_cores()[0]})
    print("task              cache    wiped MiB   kernel ms   baseline ms   speedup")
    for name in ("prefix_sum-numpy", "matmul-numpy"):
        for state in ("warm", "core", "memory"):
            task = replace(find_task(name), cache=state)
            with Judge(task) as judge:
                timing = judge.judge(task.honest, os.urandom(16), (options.pairs,)).timing
            assert timing is not None
            times = f"{timing.billed_ns / 1e6:9.3f}   {timing.baseline_ns / 1e6:11.3f}   {timing.speedup:7.2f}"
            print(f"{name:<17} {state:<7} {wipe_bytes(state) / 2**20:10.1f}   {times}", flush=True)


if __name__ == "__main__":
    main()
