"""One step of a LoRA run on random tokens: benchmarks/training.py times it, benchmarks/profile_step.py looks inside."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint


def log_probabilities(hidden: Tensor, head: Tensor, targets: Tensor, size: int) -> Tensor:
    """Log-probability of each target, (tokens,) in float32; logits exist for `size` tokens at a time."""

    def chunk(part: Tensor, target: Tensor) -> Tensor:
        return -torch.nn.functional.cross_entropy((part @ head.t()).float(), target, reduction="none")

    parts = zip(hidden.split(size), targets.split(size), strict=True)
    return torch.cat([checkpoint(chunk, *part, use_reentrant=False) for part in parts])


def trl_log_probabilities(hidden: Tensor, head: Tensor, targets: Tensor) -> Tensor:
    """The same by TRL's kernel, which is what a GRPO run uses."""
    from trl.kernels.chunked_logprob import ChunkedLogProbFunction

    return ChunkedLogProbFunction.apply(hidden, head, None, targets, 1.0, 8192, None, 1.0, ())[0]


def step(model: Any, optimizer: torch.optim.Optimizer, ids: Tensor, chunk: int | None) -> float:
    """Forward, backward, update; returns the loss.

    `ids` is (batch, tokens). Logits exist for `chunk` tokens at a time, or as TRL has it where that is None.
    """
    bare = model.get_base_model()
    with torch.autocast(ids.device.type, torch.bfloat16, enabled=ids.is_cuda):
        hidden = bare.model(input_ids=ids, use_cache=False).last_hidden_state
        hidden = hidden[:, :-1].reshape(-1, bare.config.hidden_size)
        targets, head = ids[:, 1:].reshape(-1), bare.lm_head.weight
        if chunk is None:
            values = trl_log_probabilities(hidden, head, targets)
        else:
            values = log_probabilities(hidden, head, targets, chunk)
        loss = -values.mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def has_trl() -> bool:
    """Whether TRL's chunked log-probabilities can be used here."""
    try:
        from trl.kernels.chunked_logprob import ChunkedLogProbFunction  # noqa: F401
        from trl.trainer.utils import maybe_gather_lm_head_ctx  # noqa: F401  (what its backward imports)
    except (ImportError, RuntimeError):
        return False
    return True
