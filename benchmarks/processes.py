"""Where a trivial verdict's time goes: CPU time and page faults of each process, on one core.

    python benchmarks/processes.py [--verdicts 500]     # ten seconds

Forks are not made ahead. What ended in between (workers) is read from the times of its parent. A child of the policy
reads 1,000 sources: more verdicts than 900 would be shared by two.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import psutil
from endurance import parts

from assay.rewards.benchmark.host import on_cores
from assay.rewards.benchmark.trivial import CODE, TRIVIAL, accepted
from assay.sandbox import Judge

_TICK = os.sysconf("SC_CLK_TCK")
_WARM_UP = 20


def _own(pid: int) -> tuple[float, float]:
    """Milliseconds of CPU time and page faults of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6, float(stat[7])


def _ended(pid: int) -> tuple[float, float]:
    """The same of its children that it has waited for."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[13]) + int(stat[14])) * 1e3 / _TICK, float(stat[8])


def _sample() -> dict[str, tuple[float, float]]:
    found = parts(psutil.Process())
    zygote = found["serving zygote"][0].pid
    return {
        "judge": _own(os.getpid()),
        "policy's process": _own(found["policy"][0].pid),
        "its child": _own(found["policy child"][0].pid),
        "zygote": _own(zygote),
        "worker": _ended(zygote),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--verdicts", type=int, default=500, help="how many, up to 900 (default 500)")
    count = min(900, options.parse_args().verdicts)
    with on_cores(1), Judge(TRIVIAL) as judge:
        for _ in range(_WARM_UP):
            accepted(judge.judge(CODE, os.urandom(16), ()))
        before, start = _sample(), time.perf_counter()
        for _ in range(count):
            accepted(judge.judge(CODE, os.urandom(16), ()))
        wall, after = (time.perf_counter() - start) * 1e3 / count, _sample()
    print("| process | CPU ms | page faults |\n|---|---|---|")
    for name, (cpu, faults) in after.items():
        print(f"| {name} | {(cpu - before[name][0]) / count:.2f} | {(faults - before[name][1]) / count:.0f} |")
    print(f"\n{wall:.2f} ms a verdict")


if __name__ == "__main__":
    main()
