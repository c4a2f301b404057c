"""Peak memory and time of a LoRA step of gpt-oss-20b, patched and upstream, random weights of full size.

    python benchmarks/training.py [--rows attention-4k,upstream-4k,...] [--seconds 540] [--out DIR] [--tiny]

Builds the model on the GPU, packed in MXFP4 (upstream: bfloat16, eager attention, grouped_mm experts), adds an
adapter, and takes a step of random tokens, under bfloat16's autocast as transformers' Trainer does with `bf16: true`
(factors and moments stay float32): forward, chunked log-probabilities, backward, Adam. Rows stand alone: the
model is built anew for each, and one that runs out of memory or fails says so in its place. Speed and memory do not
depend on the values; random routing is near uniform, the worst case for reading experts. `--tiny` runs the same code
on two small layers on the CPU. Prints a table, writes training.json to --out or $OUT; ends with 1 if a row
failed or found no time, but for upstream's that run out of memory.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import peft
import torch
import transformers
from lora_step import has_trl, step
from peft import LoraConfig, get_peft_model
from rich.console import Console
from rich.table import Table
from transformers import GptOssConfig

from assay.patches import apply_patches, names, remove_patches, synthetic

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Row:
    """One measurement: `reach` is the figure wanted, in GB of peak memory or, for steps that are timed, seconds."""

    name: str
    batch: int
    tokens: int
    reach: str
    experts: bool = False
    patched: bool = True
    steps: int = 2  # the first one compiles and fills caches
    chunk: int = 256  # tokens whose logits exist at a time: 0.5 GB
    checkpointing: bool = True
    tile: tuple[int, int] = (4, 8192)  # experts_per_tile and rows_per_tile of the patch experts


ROWS = [
    Row("attention-4k", 1, 4096, "14.5 GB"),
    Row("step-8x1k", 8, 1024, "0.5 s", steps=4, chunk=1024, tile=(16, 16384)),
    Row("step-8x1k-kept", 8, 1024, "0.5 s", steps=4, chunk=1024, tile=(16, 16384), checkpointing=False),
    Row("step-8x1k-small-tiles", 8, 1024, "0.5 s", steps=4, chunk=1024),
    Row("upstream-4k", 1, 4096, "52.5 GB before", patched=False),
    Row("attention-2k", 1, 2048, "14 GB"),
    Row("attention-8k", 1, 8192, "14.5 GB"),
    Row("attention-32k", 1, 32768, "17 GB"),
    Row("all-linear-4k", 1, 4096, "18 GB", experts=True),
    Row("upstream-step-8x1k", 8, 1024, "", patched=False, steps=3, chunk=1024),
    Row("upstream-all-linear-4k", 1, 4096, "", experts=True, patched=False),
    Row("attention-128k", 1, 131072, "28 GB", steps=1),
    Row("attention-256k", 1, 262144, "80 GB", steps=1),
]


@dataclass
class Result:
    """What a row gave; `status` is `ok`, `out of memory` or the error."""

    row: str
    status: str = "ok"
    peak_gb: float | None = None
    weights_gb: float | None = None
    seconds: float | None = None
    parameters: int | None = None
    loss: float | None = None
    host_peak_gb: float | None = None  # of the process so far, pinned memory included
    patches: dict[str, Any] | None = None


def configuration(tiny: bool) -> Any:
    """gpt-oss-20b, or two layers of its shape that fit anywhere."""
    if not tiny:
        return GptOssConfig(num_hidden_layers=24, num_local_experts=32, router_aux_loss_coef=0.0)
    return GptOssConfig(
        num_hidden_layers=2,
        num_local_experts=4,
        num_experts_per_tok=2,
        hidden_size=64,
        intermediate_size=64,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        vocab_size=512,
        router_aux_loss_coef=0.0,
    )


def prepare(row: Row, config: Any, device: torch.device) -> tuple[Any, dict[str, Any] | None]:
    """The model with its adapter, ready to train, and what the patches say they did."""
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    model = synthetic.model(config, device, dtype, packed=row.patched, attention="eager")
    model.requires_grad_(False)
    said = None
    if row.patched:
        chosen = [name for name in names() if name not in ("fp16", "guard")]
        options = {"experts": {"experts_per_tile": row.tile[0], "rows_per_tile": row.tile[1]}}
        said = apply_patches(model, chosen, options=options, say=lambda table: None).rows
    else:
        model.set_experts_implementation("grouped_mm")
    rank = 8 if row.experts else 32
    options: dict[str, Any] = {"target_parameters": EXPERTS} if row.experts else {}
    model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=ATTENTION, **options))
    with torch.no_grad():  # a fresh B is zero, and A would get no gradient
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0.0, 1e-3)
    if row.checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.enable_input_require_grads()
    return model.train(), said


def measure(row: Row, config: Any, device: torch.device, by_trl: bool) -> Result:
    """Run a row from building to the last step."""
    result, model, optimizer = Result(row.name), None, None
    cuda = device.type == "cuda"
    try:
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        model, result.patches = prepare(row, config, device)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        result.parameters = sum(parameter.numel() for parameter in trained)
        optimizer = torch.optim.Adam(trained, lr=1e-5, fused=cuda)
        if cuda:
            result.weights_gb = torch.cuda.memory_allocated() / 1e9
            gc.collect()
            torch.cuda.empty_cache()  # building took more than training will
            torch.cuda.reset_peak_memory_stats()
        generator = torch.Generator(device).manual_seed(0)
        shape = (row.batch, row.tokens)
        ids = torch.randint(0, config.vocab_size, shape, device=device, generator=generator)
        times = []
        for _ in range(row.steps):
            _wait(device)
            start = time.perf_counter()
            result.loss = step(model, optimizer, ids, None if by_trl else row.chunk)
            _wait(device)
            times.append(time.perf_counter() - start)
        result.seconds = statistics.median(times[1:] or times)
    except torch.OutOfMemoryError:
        result.status = OUT_OF_MEMORY
    except Exception as error:  # a row that fails must not take the others with it
        result.status = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    finally:
        if cuda:
            result.peak_gb = torch.cuda.max_memory_allocated() / 1e9
        result.host_peak_gb = _host_peak()
        if model is not None and row.patched:
            remove_patches(model)
        del model, optimizer
        clear(device)
    return result


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def clear(device: torch.device) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def selected(wanted: str | None) -> list[Row]:
    """The rows asked for, in the order asked for; all of them by default."""
    by_name = {row.name: row for row in ROWS}
    chosen = wanted.split(",") if wanted else list(by_name)
    if unknown := [name for name in chosen if name not in by_name]:
        sys.exit(f"--rows: there is no row {unknown[0]}; there are {', '.join(by_name)}")
    return [by_name[name] for name in chosen]


def run(
    rows: list[Row], config: Any, device: torch.device, seconds: float, shrink: int
) -> Iterator[tuple[Row, Result]]:
    """Each row with its result, as long as there is time."""
    start, by_trl = time.monotonic(), has_trl() and device.type == "cuda"
    for row in rows:
        small = Row(**asdict(row) | {"tokens": max(16, row.tokens // shrink)})
        if time.monotonic() - start > seconds:
            yield row, Result(row.name, "no time left: raise --seconds")
        else:
            yield row, measure(small, config, device, by_trl)


def _host_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def show(rows: list[tuple[Row, Result]], console: Console) -> None:
    """The table."""
    table = Table("row", "batch x tokens", "peak GB", "weights GB", "step s", "loss", "host GB", "reach", "status")
    for row, result in rows:
        figures = (result.peak_gb, result.weights_gb, result.seconds)
        table.add_row(
            row.name,
            f"{row.batch} x {row.tokens}",
            *("" if figure is None else f"{figure:.2f}" for figure in figures),
            "" if result.loss is None else f"{result.loss:.3f}",
            "" if result.host_peak_gb is None else f"{result.host_peak_gb:.1f}",
            row.reach,
            result.status,
        )
    console.print(table)


def expected(row: Row, result: Result) -> bool:
    """Upstream may run out of memory: that is a figure."""
    return not row.patched and result.status == OUT_OF_MEMORY


def failed(statuses: dict[str, str]) -> int:
    """The exit code, 1 if one is not ok, and on the error output what was not measured."""
    lost = {name: status for name, status in statuses.items() if status != "ok"}
    for name, status in lost.items():
        print(f"{Path(sys.argv[0]).name}: {name} failed: {status}", file=sys.stderr)
    return 1 if lost else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help="names of rows, separated by commas")
    parser.add_argument("--seconds", type=float, default=540.0, help="no row starts later than this")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")), help="folder for training.json")
    parser.add_argument("--tiny", action="store_true", help="two small layers on the CPU, 64 times fewer tokens")
    options = parser.parse_args()
    rows = selected(options.rows)
    if not options.tiny and not torch.cuda.is_available():
        sys.exit("no CUDA device: this measures one; --tiny tries the code on the CPU")
    device = torch.device("cpu" if options.tiny else "cuda")
    console = Console(width=150)
    done = []
    context = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "device": "CPU" if options.tiny else torch.cuda.get_device_name(),
        "versions": {module.__name__: module.__version__ for module in (torch, transformers, peft)},
        "log_probabilities": "TRL" if has_trl() and not options.tiny else "own",
    }
    options.out.mkdir(parents=True, exist_ok=True)
    for row, result in run(rows, configuration(options.tiny), device, options.seconds, 64 if options.tiny else 1):
        done.append((row, result))
        console.print(
            f"{row.name}: {result.status}, peak {result.peak_gb} GB, step {result.seconds} s", highlight=False
        )
        written = {**context, "rows": [asdict(row) | asdict(result) for row, result in done]}
        (options.out / "training.json").write_text(json.dumps(written, indent=2))  # after each: a run may be cut off
    console.print(context)
    show(done, console)
    return failed({row.name: result.status for row, result in done if not expected(row, result)})


if __name__ == "__main__":
    sys.exit(main())
