"""Trains the tiny model on the grammar's corpus, with its expert weights on the MXFP4 grid."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from transformers import GptOssConfig, GptOssForCausalLM

from .mxfp4 import snap

BATCH = 32
WARM_UP = 50  # steps
PEAK_RATE = 3e-3
FREE_SHARE = 0.6  # of the steps come first, without the prompt (faster) and off the MXFP4 grid
_EXPERTS = ("experts.gate_up_proj", "experts.down_proj")
_IGNORED = -100
_PAD = 2


class OnGrid:
    """Holds expert weights on the grid during forward and backward, and off it during the update.

    The optimiser moves full-precision weights; gradients are taken at the rounded ones (straight-through).
    """

    def __init__(self, model: GptOssForCausalLM) -> None:
        self._weights = [p for name, p in model.named_parameters() if name.endswith(_EXPERTS)]
        self._exact = [p.detach().clone() for p in self._weights]

    @torch.no_grad()
    def __enter__(self) -> None:
        for weight, exact in zip(self._weights, self._exact, strict=True):
            exact.copy_(weight)
            weight.copy_(snap(weight))

    @torch.no_grad()
    def __exit__(self, *_: object) -> None:
        for weight, exact in zip(self._weights, self._exact, strict=True):
            weight.copy_(exact)


def pretrain(
    config: GptOssConfig,
    prompt: Sequence[int],
    completions: Sequence[Sequence[int]],
    *,
    seed: int,
    report: Callable[[int, float], None],
) -> GptOssForCausalLM:
    """Train a fresh model for one pass over `completions` (token ids, each with its end token).

    `report` gets the step's number and its loss per completion token, in nats. Every weight that comes back
    is exact in bfloat16; expert weights are on the MXFP4 grid.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    model = GptOssForCausalLM(config)
    model.set_experts_implementation("eager")  # trains a quarter faster than grouped_mm at this size
    model.train()
    batches = list(_batches(completions, random.Random(seed)))
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.98))
    grid = OnGrid(model)
    for step, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, len(batches))
        if step < FREE_SHARE * len(batches):
            loss = _gradients(model, prompt[:1], batch)
        else:
            with grid:
                loss = _gradients(model, prompt, batch)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        report(step, loss)
    _finish(model)
    return model.eval()


def _gradients(model: GptOssForCausalLM, prompt: Sequence[int], batch: Sequence[Sequence[int]]) -> float:
    model.zero_grad(set_to_none=True)
    ids, labels = _pad(prompt, batch)
    loss = model(input_ids=ids, labels=labels, use_cache=False).loss
    loss.backward()
    return loss.item()


def _pad(prompt: Sequence[int], batch: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Ids and labels, both `(batch, longest)`; the prompt and the padding carry no loss.

    Padding stands on the right, where causal attention needs no mask.
    """
    longest = max(map(len, batch))
    ids = torch.tensor([[*prompt, *c, *[_PAD] * (longest - len(c))] for c in batch])
    labels = torch.tensor([[*[_IGNORED] * len(prompt), *c, *[_IGNORED] * (longest - len(c))] for c in batch])
    return ids, labels


def _batches(completions: Sequence[Sequence[int]], rng: random.Random) -> Iterator[list[Sequence[int]]]:
    """Batches of similar length (less padding), in random order of length."""
    window = BATCH * 8
    for start in range(0, len(completions) - BATCH + 1, window):
        block = sorted(completions[start : start + window], key=len)
        chunks = [block[i : i + BATCH] for i in range(0, len(block) - BATCH + 1, BATCH)]
        rng.shuffle(chunks)
        yield from chunks


def _rate(step: int, steps: int) -> float:
    if step < WARM_UP:
        return PEAK_RATE * (step + 1) / WARM_UP
    progress = (step - WARM_UP) / max(1, steps - WARM_UP)
    return PEAK_RATE * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))


@torch.no_grad()
def _finish(model: GptOssForCausalLM) -> None:
    """Snap the experts for good and round the rest to what bfloat16 files store."""
    for name, weight in model.named_parameters():
        weight.copy_(snap(weight) if name.endswith(_EXPERTS) else weight.bfloat16().float())
