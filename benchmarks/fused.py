"""MXFP4 experts, fused against unfused: rows times weights that become dense in registers, or in a buffer before.

    python benchmarks/fused.py [--tokens 1,4,8,...] [--seconds 80] [--out DIR] [--table]

Sizes of gpt-oss-20b: 32 experts, top 4, gate_up 2880 x 5760, down 2880 x 2880, random weights and uniform routing.
Unfused is what the patch `experts` does: plan() with its wait for the counts, a few experts dequantised into a reused
buffer, torch's grouped product. A pass is all of its products: forward gate_up and down; backward gate_up once more,
both gradients, each weight dequantised once. Every figure is the median of 20 runs by CUDA events, weights not in the
cache; shapes of programs are tried first, and the faster one is timed. The layer is a whole forward pass of its
experts without gradients, in the shapes of the table as it is, and by the host's clock: what a step of generation
waits for. Prints a table, writes fused.json to --out or $OUT; with --table its rows become this GPU's in
patches/fused_table.json, by which the patch chooses.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

try:
    import triton
except ImportError:
    sys.exit("fused.py: the kernels need Triton, which is not installed: pip install triton, on a machine with a GPU")

from fused_paths import EXPERTS, HIDDEN, INNER, PRODUCTS, TOP, Case, Fused, Layer, Unfused, weights
from layout import layout

from assay.patches import fused_kernels, grouped
from assay.patches.fused_kernels import Shape
from assay.patches.fused_weight import Limits

TOKENS = "1,4,8,16,32,64,128,256,512,1024,2048,8192"
RUNS, TRIALS, WARM_UP = 20, 5, 2
TABLE = Path(fused_kernels.__file__).with_name("fused_table.json")
PASSES = ("forward", "backward")

# What is tried: rows, columns, depth, warps, stages of a program. Those for many rows a program only where there are.
FORWARD = [
    Shape(16, 64, 64, 4, 4),
    Shape(16, 128, 64, 4, 4),
    Shape(16, 32, 64, 4, 4),
    Shape(64, 64, 64, 4, 3),
    Shape(64, 128, 32, 4, 3),
    Shape(128, 128, 64, 8, 3),
]
BACKWARD = [
    Shape(16, 64, 64, 4, 4),
    Shape(16, 32, 64, 4, 4),
    Shape(64, 64, 64, 4, 3),
    Shape(64, 128, 64, 8, 3),
    Shape(128, 128, 64, 8, 3),
]


FLUSH: list[Tensor] = []


def waited(function: Callable[[], Any]) -> float:
    """Median milliseconds until the result is there, by the host's clock."""
    times = []
    for number in range(WARM_UP + RUNS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        function()
        torch.cuda.synchronize()
        if number >= WARM_UP:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def milliseconds(function: Callable[[], Any], runs: int) -> float:
    """Median by events. What is written before each run empties the cache, and gives the host time to run ahead."""
    if not FLUSH:
        FLUSH.append(torch.empty(2**29, dtype=torch.uint8, device="cuda"))
    times = []
    for number in range(WARM_UP + runs):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        FLUSH[0].zero_()
        begin.record()
        function()
        end.record()
        end.synchronize()
        if number >= WARM_UP:
            times.append(begin.elapsed_time(end))
    return statistics.median(times)


def candidates(case: Case, back: bool) -> list[Shape]:
    """Shapes that fit the rows an expert has: none with more than four times as many rows, or an eighth of them."""
    each = max(1.0, case.rows / EXPERTS)
    return [
        s for s in (BACKWARD if back else FORWARD) if s.rows == 16 * (each <= 128) or each / 8 <= s.rows <= 4 * each
    ]


def choose(fused: Fused, case: Case, deadline: float) -> dict[str, Shape]:
    """The faster shape of each way, over both projections; those that were not tried in time are left out."""
    chosen = {}
    for way, products in (("forward", PRODUCTS[:2]), ("backward", PRODUCTS[2:])):
        times: dict[Shape, float] = {}
        for shape in candidates(case, way == "backward"):
            if times and time.monotonic() > deadline:
                break
            try:
                times[shape] = milliseconds(partial(fused.products, case, products, {way: shape}), TRIALS)
            except Exception as error:  # a shape that this GPU has no room for
                say(f"{shape}: {type(error).__name__}: {str(error)[:200]}", end="\n")
        listed = ", ".join(f"{'x'.join(map(str, astuple(s)))} {ms:.3f}" for s, ms in times.items())
        say(f"{case.tokens} tokens, {way}, ms of both projections: {listed}", end="\n")
        chosen[way] = min(times, key=times.__getitem__)
    return chosen


def passes() -> dict[str, tuple[str, ...]]:
    """The products of each pass; the backward one computes gate_up again."""
    return {"forward": PRODUCTS[:2], "backward": ("gate_up forward", "down dX", "gate_up dX")}


def measure(tokens: list[int], dtype: torch.dtype, tiling: grouped.Tiling, seconds: float) -> list[dict[str, Any]]:
    """One row for each number of tokens."""
    deadline = time.monotonic() + seconds * 0.7  # what is left is for the timing itself
    generator = torch.Generator("cuda").manual_seed(0)
    gate_up, down = weights(2 * INNER, HIDDEN, generator), weights(HIDDEN, INNER, generator)
    fused, unfused = Fused(gate_up, down), Unfused(gate_up, down, dtype, tiling)
    layers = {
        "fused": Layer(gate_up, down, dtype, tiling, Limits(math.inf, 0)),
        "unfused": Layer(gate_up, down, dtype, tiling, None),
    }
    rows = []
    for count in tokens:
        case = Case(count, dtype, generator)
        rows.append(row(fused, unfused, case, deadline))
        rows[-1]["milliseconds"]["layer"] = {n: round(waited(partial(f, case)), 4) for n, f in layers.items()}
    return rows


def row(fused: Fused, unfused: Unfused, case: Case, deadline: float) -> dict[str, Any]:
    """The shapes chosen for so many rows, and the milliseconds of each product and pass."""
    shapes = choose(fused, case, deadline)
    ours, theirs = fused.products(case, PRODUCTS, shapes), unfused.products(case, PRODUCTS)
    apart = max(difference(ours[name], torch.cat(theirs[name])) for name in PRODUCTS)
    del ours, theirs
    timed: dict[str, dict[str, float]] = {}
    for name, wanted in {**{product: (product,) for product in PRODUCTS}, **passes()}.items():
        fast = milliseconds(partial(fused.products, case, wanted, shapes), RUNS)
        slow = milliseconds(partial(unfused.products, case, wanted), RUNS)
        timed[name] = {"fused": round(fast, 4), "unfused": round(slow, 4)}
    return {
        "tokens": case.tokens,
        "rows_per_expert": case.rows / EXPERTS,
        "shapes": {way: list(astuple(shape)) for way, shape in shapes.items()},
        "apart": float(f"{apart:.2g}"),
        "milliseconds": timed,
    }


def difference(a: Tensor, b: Tensor) -> float:
    """Norm-relative."""
    return ((a.float() - b.float()).norm() / b.float().norm()).item()


def limit(rows: list[dict[str, Any]], name: str) -> float:
    """Rows an expert up to which the fused pass was faster at every number of tokens measured; 0 where it never was."""
    found = 0.0
    for row in sorted(rows, key=lambda row: row["tokens"]):
        times = row["milliseconds"][name]
        if times["fused"] >= times["unfused"]:
            break
        found = row["rows_per_expert"]
    return found


def say(text: str, end: str = "\r") -> None:
    if end == "\n" or sys.stderr.isatty():
        print(f"\x1b[2K{text}" if sys.stderr.isatty() else text, end=end, file=sys.stderr, flush=True)


def show(rows: list[dict[str, Any]]) -> None:
    """Fused / unfused milliseconds of each product and pass, and how far their results are apart, norm-relative."""
    names = [*PRODUCTS, *PASSES, "layer"]
    print(f"{'tokens':>7} " + " ".join(f"{name:>17}" for name in names) + "   apart")
    for row in rows:
        pairs = (row["milliseconds"][name] for name in names)
        cells = " ".join(f"{p['fused']:8.3f}/{p['unfused']:8.3f}" for p in pairs)
        print(f"{row['tokens']:>7} {cells}   {row['apart']:.1e}")
    for name in PASSES:
        print(f"{name}: the fused pass is faster up to {limit(rows, name):g} rows an expert")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", default=TOKENS, help="separated by commas")
    parser.add_argument("--seconds", type=float, default=80, help="about how long it may take, compilation included")
    parser.add_argument("--experts-per-tile", type=int, default=4, help="what the unfused path dequantises at a time")
    parser.add_argument("--dtype", choices=("bfloat16", "float16"), default="bfloat16")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")), help="folder for fused.json")
    parser.add_argument("--table", action="store_true", help=f"put this GPU's rows into {TABLE.name}")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("no CUDA device here; the kernels are measured on a GPU")
    name = torch.cuda.get_device_name()
    print(f"{name}, torch {torch.__version__}, triton {triton.__version__}, {options.dtype}")
    start = time.monotonic()
    tiling, dtype = grouped.Tiling(experts=options.experts_per_tile), getattr(torch, options.dtype)
    rows = measure([int(n) for n in options.tokens.split(",")], dtype, tiling, options.seconds)
    show(rows)
    print(f"{time.monotonic() - start:.0f} s")
    found = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"torch": torch.__version__, "triton": triton.__version__},
        "shape": f"{EXPERTS} experts, top {TOP}, hidden {HIDDEN}, inner {INNER}, {options.dtype}, uniform routing, "
        f"unfused {tiling.experts} experts at a time",
        "rows_per_expert": {name: limit(rows, name) for name in PASSES},
        "rows": rows,
    }
    table = {"command": "python benchmarks/fused.py --table", "devices": {name: found}}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "fused.json").write_text(layout(table) + "\n")
    if options.table:
        if TABLE.exists():
            table["devices"] = json.loads(TABLE.read_text())["devices"] | table["devices"]
        TABLE.write_text(layout(table) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
