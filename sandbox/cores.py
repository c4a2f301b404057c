"""Which processors to time on: one logical processor of each physical core that this process may use."""

from __future__ import annotations

from pathlib import Path

import psutil


def _siblings(cpu: int) -> str:
    path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    try:
        return path.read_text().strip()
    except OSError:
        return str(cpu)


def timing_cores() -> list[int]:
    """Processor numbers, one for each physical core in this process's affinity, in ascending order.

    Two threads of one core share its units and caches: two candidates timed there would slow each other.
    """
    process = psutil.Process()
    allowed = process.cpu_affinity() if hasattr(process, "cpu_affinity") else None
    seen: dict[str, int] = {}
    for cpu in sorted(allowed or [0]):
        seen.setdefault(_siblings(cpu), cpu)
    return list(seen.values())
