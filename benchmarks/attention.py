"""Attention with sinks on a GPU: time of forward and backward by engine and length, and errors against float64.

    python benchmarks/attention.py [--lengths 1024,4096,16384,65536] [--seconds 180] [--output FILE] [--no-table]

Batch 1, 64 query and 8 key heads of 64, bfloat16; full attention and a window of 128; the sinks are trained too.
Compared are our two engines, upstream's compiled FlexAttention called as transformers calls it but compiled anew for
every length, which is its best, and upstream's eager attention where it fits. Each figure is the median of 20 runs
after 3, timed by CUDA events; where the time is running out there are fewer, and the table says how many. The rows
become this GPU's in patches/attention_table.json, by which the patch chooses its engine.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import transformers
from torch import Tensor

from assay.patches import attention, attention_flex
from assay.patches.attention_rows import Rows
from assay.patches.attention_table import TABLE

HEADS, SHARED, WIDTH, WINDOW = 64, 8, 64, 128
SCALE = WIDTH**-0.5
RUNS, WARM_UP = 20, 3
NAMES = ("flash", "flex", "upstream flex", "upstream eager")
EAGER_BYTES = 24  # for each score: scores, mask, sum, softmax and their gradients, at most at a time

Inputs = tuple[Tensor, Tensor, Tensor, Tensor]
Function = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def inputs(length: int, dtype: torch.dtype, batch: int = 1, seed: int = 0) -> tuple[Inputs, Tensor]:
    """q, k, v (batch, heads, length, width) as the model's projections lay them out, sinks; the output's gradient."""
    generator = torch.Generator("cuda").manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, device="cuda", dtype=torch.float32).to(dtype)

    q, k, v = (normal(batch, length, heads, WIDTH).transpose(1, 2) for heads in (HEADS, SHARED, SHARED))
    tensors = (q, k, v, normal(HEADS))
    return tuple(x.requires_grad_() for x in tensors), normal(batch, length, HEADS, WIDTH)  # type: ignore[return-value]


def ours(engine: str, rows: Rows, window: int | None) -> Function:
    return lambda *x: attention.attend(*x, rows, window, SCALE, engine)


def _mask_function(window: int | None) -> Callable[..., Any]:
    from transformers.masking_utils import causal_mask_function, sliding_window_causal_mask_function

    return causal_mask_function if window is None else sliding_window_causal_mask_function(window)


def upstream_flex(length: int, window: int | None, batch: int = 1) -> Function:
    """``flex_attention_forward`` of transformers, its block mask built beforehand, as the model does once a pass."""
    from torch.nn.attention.flex_attention import flex_attention
    from transformers.integrations.flex_attention import WrappedFlexAttention, flex_attention_forward
    from transformers.masking_utils import flex_attention_mask

    torch._dynamo.config.recompile_limit = 64  # past it the unfused attention would be timed
    compiled = WrappedFlexAttention(True)
    compiled._compiled_flex_attention = torch.compile(flex_attention, dynamic=False)

    mask = flex_attention_mask(batch, length, length, mask_function=_mask_function(window), device="cuda")
    module = SimpleNamespace(training=True)
    return lambda q, k, v, s: flex_attention_forward(module, q, k, v, mask, scaling=SCALE, s_aux=s)[0]  # type: ignore[arg-type]


def upstream_eager(length: int, window: int | None, dtype: torch.dtype, batch: int = 1) -> Function:
    from transformers.masking_utils import eager_mask
    from transformers.models.gpt_oss.modeling_gpt_oss import eager_attention_forward

    mask = eager_mask(batch, length, length, mask_function=_mask_function(window), dtype=dtype, device="cuda")

    def run(q: Tensor, k: Tensor, v: Tensor, s: Tensor) -> Tensor:
        module = SimpleNamespace(num_key_value_groups=HEADS // SHARED, sinks=s, training=True)
        return eager_attention_forward(module, q, k, v, mask, SCALE)[0]  # type: ignore[arg-type]

    return run


def milliseconds(function: Function, tensors: Inputs, grad: Tensor, deadline: float) -> tuple[float, int]:
    """Median of forward and backward, and of how many runs: 20, or 3 and more in half the time that is left."""

    def once() -> float:
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        torch.autograd.grad(function(*tensors), tensors, grad)
        end.record()
        end.synchronize()
        return begin.elapsed_time(end)

    last = min(once() for _ in range(WARM_UP))
    runs = max(3, min(RUNS, int((deadline - time.monotonic()) * 500 / last)))
    return statistics.median(once() for _ in range(runs)), runs


def functions(length: int, window: int | None) -> dict[str, Callable[[], Function]]:
    """What is compared at this length, each built only when its turn has come."""
    rows = Rows(1, length, length, torch.device("cuda"), None, None)
    free = torch.cuda.mem_get_info()[0]
    built: dict[str, Callable[[], Function]] = {
        "flash": partial(ours, "flash", rows, window),
    }
    if attention_flex.triton_there():
        built["flex"] = partial(ours, "flex", rows, window)
        built["upstream flex"] = partial(upstream_flex, length, window)
    if length**2 * HEADS * EAGER_BYTES < free:
        built["upstream eager"] = partial(upstream_eager, length, window, torch.bfloat16)
    return built


def time_all(lengths: list[int], seconds: float) -> list[dict[str, Any]]:
    """One row for each length and window; a case that fails is reported and left out."""
    deadline = time.monotonic() + seconds
    cases = [(length, window) for length in sorted(lengths) for window in (None, WINDOW)]
    rows: list[dict[str, Any]] = []
    for number, (length, window) in enumerate(cases):
        tensors, grad = inputs(length, torch.bfloat16)
        row: dict[str, Any] = {"length": length, "window": window, "milliseconds": {}, "runs": {}, "peak_mib": {}}
        for name, build in functions(length, window).items():
            say(f"{number + 1}/{len(cases)} {length:,} {'full' if window is None else window}: {name}")
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            try:
                median, row["runs"][name] = milliseconds(build(), tensors, grad, deadline)
            except Exception as error:  # the other cases still count
                say(f"{name} at {length:,} failed: {type(error).__name__}: {str(error)[:500]}", end="\n")
                continue
            row["milliseconds"][name] = round(median, 3)
            row["peak_mib"][name] = round((torch.cuda.max_memory_allocated() - before) / 2**20)
        rows.append(row)
        del tensors, grad
    return rows


def errors(length: int = 517, batch: int = 2) -> dict[str, dict[str, float]]:
    """Norm-relative errors of output and gradients against eager attention in float64."""
    found: dict[str, dict[str, float]] = {}
    for dtype in (torch.bfloat16, torch.float16):
        for window in (None, WINDOW):
            tensors, grad = inputs(length, dtype, batch)
            rows = Rows(batch, length, length, torch.device("cuda"), None, None)
            candidates: dict[str, Callable[[], Function]] = {
                "flash": partial(ours, "flash", rows, window),
                "upstream eager": partial(upstream_eager, length, window, dtype, batch),
            }
            if attention_flex.triton_there():
                candidates["flex"] = partial(ours, "flex", rows, window)
                candidates["upstream flex"] = partial(upstream_flex, length, window, batch)
            wide: Any = tuple(x.detach().double().requires_grad_() for x in tensors)
            exact = _answers(upstream_eager(length, window, torch.float64, batch), wide, grad.double())
            kind = f"{str(dtype).removeprefix('torch.')}, {'full' if window is None else f'window {window}'}"
            for name, build in candidates.items():
                say(f"errors: {name}, {kind}")
                try:
                    pairs = zip(("out", "dq", "dk", "dv", "ds"), _answers(build(), tensors, grad), exact, strict=True)
                except Exception as error:
                    say(f"errors of {name} failed: {type(error).__name__}: {str(error)[:500]}", end="\n")
                    continue
                found[f"{name}, {kind}"] = {
                    what: float(f"{(x.double() - y).norm() / y.norm():.3g}") for what, x, y in pairs
                }
    return found


def _answers(function: Function, tensors: Inputs, grad: Tensor) -> list[Tensor]:
    out = function(*tensors)
    return [out.detach(), *torch.autograd.grad(out, tensors, grad)]


def say(text: str, end: str = "\r") -> None:
    if end == "\n" or sys.stderr.isatty():
        print(f"\x1b[2K{text}" if sys.stderr.isatty() else text, end=end, file=sys.stderr, flush=True)


def show(rows: list[dict[str, Any]], found: dict[str, dict[str, float]]) -> None:
    print(f"{'length':>7} {'window':>6} " + " ".join(f"{name:>15}" for name in NAMES) + "   ours / best upstream")
    for row in rows:
        times, runs = row["milliseconds"], row["runs"]
        cells = [
            f"{times[n]:9.2f} ms" + ("   " if runs[n] == RUNS else f" x{runs[n]}") if n in times else "-" for n in NAMES
        ]
        mine = min((times[n] for n in NAMES[:2] if n in times), default=None)
        theirs = min((times[n] for n in NAMES[2:] if n in times), default=None)
        ratio = f"{mine / theirs:.3f}" if mine and theirs else "-"
        window = "full" if row["window"] is None else row["window"]
        print(f"{row['length']:>7} {window:>6} " + " ".join(f"{cell:>15}" for cell in cells) + f"   {ratio}")
    print("\nnorm-relative errors against float64, batch 2, 517 tokens")
    for name, off in found.items():
        print(f"{name:>32}  " + "  ".join(f"{what} {value:.2e}" for what, value in off.items()))


def layout(value: Any, indent: str = "") -> str:
    """JSON with whatever fits on a line on one line."""
    flat = json.dumps(value)
    if len(indent) + len(flat) <= 118 or not isinstance(value, (dict, list)):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(key)}: {layout(item, inner)}" for key, item in value.items()]
    else:
        parts = [inner + layout(item, inner) for item in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n" + ",\n".join(parts) + f"\n{indent}{end}"


def write(rows: list[dict[str, Any]], found: dict[str, dict[str, float]], output: Path) -> None:
    """Put this GPU's rows into the table, in place of older ones; other GPUs' stay."""
    table = json.loads(output.read_text()) if output.exists() else {"devices": {}}
    table["command"] = "python benchmarks/attention.py"
    table["devices"][torch.cuda.get_device_name()] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "shape": "batch 1, 64 query and 8 key heads of 64, bfloat16, forward and backward, sinks trained",
        "rows": rows,
        "errors": found,
    }
    output.write_text(layout(table) + "\n")
    print(f"\nwritten to {output}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", default="1024,4096,16384,65536", help="tokens, separated by commas")
    parser.add_argument(
        "--seconds", type=float, default=150, help="about how long the timing may take, compilation included"
    )
    parser.add_argument("--output", type=Path, default=TABLE, help="the table to write")
    parser.add_argument("--no-table", action="store_true", help="print only")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("no CUDA device here; the table is measured on a GPU")
    if not attention_flex.triton_there():
        say("Triton is missing: FlexAttention cannot be compiled and is left out", end="\n")
    lengths = [int(length) for length in arguments.lengths.split(",")]
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, transformers {transformers.__version__}")
    rows = time_all(lengths, arguments.seconds)
    found = errors()
    show(rows, found)
    if not arguments.no_table:
        write(rows, found, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
