"""The host under the benchmark: its facts, one core for what is measured, load on the others."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...sandbox.cores import timing_cores

BUSY_LOAD = 0.5
_SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))\n"


def facts() -> dict[str, Any]:
    """Cores that are timed on, the processor's name, kernel, Python, load average before anything is started."""
    return {
        "cores": timing_cores(),
        "cpu": _model(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Processor", "CPU part"):
                return value.strip()
    return platform.machine()


def busy(found: dict[str, Any]) -> str:
    """One sentence if the host had other work at the start, else nothing."""
    if found["load"] <= BUSY_LOAD:
        return ""
    return (
        f"The machine was busy at the start (load average {found['load']:.2f}): what is measured on the wall clock is "
        "too slow by that; run it again on an idle machine."
    )


@contextlib.contextmanager
def on_cores(count: int) -> Iterator[list[int]]:
    """This thread, and all that it starts, on the last ``count`` timing cores (or as many as there are)."""
    before = os.sched_getaffinity(0)
    cores = timing_cores()[-count:]
    os.sched_setaffinity(0, cores)
    try:
        yield cores
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def beside_load() -> Iterator[int]:
    """This thread on the last timing core, a spinning process on each other one; yields the number of those."""
    others = timing_cores()[:-1]
    spinning: list[subprocess.Popen[bytes]] = []
    try:
        for core in others:
            spinning.append(subprocess.Popen([sys.executable, "-I", "-c", _SPIN]))
            os.sched_setaffinity(spinning[-1].pid, {core})
        with on_cores(1):
            yield len(others)
    finally:
        for process in spinning:
            process.kill()
            process.wait()
