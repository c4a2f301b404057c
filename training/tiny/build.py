"""Builds the embedded tiny model: `python -m assay.training.tiny.build`.

Draws a corpus from the grammar, trains a tokenizer and a gpt-oss of at most 2 million parameters on it,
measures what that model writes, and saves all of it with a log. Takes five minutes on two free cores; on busy
ones set OMP_WAIT_POLICY=PASSIVE, or threads that spin while they wait make it several times slower.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import tokenizers
import torch
import transformers
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import GenerationConfig, GptOssForCausalLM, PreTrainedTokenizerFast

from ...rewards.tasks.matmul import PROMPT
from . import PATH, load
from .architecture import configuration, train_tokenizer
from .grammar import corpus
from .measure import MAX_NEW_TOKENS, Mixture, measure, sample
from .pretrain import BATCH, pretrain

STEPS = 1000
TOKENIZER_TEXTS = 4000
PROMPT_COPIES = 300  # enough for the prompt's words to become tokens
LOG_EVERY = 50  # steps


class Log:
    """Lines for people, kept for `build.log`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        """Print a line and keep it."""
        self.lines.append(line)
        self._progress.console.print(line, highlight=False, soft_wrap=True, markup=False)


def build(out: Path, *, seed: int, steps: int, samples: int, threads: int) -> Mixture:
    """Build the model into `out`; return the mixture measured on the files that were written.

    The same seed, steps, threads and library versions give the same weights on the same kind of CPU.
    """
    torch.set_num_threads(threads)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        log = Log(progress)
        log(f"{datetime.now(UTC):%Y-%m-%d} seed {seed}, {steps} steps of {BATCH}, {threads} threads")
        log(
            f"python {platform.python_version()}, torch {torch.__version__}, "
            f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"
        )
        _train(out, seed, steps, progress, log)
        mixture = _measure(out, seed, samples, progress, log)
        (out / "build.log").write_text("\n".join(log.lines) + "\n")
    return mixture


def _train(out: Path, seed: int, steps: int, progress: Progress, log: Log) -> None:
    texts = [s.completion for s in corpus(steps * BATCH, seed)]
    tokenizer = train_tokenizer([*texts[:TOKENIZER_TEXTS], *[PROMPT] * PROMPT_COPIES])
    ids = [[*tokenizer(text, add_special_tokens=False).input_ids, tokenizer.eos_token_id] for text in texts]
    log(
        f"corpus: {len(texts)} completions, {len(set(texts))} distinct, "
        f"{sum(map(len, ids)) / len(ids):.0f} tokens on average, {max(map(len, ids))} at most"
    )
    task = progress.add_task("training", total=steps)
    start = time.monotonic()
    losses: list[float] = []

    def report(step: int, loss: float) -> None:
        losses.append(loss)
        progress.advance(task)
        if (step + 1) % LOG_EVERY == 0 or step + 1 == steps:
            recent = losses[-LOG_EVERY:]
            log(f"step {step + 1}: loss {sum(recent) / len(recent):.4f}, {time.monotonic() - start:.0f} s")

    prompt: Sequence[int] = tokenizer(PROMPT).input_ids
    model = pretrain(configuration(len(tokenizer)), prompt, ids, seed=seed, report=report)
    _save(out, model, tokenizer)
    size = sum(path.stat().st_size for path in out.iterdir())
    log(f"{sum(p.numel() for p in model.parameters()):,} parameters, {size / 1e6:.2f} MB in {out.name}/")


def _save(out: Path, model: GptOssForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    """Write bfloat16 safetensors (exact: training ended by rounding to it), configurations and tokenizer."""
    out.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=MAX_NEW_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.bfloat16().save_pretrained(out)
    tokenizer.save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)  # safetensors writes it for its owner alone


def _measure(out: Path, seed: int, samples: int, progress: Progress, log: Log) -> Mixture:
    model, tokenizer = load(path=out)
    torch.manual_seed(seed)
    start = time.monotonic()
    texts, ended, entropy = sample(model, tokenizer, PROMPT, samples)
    log(f"sampled {samples} completions in {time.monotonic() - start:.1f} s")
    task = progress.add_task("running them", total=samples)
    mixture = measure(texts, ended, entropy, advance=lambda: progress.advance(task))
    for line in mixture.lines():
        log(line)
    return mixture


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m assay.training.tiny.build", description=__doc__)
    parser.add_argument("--out", type=Path, default=PATH, help="folder to write (default: the package's own)")
    parser.add_argument("--seed", type=int, default=0, help="of corpus, weights and sampling (default: 0)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"training steps (default: {STEPS})")
    parser.add_argument("--samples", type=int, default=1024, help="completions to measure (default: 1024)")
    parser.add_argument("--threads", type=int, default=2, help="of torch; the weights depend on it (default: 2)")
    options = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    build(options.out, seed=options.seed, steps=options.steps, samples=options.samples, threads=options.threads)


if __name__ == "__main__":
    main()
