"""The tiles of `moe` for GPUs that multiply in float16 only: the same mathematics, and nothing over- or underflows.

A product takes float16 and is summed and kept in float32. No sum of `in` products of two float16 numbers is above
in * 65504 ** 2, about 1e13, so that the output of a projection is finite whatever the weights, the adapters and the
input are. What lies between products is float32, and what goes into one is float16 by a bound: the activation is at
most limit * (limit + 1) = 56. Gradients have no such bound: they are float16 numbers times a power of two for each
row, so that a row's largest is between 2 ** 14 and 2 ** 15 and all down to 2 ** -29 of it have full precision,
whatever a loss is multiplied by. LoRA's factors are float32; of their products those over the rank are, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from . import swiglu
from .fused_weight import FusedWeight

if TYPE_CHECKING:
    from .grouped import Groups, Tile
    from .moe import _Gradients
    from .moe_walk import Pass

HALF = torch.float16
LARGEST = torch.finfo(HALF).max
_TOP = 15  # 2 ** 15 is the largest power of two in float16
_STEEPEST = 1.1  # d/dx x * sigmoid(x) is 1.0998 at most


def power(x: Tensor, top: int, rows: bool) -> Tensor:
    """The power of two by which the largest magnitude of x (of each row, or of all) is below 2 ** top; float32."""
    axis = -1 if rows else None
    largest = torch.linalg.vector_norm(x, math.inf, dim=axis, keepdim=rows)
    exponent = torch.frexp(largest).exponent.clamp(-100, 128) - top
    return ((exponent + 127) << 23).view(torch.float32)  # made of its bits, exactly


def fit(x: Tensor, *, rows: bool = False) -> tuple[Tensor, Tensor]:
    """x (float32) as float16 numbers and the power of two that they are multiplied by, one or one a row (rows, 1)."""
    unit = power(x, _TOP, rows)
    return torch.div(x, unit, out=torch.empty_like(x, dtype=HALF)), unit


def _multiply(x: Tensor, y: Tensor, out: Tensor) -> None:
    if x.is_cuda:
        torch.mm(x, y, out_dtype=torch.float32, out=out)
    else:
        torch.mm(x.float(), y.float(), out=out)  # the same products and sums: a float32 holds that of two float16


def product(x: Tensor, weight: Tensor | FusedWeight, groups: Groups) -> Tensor:
    """Rows (rows, in) times the weight of their group (groups, in, out), both float16: float32 (rows, out)."""
    if isinstance(weight, FusedWeight):
        return weight.multiply(x, groups.offsets, torch.float32)
    out = x.new_empty(len(x), weight.shape[-1], dtype=torch.float32)
    for one, (start, end) in zip(weight, groups.spans(), strict=True):
        _multiply(x[start:end], one, out[start:end])
    return out


def _outer(x: Tensor, y: Tensor, groups: Groups) -> Tensor:
    """As `grouped.outer`, of float16, in float32."""
    out = x.new_empty(len(groups.ends), x.shape[1], y.shape[1], dtype=torch.float32)
    for one, (start, end) in zip(out, groups.spans(), strict=True):
        _multiply(x[start:end].t(), y[start:end], one)
    return out


def _narrow(x: Tensor, factor: Tensor, groups: Groups) -> Tensor:
    """x (rows, n), float16, to the rank, by a float32 factor (groups, n, r): float32 (rows, r)."""
    fitted, unit = fit(factor)
    return product(x, fitted, groups).mul_(unit)


def _add_wide(out: Tensor, x: Tensor, factor: Tensor, groups: Groups) -> None:
    """Add x (rows, r) times a factor (groups, r, n), all of them float32."""
    for one, (start, end) in zip(factor, groups.spans(), strict=True):
        out[start:end].addmm_(x[start:end], one)


def _linear(x: Tensor, weight: Tensor | FusedWeight, a: Tensor | None, b: Tensor | None, groups: Groups) -> Tensor:
    """`moe._linear` in float32, of float16 x and weight and float32 factors."""
    result = product(x, weight, groups)
    if a is not None and b is not None:
        _add_wide(result, _narrow(x, a.transpose(1, 2), groups), b, groups)
    return result


Factors = Sequence["Tensor | None"]
Weight = Tensor | FusedWeight


def rows(walk: Pass, tile: Tile, factors: Factors, gate_up: Weight, down: Weight) -> Tensor:
    """What the rows of a tile add to their tokens, float32 (rows, hidden). The weights are float16."""
    settings, inputs = walk.settings, walk.inputs
    gate_a, gate_b, down_a, down_b = factors
    owners = walk.owners[tile.rows]
    z = _linear(inputs.x[walk.tokens[tile.rows]].to(HALF), gate_up, gate_a, gate_b, tile.groups)
    a = swiglu.forward(z, inputs.gate_up_bias, owners, settings.alpha, settings.limit, dtype=HALF)
    del z
    return _linear(a, down, down_a, down_b, tile.groups).mul_(walk.weights[tile.rows].float().unsqueeze(-1))


def gradients(
    walk: Pass, at: Tensor, tile: Tile, factors: Factors, gate_up: Weight, down: Weight, grad: Tensor, sums: _Gradients
) -> None:
    """Add the gradients of a tile to `sums`; `at` are the experts of its groups, int64."""
    settings, inputs, groups = walk.settings, walk.inputs, tile.groups
    gate_a, gate_b, down_a, down_b = factors
    tokens, owners = walk.tokens[tile.rows], walk.owners[tile.rows]
    weights = walk.weights[tile.rows].float().unsqueeze(-1)
    clamp = (settings.alpha, settings.limit)
    x = inputs.x[tokens].to(HALF)
    g, unit = fit(grad[tokens].float(), rows=True)
    z = _linear(x, gate_up, gate_a, gate_b, groups)
    h = product(g, down.transpose(1, 2), groups)
    if down_a is not None and down_b is not None:
        back = _narrow(g, down_b.transpose(1, 2), groups)
        _add_wide(h, back, down_a, groups)
        a = swiglu.forward(z, inputs.gate_up_bias, owners, *clamp, dtype=HALF)
        front = _narrow(a, down_a.transpose(1, 2), groups)
        _add_factors(sums.factors[2:], at, (a, g), (front, back), unit * weights, groups)
        del a
    # The routing weight goes into the power of two, and dz is at most 1.1 * (limit + 1) times h.
    more = power(h, int(math.log2(LARGEST / _STEEPEST / (settings.limit + 1))), rows=True)
    unit = unit * more
    dz, inner = swiglu.backward(
        z, inputs.gate_up_bias, owners, torch.ones_like(weights[:, 0]), h.div_(more), *clamp, dtype=HALF
    )
    del z, h, g
    sums.weights[tile.rows] = inner * unit[:, 0]
    unit = unit * weights
    dx = product(dz, gate_up.transpose(1, 2), groups)
    if gate_a is not None and gate_b is not None:
        back = _narrow(dz, gate_b.transpose(1, 2), groups)
        _add_wide(dx, back, gate_a, groups)
        front = _narrow(x, gate_a.transpose(1, 2), groups)
        _add_factors(sums.factors[:2], at, (x, dz), (front, back), unit, groups)
    if sums.gate_up_bias is not None:
        sums.gate_up_bias.index_add_(0, owners, dz.float().mul_(unit))
    sums.x.index_add_(0, tokens, dx.mul_(unit))


def _add_factors(
    sums: Factors, at: Tensor, ends: tuple[Tensor, Tensor], between: tuple[Tensor, Tensor], unit: Tensor, groups: Groups
) -> None:
    """`moe._factor_gradients`; `unit` (rows, 1) is what g and g B' of a row are multiplied by."""
    for total, narrow, wide in zip(sums, reversed(between), ends, strict=True):
        assert total is not None
        fitted, scale = fit(narrow * unit)
        total.index_add_(0, at, _outer(fitted, wide, groups).mul_(scale))
