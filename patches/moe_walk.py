"""One walk over the experts of a layer, forward or backward: its chunks, what they multiply by, what tiles share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor

from . import grouped, swiglu
from .fused_weight import FusedWeight, Limits
from .grouped import Chunk, Tiling
from .weights import Packed, Source


@dataclass
class Settings:
    """What does not depend on the input; `kept` is the node that holds the saved tensors, see `moe._Keep`.

    `narrow`: the tiles are those of `moe_float16`, which takes LoRA's factors in float32. `fused` says which passes
    multiply by weights that stay packed.
    """

    gate_up: Source
    down: Source
    alpha: float
    limit: float
    tiling: Tiling
    dtype: torch.dtype
    narrow: bool = False
    fused: Limits | None = None
    kept: Any = None


@dataclass
class Inputs:
    """The differentiable inputs: x (tokens, hidden), weights (tokens, k), biases (experts, out), LoRA factors.

    `factors` are A (experts, r, in) and B (experts, r, out) of gate_up, then of down, each None without an adapter;
    B includes the scaling. `experts` (tokens, k), `order` (rows,) and `counts` (experts,) are integers.
    """

    x: Tensor
    weights: Tensor
    gate_up_bias: Tensor
    down_bias: Tensor
    factors: tuple[Tensor | None, ...]
    experts: Tensor
    order: Tensor
    counts: Tensor


@dataclass
class Pass:
    """One walk over the chunks of a layer: what its tiles share."""

    settings: Settings
    inputs: Inputs
    back: bool = False
    fused: bool = field(init=False)  # then all rows are one tile
    chunks: list[Chunk] = field(init=False)
    tokens: Tensor = field(init=False)  # of each sorted row
    owners: Tensor = field(init=False)  # the expert of each sorted row
    weights: Tensor = field(init=False)  # the routing weight of each sorted row

    def __post_init__(self) -> None:
        inputs = self.inputs
        self.fused = self._fuses()
        self.chunks = self._chunks()
        self.tokens = inputs.order // inputs.experts.shape[1]
        self.owners = inputs.experts.reshape(-1)[inputs.order]
        self.weights = inputs.weights.reshape(-1)[inputs.order]

    def _fuses(self) -> bool:
        settings, rows = self.settings, len(self.inputs.order)
        if settings.fused is None or rows > settings.tiling.rows:
            return False
        return settings.fused.take((settings.gate_up, settings.down), settings.dtype, rows, self.back)

    def _chunks(self) -> list[Chunk]:
        counts, rows = self.inputs.counts, len(self.inputs.order)
        if self.fused and not (self.back and any(f is not None for f in self.inputs.factors)):
            return grouped.whole(counts, rows)
        # Also where factors get gradients, which are sums over the rows of a group: none may be empty.
        tiling = Tiling(len(counts), rows) if self.fused else self.settings.tiling
        return grouped.plan(counts.tolist(), tiling, counts.device)

    def weight(self, source: Source, chunk: Chunk, scratch: Tensor | None) -> Tensor | FusedWeight:
        """The weights (n, in, out) of a chunk: dense, or what multiplies like them."""
        if self.fused:
            return FusedWeight(cast(Packed, source), chunk.experts)
        return source.dense(chunk.numbers, chunk.experts, self.settings.dtype, scratch)

    def scratch(self, source: Source) -> Tensor | None:
        if self.fused:
            return None
        most = max((len(chunk.numbers) for chunk in self.chunks), default=0)
        return source.scratch(most, self.settings.dtype)

    def factors(self, chunk: Chunk) -> list[Tensor | None]:
        if len(chunk.numbers) == len(self.inputs.counts):
            return list(self.inputs.factors)
        return [None if f is None else f[chunk.experts] for f in self.inputs.factors]

    def routing(self) -> Tensor:
        """The routing weights as a matrix (tokens, experts)."""
        inputs = self.inputs
        wide = swiglu.wide(self.settings.dtype)
        matrix = inputs.x.new_zeros(len(inputs.x), len(inputs.counts), dtype=wide)
        return matrix.scatter_(1, inputs.experts, inputs.weights.to(wide))
