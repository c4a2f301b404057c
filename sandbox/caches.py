"""Evict what the last turn left in the core's caches, so that every timed call starts alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .task import CacheState

_DEFAULT_BYTES = 2 * 2**20
_DEFAULT_LAST_LEVEL = 64 * 2**20


def cache_bytes(index: int, cpu: int = 0) -> int:
    """Bytes of a cache by its index in sysfs (2: private to the core, 3: shared); 0 where the host does not tell."""
    size = Path(f"/sys/devices/system/cpu/cpu{cpu}/cache/index{index}/size")
    try:
        text = size.read_text().strip()
    except OSError:
        return 0
    units = {"K": 2**10, "M": 2**20}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


def wipe_bytes(state: CacheState) -> int:
    """How much memory to touch so that ``state`` is reached: a quarter more than the core's own caches, or twice
    the last-level cache."""
    core = cache_bytes(2) or _DEFAULT_BYTES
    if state == "memory":
        return 2 * (cache_bytes(3) or _DEFAULT_LAST_LEVEL)
    return core * 5 // 4 if state == "core" else 0


class CacheWipe:
    """Call it on the core that is about to be timed."""

    def __init__(self, state: CacheState) -> None:
        self._buffer = np.zeros(wipe_bytes(state) // 8)
        self._buffer += 1.0  # zero pages are all one page until they are written

    def __call__(self) -> None:
        self._buffer.sum()
