"""One GRPO update of gpt-oss-20b under a cap of GPU memory: sampling with HF `generate`, then the step, by TRL.

    python benchmarks/update.py [--dtype bfloat16,float16] [--cap 15] [--prompt 1792] [--new 256] [--tiny] [--out DIR]

The recipe gpt-oss-20b with TRL's GRPOTrainer on a model of full size with random weights, packed in MXFP4: G = 8
completions of one prompt, every one of exactly `--new` tokens, then the update, one sequence a micro-step.
`torch.cuda.set_per_process_memory_fraction` holds the process to `--cap` GB (10^9 bytes); the peak is the
allocator's, reserved memory stands beside it. Segments are expandable: gaps between others would not fit. Rewards are
drawn at random: what a kernel is worth has no bearing on memory, and with random weights no completion is one. Tokens
are those of the embedded tokenizer and any other number up to the vocabulary's size. Prints a table, writes update.json
to --out or $OUT; ends with 1 if a type failed. `--tiny` runs the same code on two small layers on the CPU.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import transformers
import trl
from datasets import Dataset
from datasets.table import InMemoryTable
from rich.console import Console
from rich.table import Table
from transformers import AutoTokenizer, TrainerCallback
from trl.trainer.grpo_trainer import GRPOTrainer

import training
from assay.patches import synthetic
from assay.training import tiny
from assay.training.models import adapter_of
from assay.training.patching import patch_model
from assay.training.recipe import parse_recipe


class Clock(TrainerCallback):
    """Seconds of each step, sampling included, and the peak when it ended."""

    def __init__(self) -> None:
        self.steps: list[dict[str, float]] = []
        self.start = 0.0

    def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
        self.start = time.perf_counter()

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        row = {"seconds": time.perf_counter() - self.start}
        if torch.cuda.is_available():
            row |= {
                "peak_gb": torch.cuda.max_memory_allocated() / 1e9,
                "reserved_gb": torch.cuda.max_memory_reserved() / 1e9,
            }
        self.steps.append(row)


def overrides(options: argparse.Namespace, dtype: str, folder: str) -> list[str]:
    """The recipe's options that this measurement sets."""
    given = {
        "dtype": dtype,
        "bf16": dtype == "bfloat16" and not options.tiny,
        "fp16": dtype == "float16" and not options.tiny,
        "use_cpu": options.tiny,
        "max_steps": options.steps,
        "warmup_steps": 0,
        "max_completion_length": options.new,
        "generation_kwargs": json.dumps({"min_new_tokens": options.new}),
        "mask_truncated_completions": False,
        "conversational": False,
        "save_strategy": "no",
        "output_dir": folder,
        "disable_tqdm": True,
    }
    words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    return (
        [*words, "--patches", "attention", "experts", "lora", "offload", "fp16", "fused"]
        if dtype == "float16"
        else words
    )


def prompt(tokenizer: Any, length: int) -> str:
    """A text of exactly so many tokens."""
    one = " a"
    text = one * length
    while (found := len(tokenizer(text)["input_ids"])) != length:
        text = text[: len(text) - len(one) * (found - length)] if found > length else text + one * (length - found)
    return text


def update(options: argparse.Namespace, dtype: str, console: Console) -> dict[str, Any]:
    """Sample and update `--steps` times; what it took."""
    cuda = not options.tiny
    clock = Clock()
    rng = random.Random(0)

    def reward(completions: list[str], completion_ids: list[list[int]], **rest: Any) -> list[float]:
        lengths.extend(map(len, completion_ids))
        return [rng.random() for _ in completions]

    lengths: list[int] = []
    found: dict[str, Any] = {"dtype": dtype, "status": "ok"}
    model = trainer = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            recipe = parse_recipe("gpt-oss-20b", overrides(options, dtype, folder))
            recipe.training.router_aux_loss_coef = 0.0
            tokenizer = AutoTokenizer.from_pretrained(str(tiny.PATH), padding_side="left")
            kind = getattr(torch, dtype)
            config = training.configuration(options.tiny)
            config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
            model = synthetic.model(config, "cuda" if cuda else "cpu", kind, attention="eager")
            model.generation_config.pad_token_id = tokenizer.pad_token_id
            prompts = InMemoryTable.from_pydict({"prompt": [prompt(tokenizer, options.prompt)] * 8})
            trainer = GRPOTrainer(
                model=model,
                reward_funcs=[reward],
                args=recipe.training,
                train_dataset=Dataset(prompts, fingerprint="prompts"),  # else it is pickled to be hashed
                processing_class=tokenizer,
                peft_config=adapter_of(recipe),
                callbacks=[clock],
            )
            patch_model(trainer, recipe, console.print)
            if cuda:
                training.clear(torch.device("cuda"))
                torch.cuda.reset_peak_memory_stats()
            trainer.train()
            found["loss"] = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
            found["grad_norm"] = [entry["grad_norm"] for entry in trainer.state.log_history if "grad_norm" in entry]
        except torch.OutOfMemoryError as error:
            found["status"] = f"out of memory: {' '.join(str(error).split())[:300]}"
        except Exception as error:  # the other type is still to be measured
            found["status"] = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            console.print_exception(max_frames=12)
    found |= {"steps": clock.steps, "completion_tokens": lengths}
    del model, trainer
    if cuda:
        training.clear(torch.device("cuda"))
    return found


def show(results: list[dict[str, Any]], console: Console) -> None:
    """The table."""
    table = Table("type", "step", "s", "peak GB", "reserved GB", "loss", "gradient", "tokens", "status")
    for found in results:
        steps = found["steps"] or [{}]
        for number, step in enumerate(steps):
            values = [found.get(name, []) for name in ("loss", "grad_norm")]
            table.add_row(
                found["dtype"],
                str(number + 1),
                *(f"{step[name]:.2f}" if name in step else "" for name in ("seconds", "peak_gb", "reserved_gb")),
                *(f"{value[number]:.4g}" if number < len(value) else "" for value in values),
                str(sorted(set(found["completion_tokens"]))),
                found["status"],
            )
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", default="bfloat16,float16", help="types to measure, separated by commas")
    parser.add_argument("--cap", type=float, default=15.0, help="GB of GPU memory that the process may use")
    parser.add_argument("--prompt", type=int, default=1792, help="tokens of the prompt")
    parser.add_argument("--new", type=int, default=256, help="tokens of each completion")
    parser.add_argument("--steps", type=int, default=1, help="updates")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")), help="folder for update.json")
    parser.add_argument("--tiny", action="store_true", help="two small layers on the CPU")
    options = parser.parse_args()
    if unknown := [name for name in options.dtype.split(",") if name not in ("bfloat16", "float16")]:
        parser.error(f"--dtype: '{unknown[0]}' is neither bfloat16 nor float16")
    if not options.tiny and not torch.cuda.is_available():
        sys.exit("no CUDA device: this measures one; --tiny tries the code on the CPU")
    device = "CPU"
    os.environ.setdefault("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True")  # read at the first allocation
    if not options.tiny:
        device = torch.cuda.get_device_name()
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, options.cap * 1e9 / total))
    console = Console(width=150)
    results: list[dict[str, Any]] = []
    options.out.mkdir(parents=True, exist_ok=True)
    for dtype in options.dtype.split(","):
        results.append(update(options, dtype, console))
        written = {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "device": device,
            "cap_gb": options.cap,
            "prompt": options.prompt,
            "versions": {module.__name__: module.__version__ for module in (torch, transformers, trl)},
            "updates": results,
        }
        (options.out / "update.json").write_text(json.dumps(written, indent=2))
    show(results, console)
    return training.failed({found["dtype"]: found["status"] for found in results})


if __name__ == "__main__":
    sys.exit(main())
