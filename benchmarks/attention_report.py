"""What benchmarks/attention.py prints and writes: each row as soon as it is measured, into the table of its GPU."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layout import layout

OURS, UPSTREAM = ("flash", "cudnn", "flex"), ("upstream flex", "upstream eager")
SHAPE = "batch 1, 64 query and 8 key heads of 64, bfloat16, forward and backward, sinks trained"
MEASURED = "measured"  # of a row: date, versions and source, where they are not those at the head of its GPU


def head() -> str:
    """The heading over the rows."""
    names = " ".join(f"{name:>15}" for name in OURS + UPSTREAM)
    return f"{'length':>7} {'window':>6} {names}   ours / best upstream"


def line(row: dict[str, Any], runs: int) -> str:
    """A row as a line: medians in ms, followed by the number of runs where it is not ``runs``, and the ratio."""
    times, counts = row["milliseconds"], row["runs"]
    cells = []
    for name in OURS + UPSTREAM:
        if name in times:
            cells.append(f"{times[name]:9.2f} ms" + ("   " if counts[name] == runs else f" x{counts[name]}"))
        else:
            cells.append("-")
    mine, theirs = (min((times[n] for n in names if n in times), default=None) for names in (OURS, UPSTREAM))
    ratio = f"{mine / theirs:.3f}" if mine and theirs else "-"
    window = "full" if row["window"] is None else row["window"]
    return f"{row['length']:>7} {window:>6} " + " ".join(f"{cell:>15}" for cell in cells) + f"   {ratio}"


def write(
    output: Path,
    device: str,
    measured: dict[str, Any],
    rows: Sequence[dict[str, Any]] = (),
    errors: dict[str, Any] | None = None,
) -> None:
    """Put rows, or errors, of a GPU into the file, in place of older ones of the same length and window.

    ``measured`` holds date and versions. Rows measured at another time, or with other versions, keep theirs; other
    GPUs' rows stay as they are. The file is replaced as a whole, so that a run that is cut off leaves a whole one.
    """
    table = json.loads(output.read_text()) if output.exists() else {"devices": {}}
    table["command"] = "python benchmarks/attention.py"
    entry = table["devices"].setdefault(device, {**measured, "shape": SHAPE, "rows": []})
    if any(entry.get(name) != value for name, value in measured.items()):
        before = {name: entry.pop(name) for name in (*measured, "source") if name in entry}
        for row in entry["rows"]:
            row.setdefault(MEASURED, before)
        entry.update(measured)
    if errors is not None:
        entry["errors"] = errors
    for row in rows:
        entry["rows"] = [old for old in entry["rows"] if _place(old) != _place(row)] + [row]
    entry["rows"].sort(key=_place)
    scratch = output.with_name(f".{output.name}.part")
    scratch.write_text(layout(table) + "\n")
    scratch.replace(output)


def _place(row: dict[str, Any]) -> tuple[int, int]:
    """Full attention ahead of windows, as a key to sort by."""
    return row["length"], row["window"] or 0
