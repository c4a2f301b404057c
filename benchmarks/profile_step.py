"""Where a row of benchmarks/training.py spends its time, and what is alive when its memory peaks.

    python benchmarks/profile_step.py [--rows step-8x1k,attention-32k] [--top 25] [--out DIR]

One step is warmed up. Then one is traced by torch.profiler (kernels by their own GPU time, how long it is busy), or
with the allocator's history on (what is alive at the highest point, by size, since stacks cannot be recorded in the
backward pass of torch 2.11; memory that was there before that step is one figure), or by cProfile (the host's own
time). Prints tables, writes profile.json to --out or $OUT.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import sys
import time
from collections import Counter
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import lora_step
import torch
from rich.console import Console
from rich.table import Table

import training

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


def alive_at_peak(take: Any) -> dict[str, Any]:
    """Gigabytes alive at the highest point of one step, by size, and what was asked for just before."""
    before = torch.cuda.memory_allocated()
    torch.cuda.memory._record_memory_history("all", context=None, max_entries=EVENTS)
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
    sizes = Counter(event["size"] for event in live.values())
    rows = [{"mb": size / 1e6, "pieces": count} for size, count in sizes.items()]
    rows.sort(key=lambda row: -row["mb"] * row["pieces"])
    sequence = [(event["action"], event["size"] / 1e6) for event in trace[max(0, at - 40) : at + 1]]
    return {"before_gb": before / 1e9, "above_gb": peak / 1e9, "events": len(trace), "alive": rows, "before": sequence}


def host(take: Any) -> dict[str, Any]:
    """Python functions of one step by their own time on the host; the GPU's work goes on beside it."""
    recorder = cProfile.Profile()
    with torch.autograd.set_multithreading_enabled(False):
        recorder.enable()
        take()
        recorder.disable()
    torch.cuda.synchronize()
    rows = [
        {"function": f"{'/'.join(Path(file).parts[-2:])}:{line} {name}", "ms": own * 1e3, "calls": calls}
        for (file, line, name), (calls, _, own, _, _) in pstats.Stats(recorder).stats.items()  # pyright: ignore
    ]
    rows.sort(key=lambda row: -row["ms"])
    return {"functions": rows[:200]}


def profile(row: training.Row, config: Any, device: torch.device, part: str) -> dict[str, Any]:
    """One row: warm-up, then its kernels or its memory."""
    model, _ = training.prepare(row, config, device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-5, fused=True)
    generator = torch.Generator(device).manual_seed(0)
    ids = torch.randint(0, config.vocab_size, (row.batch, row.tokens), device=device, generator=generator)
    take = partial(lora_step.step, model, optimizer, ids, None if lora_step.has_trl() else row.chunk)
    take()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    start = time.perf_counter()
    take()
    torch.cuda.synchronize()
    wall = time.perf_counter() - start
    found: dict[str, Any] = {"row": row.name}
    found |= {
        "time": partial(kernels, take, wall),
        "memory": partial(alive_at_peak, take),
        "host": partial(host, take),
    }[part]()
    training.remove_patches(model)
    del model, optimizer, take
    training.clear(device)
    return found


def show(found: dict[str, Any], top: int, console: Console) -> None:
    """The two tables of a row."""
    if "kernels" in found:
        title = f"{found['row']}: step {found['wall_ms']:.0f} ms, GPU busy {found['busy_ms']:.0f} ms, "
        table = Table("kernel", "ms", "calls", title=title + f"{found['launches']} launches", title_justify="left")
        for row in found["kernels"][:top]:
            table.add_row(row["kernel"][:110], f"{row['ms']:.1f}", str(row["calls"]))
        console.print(table)
    if "functions" in found:
        table = Table("function on the host", "own ms", "calls", title=found["row"], title_justify="left")
        for row in found["functions"][:top]:
            table.add_row(row["function"], f"{row['ms']:.1f}", str(row["calls"]))
        console.print(table)
    if "alive" in found:
        title = f"{found['row']}: {found['above_gb']:.2f} GB above the {found['before_gb']:.2f} GB there before"
        table = Table("MB", "pieces", "GB together", title=title, title_justify="left")
        for row in found["alive"][:top]:
            together = row["mb"] * row["pieces"] / 1e3
            table.add_row(f"{row['mb']:.1f}", str(row["pieces"]), f"{together:.3f}")
        console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="step-8x1k,attention-32k", help="rows of benchmarks/training.py")
    parser.add_argument("--parts", default="time,memory", help="time, memory, host")
    parser.add_argument("--top", type=int, default=25, help="lines of each table")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")), help="folder for profile.json")
    options = parser.parse_args()
    rows = training.selected(options.rows)
    if not torch.cuda.is_available():
        sys.exit("no CUDA device: this profiles one")
    console, done = Console(width=150), []
    if unknown := set(options.parts.split(",")) - {"time", "memory", "host"}:
        sys.exit(f"--parts: {unknown.pop()} is none of time, memory, host")
    options.out.mkdir(parents=True, exist_ok=True)
    for row, part in product(rows, options.parts.split(",")):
        found = profile(row, training.configuration(False), torch.device("cuda"), part)
        done.append(found)
        show(found, options.top, console)
        (options.out / "profile.json").write_text(json.dumps(done, indent=2))


if __name__ == "__main__":
    main()
