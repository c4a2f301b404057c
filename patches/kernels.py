"""Triton kernels: MXFP4 to dense, the clamped SwiGLU forward and backward, rows added up by token.

Imported only where Triton is. All are bound by memory, and each reads and writes everything once.
"""

# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportIndexIssue=false
from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def _e2m1(code):
    """The float32 value of a four-bit code, put together from its bits."""
    magnitude = code & 7
    bits = tl.where(magnitude >= 2, (((magnitude >> 1) + 126) << 23) | ((magnitude & 1) << 22), 0)
    bits = tl.where(magnitude == 1, 126 << 23, bits)  # 0.5, the only subnormal
    return (bits | ((code >> 3) << 31)).to(tl.float32, bitcast=True)


@triton.jit
def _dequantise(blocks, scales, experts, out, size, BLOCK: tl.constexpr):
    slot = tl.program_id(1).to(tl.int64)
    expert = tl.load(experts + slot).to(tl.int64)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < size
    byte = tl.load(blocks + expert * size + at, mask=inside, other=0).to(tl.int32)
    scale = tl.load(scales + expert * (size // 16) + at // 16, mask=inside, other=0).to(tl.int32)
    # 2 ** (scale - 127) by its bits; 2 ** -127 is below the smallest normal number.
    power = tl.where(scale == 0, 0x00400000, scale << 23).to(tl.float32, bitcast=True)
    value = tl.interleave(_e2m1(byte & 15) * power, _e2m1(byte >> 4) * power)
    to = tl.program_id(0) * BLOCK * 2 + tl.arange(0, BLOCK * 2)
    tl.store(out + slot * size * 2 + to, value.to(out.dtype.element_ty), mask=to < size * 2)


def dequantise(blocks: Tensor, scales: Tensor, experts: Tensor, out: Tensor) -> None:
    """`out` (n, rows, columns) from `blocks` and `scales` of the experts listed in `experts`, int32 (n,)."""
    size = blocks[0].numel()  # bytes of one expert
    block = 2048
    grid = (triton.cdiv(size, block), len(experts))
    _dequantise[grid](blocks.contiguous(), scales.contiguous(), experts, out, size, BLOCK=block)


@triton.jit
def _gate_and_up(gate_up, bias, row, expert, width, at, inside):
    """Gate and up of some columns of one row in float32, the bias added."""
    gate = tl.load(gate_up + row * 2 * width + 2 * at, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(gate_up + row * 2 * width + 2 * at + 1, mask=inside, other=0.0).to(tl.float32)
    gate += tl.load(bias + expert * 2 * width + 2 * at, mask=inside, other=0.0).to(tl.float32)
    up += tl.load(bias + expert * 2 * width + 2 * at + 1, mask=inside, other=0.0).to(tl.float32)
    return gate, up


@triton.jit
def _swiglu(gate_up, bias, experts, out, width, alpha, limit, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    expert = tl.load(experts + row).to(tl.int64)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = at < width
    gate, up = _gate_and_up(gate_up, bias, row, expert, width, at, inside)
    gate = tl.minimum(gate, limit)
    up = tl.minimum(tl.maximum(up, -limit), limit)
    value = (up + 1) * gate * tl.sigmoid(alpha * gate)
    tl.store(out + row * width + at, value.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _swiglu_backward(
    gate_up, bias, experts, weights, grad, out, inner, width: tl.constexpr, alpha, limit, BLOCK: tl.constexpr
):
    row = tl.program_id(0).to(tl.int64)
    expert = tl.load(experts + row).to(tl.int64)
    weight = tl.load(weights + row).to(tl.float32)
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for start in range(0, width, BLOCK):
        at = start + tl.arange(0, BLOCK)
        inside = at < width
        raw_gate, raw_up = _gate_and_up(gate_up, bias, row, expert, width, at, inside)
        incoming = tl.load(grad + row * width + at, mask=inside, other=0.0).to(tl.float32)
        gate = tl.minimum(raw_gate, limit)
        up = tl.minimum(tl.maximum(raw_up, -limit), limit)
        sigmoid = tl.sigmoid(alpha * gate)
        glu = gate * sigmoid
        total += tl.where(inside, incoming * (up + 1) * glu, 0.0)
        incoming = incoming * weight
        to_gate = incoming * (up + 1) * sigmoid * (1 + alpha * gate * (1 - sigmoid))
        to_up = incoming * glu
        to_gate = tl.where(raw_gate <= limit, to_gate, 0.0)
        to_up = tl.where((raw_up >= -limit) & (raw_up <= limit), to_up, 0.0)
        tl.store(out + row * 2 * width + 2 * at, to_gate.to(out.dtype.element_ty), mask=inside)
        tl.store(out + row * 2 * width + 2 * at + 1, to_up.to(out.dtype.element_ty), mask=inside)
    tl.store(inner + row, tl.sum(total, axis=0))


def swiglu(gate_up: Tensor, bias: Tensor, experts: Tensor, alpha: float, limit: float, out: Tensor) -> None:
    """See `swiglu.forward`."""
    rows, width = out.shape
    block = 1024
    grid = (rows, triton.cdiv(width, block))
    _swiglu[grid](gate_up, bias, experts, out, width, alpha, limit, BLOCK=block)


def swiglu_backward(
    gate_up: Tensor,
    bias: Tensor,
    experts: Tensor,
    weights: Tensor,
    grad: Tensor,
    alpha: float,
    limit: float,
    out: Tensor,
    inner: Tensor,
) -> None:
    """See `swiglu.backward`."""
    rows, width = grad.shape
    _swiglu_backward[(rows,)](gate_up, bias, experts, weights, grad, out, inner, width, alpha, limit, BLOCK=1024)


@triton.jit
def _add_by_token(rows, tokens, weights, out, width, WEIGHTED: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    token = tl.load(tokens + row).to(tl.int64)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = at < width
    value = tl.load(rows + row * width + at, mask=inside, other=0.0).to(tl.float32)
    if WEIGHTED:
        value *= tl.load(weights + row).to(tl.float32)
    tl.atomic_add(out + token * width + at, value, mask=inside, sem="relaxed")


def add_by_token(rows: Tensor, tokens: Tensor, weights: Tensor | None, out: Tensor) -> None:
    """See `grouped.add_by_token`; `out` is float32, and all are contiguous."""
    count, width = rows.shape
    block = 1024
    grid = (count, triton.cdiv(width, block))
    _add_by_token[grid](
        rows, tokens, rows if weights is None else weights, out, width, weights is not None, BLOCK=block
    )
