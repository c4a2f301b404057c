"""Attention with sinks on a GPU: time of forward and backward by engine and length, and errors against float64.

    python benchmarks/attention.py [--rows 16384,16384/128,...] [--engines flash,...] [--no-errors] [--no-table]

Batch 1, 64 query and 8 key heads of 64, bfloat16; full attention and a window of 128; the sinks are trained too.
Compared are our engines, upstream's compiled FlexAttention called as transformers calls it but compiled anew for
every length, which is its best, and upstream's eager attention where it fits. Each figure is the median of 20 runs
after 3, timed by CUDA events; where the time is running out there are fewer, and the table says how many. Beside it
stands what a length costs that the engine has not met before. Each row is printed, and becomes this GPU's in
patches/attention_table.json, by which the patch chooses its engine, as soon as it is measured; other rows stay. Ends
with 1 if something could not be measured.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attention_report as report
import torch
import transformers
from torch import Tensor

from assay.patches import attention, attention_flex
from assay.patches.attention_cuda import Cudnn
from assay.patches.attention_rows import Rows
from assay.patches.attention_table import TABLE

HEADS, SHARED, WIDTH, WINDOW = 64, 8, 64, 128
SCALE = WIDTH**-0.5
RUNS, WARM_UP = 20, 3
LENGTHS = (1024, 4096, 16384, 65536)
NAMES = report.OURS + report.UPSTREAM
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


def new_length(engine: str, length: int, window: int | None) -> float:
    """Milliseconds more that the first call takes than the second, at a length that ``engine`` has not met yet."""
    length = max(128, length - 128)  # a multiple of a block as well: that much flex compiles for
    rows = Rows(1, length, length, torch.device("cuda"), None, None)
    tensors, grad = inputs(length, torch.bfloat16)
    function = ours(engine, rows, window)

    def once() -> float:
        torch.cuda.synchronize()
        begin = time.perf_counter()
        torch.autograd.grad(function(*tensors), tensors, grad)
        torch.cuda.synchronize()
        return (time.perf_counter() - begin) * 1000

    first = once()
    return max(0.0, first - once())


def functions(length: int, window: int | None, q: Tensor) -> dict[str, Callable[[], Function]]:
    """What is compared at this length, each built only when its turn has come."""
    rows = Rows(1, length, length, torch.device("cuda"), None, None)
    free = torch.cuda.mem_get_info()[0]
    built: dict[str, Callable[[], Function]] = {
        "flash": partial(ours, "flash", rows, window),
    }
    if Cudnn.usable(q, rows, window):
        built["cudnn"] = partial(ours, "cudnn", rows, window)
    if attention_flex.triton_there():
        built["flex"] = partial(ours, "flex", rows, window)
        built["upstream flex"] = partial(upstream_flex, length, window)
    if length**2 * HEADS * EAGER_BYTES < free:
        built["upstream eager"] = partial(upstream_eager, length, window, torch.bfloat16)
    return built


def time_row(
    length: int, window: int | None, engines: Sequence[str], deadline: float, progress: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """The row of one length and window, and what failed in it: an engine that does is left out."""
    tensors, grad = inputs(length, torch.bfloat16)
    row: dict[str, Any] = {"length": length, "window": window, "milliseconds": {}, "runs": {}, "peak_mib": {}}
    row["new_length_ms"] = {}
    failed = []
    for name, build in functions(length, window, tensors[0]).items():
        if name not in engines:
            continue
        say(f"{progress} {length:,} {'full' if window is None else window}: {name}")
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        try:
            median, row["runs"][name] = milliseconds(build(), tensors, grad, deadline)
        except Exception as error:  # the other engines still count
            failed.append(f"{name} at {length:,}: {type(error).__name__}: {' '.join(str(error).split())[:500]}")
            continue
        row["milliseconds"][name] = round(median, 3)
        row["peak_mib"][name] = round((torch.cuda.max_memory_allocated() - before) / 2**20)
        if name in report.OURS:
            row["new_length_ms"][name] = round(new_length(name, length, window), 1)
    return row, failed


def errors(length: int = 517, batch: int = 2) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Norm-relative errors of output and gradients against eager attention in float64, and what failed."""
    found: dict[str, dict[str, float]] = {}
    failed = []
    for dtype in (torch.bfloat16, torch.float16):
        for window in (None, WINDOW):
            tensors, grad = inputs(length, dtype, batch)
            rows = Rows(batch, length, length, torch.device("cuda"), None, None)
            candidates: dict[str, Callable[[], Function]] = {
                "flash": partial(ours, "flash", rows, window),
                "upstream eager": partial(upstream_eager, length, window, dtype, batch),
            }
            if Cudnn.usable(tensors[0], rows, window):
                candidates["cudnn"] = partial(ours, "cudnn", rows, window)
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
                    failed.append(f"errors of {name}: {type(error).__name__}: {' '.join(str(error).split())[:500]}")
                    continue
                found[f"{name}, {kind}"] = {
                    what: float(f"{(x.double() - y).norm() / y.norm():.3g}") for what, x, y in pairs
                }
    return found, failed


def _answers(function: Function, tensors: Inputs, grad: Tensor) -> list[Tensor]:
    out = function(*tensors)
    return [out.detach(), *torch.autograd.grad(out, tensors, grad)]


def say(text: str) -> None:
    """Progress: a line that the next one overwrites on a terminal, and one of its own in a log."""
    if sys.stderr.isatty():
        print(f"\x1b[2K{text}", end="\r", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def chosen(text: str | None) -> list[tuple[int, int | None]]:
    """Rows (length, window) of ``16384,16384/128``; without it all there are. Raises ValueError."""
    if text is None:
        return [(length, window) for length in LENGTHS for window in (None, WINDOW)]
    found = []
    for word in text.split(","):
        length, _, window = word.partition("/")
        found.append((int(length), int(window) if window else None))
        if found[-1][0] < 1 or (window and int(window) < 1):
            raise ValueError(f"{word} is no length")
    return found


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options; a wrong one ends the program with 2 and a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help="lengths, and lengths/window, separated by commas: 16384,16384/128")
    parser.add_argument("--engines", default=",".join(NAMES), help="which are timed, separated by commas")
    parser.add_argument(
        "--seconds", type=float, default=150, help="about how long the timing may take, compilation included"
    )
    parser.add_argument("--output", type=Path, default=TABLE, help="the table to write")
    parser.add_argument("--no-table", action="store_true", help="print only")
    parser.add_argument("--no-errors", action="store_true", help="leave out the errors against float64")
    options = parser.parse_args(arguments)
    try:
        options.rows = chosen(options.rows)
    except ValueError:
        parser.error(f"--rows: '{options.rows}' is not like 16384,16384/128 (a length, or a length and a window)")
    options.engines = options.engines.split(",")
    if unknown := [name for name in options.engines if name not in NAMES]:
        parser.error(f"--engines: there is no engine '{unknown[0]}'; there are {', '.join(NAMES)}")
    if not options.no_table and set(options.engines) != set(NAMES) and options.output == TABLE:
        parser.error("--engines leaves some out, which would be lost from the table: add --no-table or --output FILE")
    if not torch.cuda.is_available():
        parser.error("no CUDA device here; the table is measured on a GPU")
    return options


def main() -> int:
    options = parse()
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    measured = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "versions": versions}
    device = torch.cuda.get_device_name()
    write = None if options.no_table else partial(report.write, options.output, device, measured)
    failed = [] if attention_flex.triton_there() else ["FlexAttention: Triton, which compiles it, is missing"]
    print(f"{device}, torch {torch.__version__}, transformers {transformers.__version__}")
    print(report.head(), flush=True)
    deadline = time.monotonic() + options.seconds
    for number, (length, window) in enumerate(options.rows):
        row, lost = time_row(length, window, options.engines, deadline, f"{number + 1}/{len(options.rows)}")
        failed += lost
        say("")
        print(report.line(row, RUNS), flush=True)
        if write and row["milliseconds"]:
            write(rows=[row])
    if not options.no_errors:
        found, lost = errors()
        failed += lost
        say("")
        print("\nnorm-relative errors against float64, batch 2, 517 tokens")
        for name, off in found.items():
            print(f"{name:>32}  " + "  ".join(f"{what} {value:.2e}" for what, value in off.items()), flush=True)
        if write and found:
            write(errors=found)
    if write:
        print(f"\nwritten to {options.output}")
    for text in failed:
        print(f"attention.py: not measured: {text}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
