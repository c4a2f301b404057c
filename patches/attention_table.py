"""Which engine runs at which length: read from ``attention_table.json``, which ``benchmarks/attention.py`` measures."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("attention_table.json")
ENGINES = ("flash", "cudnn", "flex")
_CALLS = 24  # over which what a new length costs is spread: twelve full layers, and each length comes twice


@cache
def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def fastest(device: str, length: int, window: int | None, engines: Sequence[str] = ENGINES, path: Path = TABLE) -> str:
    """Of ``engines`` the one that was fastest, forward and backward, at the measured length nearest to this one.

    Where an engine prepares for each new length, as cuDNN does, a part of that time counts too. ``device`` is the name
    that CUDA gives it. A GPU that was not measured gets the first engine: flash, which compiles nothing. Nearest is
    meant as a ratio: 2k lies between 1k and 4k.
    """
    rows = _read(path)["devices"].get(device, {}).get("rows", [])
    alike = [row for row in rows if (row["window"] is None) == (window is None)]
    measured = [row for row in alike if any(engine in row["milliseconds"] for engine in engines)]
    if not measured:
        return engines[0]
    row = min(measured, key=lambda row: abs(math.log(row["length"] / max(1, length))))
    once = row.get("new_length_ms", {})
    times = {
        name: row["milliseconds"][name] + once.get(name, 0) / _CALLS for name in engines if name in row["milliseconds"]
    }
    return min(times, key=times.__getitem__)
