"""Up to how many rows an expert the fused products are faster, and in which shape of programs.

Read from ``fused_table.json``, which ``benchmarks/fused.py --table`` writes.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("fused_table.json")
PASSES = ("forward", "backward")


@cache
def _device(name: str, path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())["devices"].get(name, {}) if path.exists() else {}


def limits(device: str, path: Path = TABLE) -> tuple[float, float]:
    """Mean rows an expert up to which the fused forward and backward pass were faster; 0 where nothing was measured.

    ``device`` is the name that CUDA gives it.
    """
    found = _device(device, path).get("rows_per_expert", {})
    forward, backward = (float(found.get(name, 0)) for name in PASSES)
    return forward, backward


@cache
def shape(device: str, each: float, back: bool, path: Path = TABLE) -> tuple[int, ...] | None:
    """Rows, columns, depth, warps and stages of a program, as measured nearest to ``each`` rows an expert, or None.

    Nearest is meant as a ratio; ``back`` asks for the product with the weight itself, not its transpose.
    """
    rows = _device(device, path).get("rows", [])
    if not rows:
        return None
    nearest = min(rows, key=lambda row: abs(math.log(row["rows_per_expert"] / max(each, 1e-9))))
    return tuple(nearest["shapes"][PASSES[back]])
