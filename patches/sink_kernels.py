"""Triton kernels around stock attention: the sink put into output and log-sum-exp, and the sink's gradient.

One launch before the backward pass and two in it, each reading everything once; see `attention_sinks` for the formulas.
"""

# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportIndexIssue=false
from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_ELEMENTS = 4096  # of a program


@triton.jit
def _add_sink(
    out, lse, sinks, tokens, width, out_batch, out_token, out_head, lse_batch, lse_token, lse_head,
    TOKENS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    head, batch = tl.program_id(1).to(tl.int64), tl.program_id(2).to(tl.int64)
    token = tl.program_id(0).to(tl.int64) * TOKENS + tl.arange(0, TOKENS)
    at = tl.arange(0, WIDTH)
    here = token < tokens
    inside = here[:, None] & (at < width)[None, :]
    sink = tl.load(sinks + head).to(tl.float32)
    to_lse = lse + batch * lse_batch + head * lse_head + token * lse_token
    own = tl.load(to_lse, mask=here, other=0.0)
    to_out = out + batch * out_batch + head * out_head + token[:, None] * out_token + at[None, :]
    value = tl.load(to_out, mask=inside, other=0.0).to(tl.float32)
    value *= tl.sigmoid(own - sink)[:, None]
    tl.store(to_out, value.to(out.dtype.element_ty), mask=inside)
    high, low = tl.maximum(own, sink), tl.minimum(own, sink)
    tl.store(to_lse, high + tl.log(1.0 + tl.exp(low - high)), mask=here)


@triton.jit
def _sink_gradient(
    grad, out, lse, sinks, sums, tokens, width,
    grad_batch, grad_token, grad_head, out_batch, out_token, out_head, lse_batch, lse_token, lse_head,
    TOKENS: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    head, batch = tl.program_id(1).to(tl.int64), tl.program_id(2).to(tl.int64)
    token = tl.program_id(0).to(tl.int64) * TOKENS + tl.arange(0, TOKENS)
    at = tl.arange(0, WIDTH)
    here = token < tokens
    inside = here[:, None] & (at < width)[None, :]
    to_grad = grad + batch * grad_batch + head * grad_head + token[:, None] * grad_token + at[None, :]
    to_out = out + batch * out_batch + head * out_head + token[:, None] * out_token + at[None, :]
    left = tl.load(to_grad, mask=inside, other=0.0).to(tl.float32)
    delta = tl.sum(left * tl.load(to_out, mask=inside, other=0.0).to(tl.float32), axis=1)
    own = tl.load(lse + batch * lse_batch + head * lse_head + token * lse_token, mask=here, other=float("inf"))
    weight = tl.exp(tl.load(sinks + head).to(tl.float32) - own)
    place = (batch * tl.num_programs(0) + tl.program_id(0)) * tl.num_programs(1) + head
    tl.store(sums + place, -tl.sum(weight * delta, axis=0))


def _shape(out: Tensor) -> tuple[tuple[int, int, int], int, int]:
    """Of programs for (batch, tokens, heads, width): the grid, tokens and columns of one."""
    batch, tokens, heads, width = out.shape
    columns = triton.next_power_of_2(width)
    each = max(16, _ELEMENTS // columns)
    return (triton.cdiv(tokens, each), heads, batch), each, columns


def add_sink(out: Tensor, lse: Tensor, sinks: Tensor) -> None:
    """Put the sinks (heads,) into `out` (batch, tokens, heads, width) and `lse` (batch, tokens, heads), in place.

    `lse` is float32, the others any float type but float64. Both lie anyhow, but for rows of `out` in one piece.
    """
    if out.numel() == 0:
        return
    grid, each, columns = _shape(out)
    _add_sink[grid](
        out, lse, sinks.contiguous(), *out.shape[1::2], *out.stride()[:3], *lse.stride(), TOKENS=each, WIDTH=columns
    )


def sink_gradient(grad: Tensor, out: Tensor, lse: Tensor, sinks: Tensor) -> Tensor:
    """The gradient of the sinks, float32 (heads,), for tensors of the shapes of `add_sink` that hold its results."""
    if out.numel() == 0:
        return torch.zeros(out.shape[2], dtype=torch.float32, device=out.device)
    grid, each, columns = _shape(out)
    sums = torch.empty(grid[2], grid[0], grid[1], dtype=torch.float32, device=out.device)
    _sink_gradient[grid](
        grad, out, lse, sinks.contiguous(), sums, *out.shape[1::2],
        *grad.stride()[:3], *out.stride()[:3], *lse.stride(), TOKENS=each, WIDTH=columns,
    )  # fmt: skip
    return sums.sum((0, 1))
