"""Which engine runs at which length: read from ``attention_table.json``, which ``benchmarks/attention.py`` measures."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("attention_table.json")
ENGINES = ("flash", "flex")


@cache
def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def fastest(device: str, length: int, window: int | None, path: Path = TABLE) -> str:
    """The engine that was faster, forward and backward, at the measured length nearest to this one.

    ``device`` is the name that CUDA gives it. A GPU that was not measured gets flash, which compiles nothing.
    Nearest is meant as a ratio: 2k lies between 1k and 4k.
    """
    rows = _read(path)["devices"].get(device, {}).get("rows", [])
    alike = [row for row in rows if (row["window"] is None) == (window is None)]
    measured = [row for row in alike if any(engine in row["milliseconds"] for engine in ENGINES)]
    if not measured:
        return ENGINES[0]
    nearest = min(measured, key=lambda row: abs(math.log(row["length"] / max(1, length))))["milliseconds"]
    return min((engine for engine in ENGINES if engine in nearest), key=nearest.__getitem__)
