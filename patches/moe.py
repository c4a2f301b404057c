"""The experts of a layer as one differentiable function: tiled, over frozen weights, with split LoRA.

For a row s, which is a token x and one of its experts, with routing weight w:

    z = x G + (x A_g) B_g + b_g        gate and up, interleaved
    a = swiglu(z)
    y = w * (a D + (a A_d) B_d + b_d)  and the token's output is the sum over its rows

Backward, with g the gradient of the token's output: h = g D' + (g B_d') A_d' is needed once for both dL/da = w * h
and dL/dw = <a, h> + <g, b_d>, so that of the forward pass only z is computed again. The dense weights G and D live
for one chunk of experts; nothing is saved but the layer's own inputs and the small factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import grouped, moe_float16, swiglu
from .fused_weight import FusedWeight
from .grouped import Chunk, Groups, Tile
from .moe_walk import Inputs, Pass, Settings

__all__ = ["Inputs", "Settings", "experts", "run"]


def _linear(x: Tensor, weight: Tensor | FusedWeight, a: Tensor | None, b: Tensor | None, groups: Groups) -> Tensor:
    """x W + (x A) B for the weight (n, in, out) of each group, A (n, r, in), B (n, r, out)."""
    result = grouped.matmul(x, weight, groups)
    if a is not None and b is not None:
        result += grouped.matmul(grouped.matmul(x, a.transpose(1, 2), groups), b, groups)
    return result


def _take(factors: Sequence[Tensor | None], slots: slice) -> list[Tensor | None]:
    return [None if f is None else f[slots] for f in factors]


def run(settings: Settings, inputs: Inputs) -> Tensor:
    """The output (tokens, hidden), summed in float32 and returned in the type of `inputs.x`."""
    walk = Pass(settings, inputs)
    dtype, wide = settings.dtype, swiglu.wide(settings.dtype)
    out = walk.routing() @ inputs.down_bias.to(wide)
    gate_up_scratch, down_scratch = walk.scratch(settings.gate_up), walk.scratch(settings.down)
    for chunk in walk.chunks:
        gate_up = walk.weight(settings.gate_up, chunk, gate_up_scratch)
        down = walk.weight(settings.down, chunk, down_scratch)
        factors = walk.factors(chunk)
        for tile in chunk.tiles:
            gate_a, gate_b, down_a, down_b = of_tile = _take(factors, tile.slots)
            tokens = walk.tokens[tile.rows]
            if settings.narrow:
                y = moe_float16.rows(walk, tile, of_tile, gate_up[tile.slots], down[tile.slots])
                grouped.add_by_token(out, tokens, y)
                continue
            x = inputs.x[tokens].to(dtype)
            z = _linear(x, gate_up[tile.slots], gate_a, gate_b, tile.groups)
            a = swiglu.forward(z, inputs.gate_up_bias, walk.owners[tile.rows], settings.alpha, settings.limit)
            y = _linear(a, down[tile.slots], down_a, down_b, tile.groups)
            grouped.add_by_token(out, tokens, y, walk.weights[tile.rows])
    return out.to(inputs.x.dtype)


@dataclass
class _Gradients:
    """Sums in float32: of x, of the weight of each sorted row, of the biases and factors that want one."""

    x: Tensor
    weights: Tensor
    gate_up_bias: Tensor | None
    down_bias: Tensor | None
    factors: list[Tensor | None]


def _gradients(settings: Settings, inputs: Inputs, grad: Tensor, needed: Sequence[bool]) -> _Gradients:
    """All gradients; `needed` says for x, weights, two biases and four factors which are wanted."""
    walk = Pass(settings, inputs, back=True)
    wide = swiglu.wide(settings.dtype)
    bias, factors = inputs.gate_up_bias, inputs.factors
    sums = _Gradients(
        torch.zeros_like(inputs.x, dtype=wide),
        torch.empty_like(walk.weights, dtype=wide),
        torch.zeros_like(bias, dtype=wide) if needed[2] else None,
        walk.routing().t() @ grad.to(wide) if needed[3] else None,
        [torch.zeros_like(f, dtype=wide) if f is not None else None for f in factors],
    )
    gate_up_scratch, down_scratch = walk.scratch(settings.gate_up), walk.scratch(settings.down)
    for chunk in walk.chunks:
        gate_up = walk.weight(settings.gate_up, chunk, gate_up_scratch)
        down = walk.weight(settings.down, chunk, down_scratch)
        for tile in chunk.tiles:
            _tile_gradients(walk, chunk, tile, gate_up[tile.slots], down[tile.slots], grad, sums)
    narrow = inputs.down_bias.to(grad.dtype).t()
    by_bias = torch.cat([grouped.wide_product(part, narrow) for part in grad.split(settings.tiling.rows)])
    sums.weights += by_bias[walk.tokens, walk.owners]
    return sums


def _tile_gradients(
    walk: Pass,
    chunk: Chunk,
    tile: Tile,
    gate_up: Tensor | FusedWeight,
    down: Tensor | FusedWeight,
    grad: Tensor,
    sums: _Gradients,
) -> None:
    settings, inputs, groups = walk.settings, walk.inputs, tile.groups
    gate_a, gate_b, down_a, down_b = factors = _take(walk.factors(chunk), tile.slots)
    at = chunk.experts[tile.slots].long()
    if settings.narrow:
        moe_float16.gradients(walk, at, tile, factors, gate_up, down, grad, sums)
        return
    tokens, owners, weights = walk.tokens[tile.rows], walk.owners[tile.rows], walk.weights[tile.rows]
    clamp = (settings.alpha, settings.limit)
    x, g = inputs.x[tokens].to(settings.dtype), grad[tokens].to(settings.dtype)
    z = _linear(x, gate_up, gate_a, gate_b, groups)
    h = grouped.matmul(g, down.transpose(1, 2), groups)
    if down_a is not None and down_b is not None:
        back = grouped.matmul(g, down_b.transpose(1, 2), groups)
        h += grouped.matmul(back, down_a, groups)
        a = swiglu.forward(z, inputs.gate_up_bias, owners, *clamp)
        _factor_gradients(sums.factors[2:], at, (a, g), (down_a, back), weights, groups)
        del a
    dz, sums.weights[tile.rows] = swiglu.backward(z, inputs.gate_up_bias, owners, weights, h, *clamp)
    del z, h, g
    dx = grouped.matmul(dz, gate_up.transpose(1, 2), groups)
    if gate_a is not None and gate_b is not None:
        back = grouped.matmul(dz, gate_b.transpose(1, 2), groups)
        dx += grouped.matmul(back, gate_a, groups)
        _factor_gradients(sums.factors[:2], at, (x, dz), (gate_a, back), None, groups)
    if sums.gate_up_bias is not None:
        sums.gate_up_bias.index_add_(0, owners, dz.to(sums.gate_up_bias.dtype))
    grouped.add_by_token(sums.x, tokens, dx)


def _factor_gradients(
    sums: Sequence[Tensor | None],
    at: Tensor,
    ends: tuple[Tensor, Tensor],
    between: tuple[Tensor, Tensor],
    weights: Tensor | None,
    groups: Groups,
) -> None:
    """Add dL/dA = (g B')' x and dL/dB = (x A)' g, where `ends` are x and g, `between` are A and g B'."""
    (x, g), (a, back) = ends, between
    front = grouped.matmul(x, a.transpose(1, 2), groups)
    if weights is not None:  # on the narrow side: r columns instead of the hidden size
        scale = weights.to(front.dtype).unsqueeze(-1)
        front, back = front * scale, back * scale
    to_a, to_b = sums
    assert to_a is not None
    assert to_b is not None
    to_a.index_add_(0, at, grouped.outer(back, x, groups).to(to_a.dtype))
    to_b.index_add_(0, at, grouped.outer(front, g, groups).to(to_b.dtype))


class _Keep(torch.autograd.Function):
    """Hands its inputs on, and is the node that saves them for `_Experts`.

    Non-reentrant checkpointing computes a layer again only until its last saved tensor is there. Saved by a node
    ahead of the experts, that is before they start: their forward pass does not run a second time.
    """

    @staticmethod
    def forward(ctx: Any, settings: Settings, *tensors: Tensor | None) -> tuple[Tensor | None, ...]:
        ctx.save_for_backward(*tensors)
        ctx.set_materialize_grads(False)
        settings.kept = ctx
        handed = tuple(None if t is None else t.view_as(t) for t in tensors[:-3])
        # Otherwise all of them want a gradient as soon as one does, frozen biases too.
        frozen = (t for t, wanted in zip(handed, ctx.needs_input_grad[1:], strict=False) if not wanted)
        ctx.mark_non_differentiable(*(t for t in frozen if t is not None))
        return handed

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        return None, *grads, None, None, None


def _inputs(tensors: Sequence[Any], integers: Sequence[Tensor]) -> Inputs:
    x, weights, gate_up_bias, down_bias, *factors = tensors
    experts, order, counts = integers
    return Inputs(x, weights, gate_up_bias, down_bias, tuple(factors), experts, order, counts)


class _Experts(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, settings: Settings, integers: tuple[Tensor, ...], *tensors: Any) -> Tensor:
        ctx.settings = settings
        with torch.autocast(tensors[0].device.type, enabled=False):
            return run(settings, _inputs(tensors, integers))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grads
        settings = ctx.settings
        *tensors, experts, order, counts = settings.kept.saved_tensors
        inputs = _inputs(tensors, (experts, order, counts))
        needed = ctx.needs_input_grad[2:]
        with torch.autocast(grad.device.type, enabled=False):
            sums = _gradients(settings, inputs, grad, needed)
            weights = torch.empty_like(sums.weights)
            weights[order] = sums.weights
        found = [sums.x, weights.view_as(inputs.weights), sums.gate_up_bias, sums.down_bias, *sums.factors]
        cast = [
            value.to(like.dtype) if wanted and value is not None else None
            for value, like, wanted in zip(found, tensors, needed, strict=True)
        ]
        return None, None, *cast


def experts(settings: Settings, inputs: Inputs) -> Tensor:
    """`run`, differentiable where gradients are on."""
    integers = (inputs.experts, inputs.order, inputs.counts)
    tensors = (inputs.x, inputs.weights, inputs.gate_up_bias, inputs.down_bias, *inputs.factors)
    if not torch.is_grad_enabled() or not any(t is not None and t.requires_grad for t in tensors):
        with torch.autocast(inputs.x.device.type, enabled=False):
            return run(settings, inputs)
    kept = _Keep.apply(settings, *tensors, *integers)
    assert kept is not None
    return _Experts.apply(settings, integers, *kept)  # pyright: ignore[reportReturnType]
