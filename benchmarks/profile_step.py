"""Where a row of benchmarks/training.py spends its time, and what is alive when its memory peaks.

    python benchmarks/profile_step.py [--rows step-8x1k,attention-32k] [--top 25] [--out DIR]

One step is warmed up, one is traced by torch.profiler (kernels by their own GPU time, the share of the step in which
the GPU is busy), and one with the allocator's history on: the allocations alive at the highest point, summed by the
innermost line of assay, transformers or this folder that asked for them. Memory that was there before that step is
one figure. Prints tables, writes profile.json to --out or $OUT.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

import training

HOMES = ("/assay/", "/patches/", "/transformers/models/", "/benchmarks/", "/peft/", "/trl/")
EVENTS = 2_000_000  # of the allocator that are kept


def kernels(take: Any, wall: float) -> dict[str, Any]:
    """Kernels of one step by GPU time: name, milliseconds, calls; and the milliseconds the GPU was busy."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities, acc_events=True) as found:
        take()
        torch.cuda.synchronize()
    spent: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for event in found.events():
        if event.device_type == torch.autograd.DeviceType.CUDA:
            spent[event.name] += event.device_time / 1e3
            calls[event.name] += 1
    rows = [{"kernel": name, "ms": ms, "calls": calls[name]} for name, ms in spent.most_common()]
    return {"wall_ms": wall * 1e3, "busy_ms": sum(spent.values()), "launches": sum(calls.values()), "kernels": rows}


def place(frames: list[dict[str, Any]]) -> str:
    """The innermost line of our code or transformers' that asked for the memory."""
    for frame in frames:
        if any(home in frame["filename"] for home in HOMES):
            return f"{'/'.join(Path(frame['filename']).parts[-2:])}:{frame['line']} {frame['name']}"
    return frames[0]["name"] if frames else "?"


def alive_at_peak(take: Any) -> dict[str, Any]:
    """Gigabytes alive at the highest point of one step, by who asked for them."""
    before = torch.cuda.memory_allocated()
    torch.cuda.memory._record_memory_history("all", stacks="python", max_entries=EVENTS)
    with torch.autograd.set_multithreading_enabled(False):  # the engine's own threads have no Python stack to record
        take()
    torch.cuda.synchronize()
    trace = torch.cuda.memory._snapshot()["device_traces"][torch.cuda.current_device()]
    torch.cuda.memory._record_memory_history(None)
    live: dict[int, Any] = {}
    total = peak = 0
    at = 0
    for number, event in enumerate(trace):
        if event["action"] == "alloc":
            total += event["size"]
        elif event["action"] == "free_completed":
            total -= event["size"]
        if total > peak:
            peak, at = total, number
    for event in trace[: at + 1]:
        if event["action"] == "alloc":
            live[event["addr"]] = event
        elif event["action"] == "free_completed":
            live.pop(event["addr"], None)
    by_place: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    for event in live.values():
        name = place(event["frames"])
        by_place[name] += event["size"] / 1e9
        pieces[name] += 1
    rows = [{"place": name, "gb": gb, "pieces": pieces[name]} for name, gb in by_place.most_common()]
    return {"before_gb": before / 1e9, "above_gb": peak / 1e9, "events": len(trace), "alive": rows}


def profile(row: training.Row, config: Any, device: torch.device, part: str) -> dict[str, Any]:
    """One row: warm-up, then its kernels or its memory."""
    model, _ = training.prepare(row, config, device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-5, fused=True)
    generator = torch.Generator(device).manual_seed(0)
    ids = torch.randint(0, config.vocab_size, (row.batch, row.tokens), device=device, generator=generator)
    take = partial(training.step, model, optimizer, row, ids, training.has_trl())
    take()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    start = time.perf_counter()
    take()
    torch.cuda.synchronize()
    wall = time.perf_counter() - start
    found: dict[str, Any] = {"row": row.name}
    found |= kernels(take, wall) if part == "time" else alive_at_peak(take)
    training.remove_patches(model)
    del model, optimizer, take
    training._clear(device)
    return found


def show(found: dict[str, Any], top: int, console: Console) -> None:
    """The two tables of a row."""
    if "kernels" in found:
        title = f"{found['row']}: step {found['wall_ms']:.0f} ms, GPU busy {found['busy_ms']:.0f} ms, "
        table = Table("kernel", "ms", "calls", title=title + f"{found['launches']} launches", title_justify="left")
        for row in found["kernels"][:top]:
            table.add_row(row["kernel"][:110], f"{row['ms']:.1f}", str(row["calls"]))
        console.print(table)
    if "alive" in found:
        title = f"{found['row']}: {found['above_gb']:.2f} GB above the {found['before_gb']:.2f} GB there before"
        table = Table("asked for by", "GB", "pieces", title=title, title_justify="left")
        for row in found["alive"][:top]:
            table.add_row(row["place"], f"{row['gb']:.3f}", str(row["pieces"]))
        console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="step-8x1k,attention-32k", help="rows of benchmarks/training.py")
    parser.add_argument("--parts", default="time,memory", help="time, memory, or both")
    parser.add_argument("--top", type=int, default=25, help="lines of each table")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")), help="folder for profile.json")
    options = parser.parse_args()
    rows = training.selected(options.rows)
    if not torch.cuda.is_available():
        sys.exit("no CUDA device: this profiles one")
    console, done = Console(width=150), []
    if unknown := set(options.parts.split(",")) - {"time", "memory"}:
        sys.exit(f"--parts: {unknown.pop()} is neither time nor memory")
    options.out.mkdir(parents=True, exist_ok=True)
    for row, part in product(rows, options.parts.split(",")):
        found = profile(row, training.configuration(False), torch.device("cuda"), part)
        done.append(found)
        show(found, options.top, console)
        (options.out / "profile.json").write_text(json.dumps(done, indent=2))


if __name__ == "__main__":
    main()
