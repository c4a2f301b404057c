"""Triton kernels of RMSNorm, forward and backward: one program a token, whose row is read once. See `norms`."""

# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportIndexIssue=false
from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def _forward(x, weight, out, scales, width: tl.constexpr, epsilon, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    inside = at < width
    value = tl.load(x + row * width + at, mask=inside, other=0.0).to(tl.float32)
    scale = 1.0 / tl.sqrt(tl.sum(value * value, axis=0) / width + epsilon)
    factor = tl.load(weight + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * width + at, (factor * (value * scale)).to(out.dtype.element_ty), mask=inside)
    tl.store(scales + row, scale)


@triton.jit
def _backward(x, weight, scales, grad, out, width: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    inside = at < width
    scale = tl.load(scales + row)
    normal = tl.load(x + row * width + at, mask=inside, other=0.0).to(tl.float32) * scale
    inner = tl.load(grad + row * width + at, mask=inside, other=0.0).to(tl.float32)
    inner *= tl.load(weight + at, mask=inside, other=0.0).to(tl.float32)
    mean = tl.sum(inner * normal, axis=0) / width
    tl.store(out + row * width + at, ((inner - normal * mean) * scale).to(out.dtype.element_ty), mask=inside)


def forward(x: Tensor, weight: Tensor, epsilon: float, out: Tensor, scales: Tensor) -> None:
    """`out` (rows, width) and `scales`, 1 / rms in float32 (rows,), of the contiguous `x` (rows, width)."""
    rows, width = x.shape
    _forward[(rows,)](x, weight, out, scales, width, epsilon, BLOCK=triton.next_power_of_2(width), num_warps=8)


def backward(x: Tensor, weight: Tensor, scales: Tensor, grad: Tensor, out: Tensor) -> None:
    """dL/dx into `out`, all (rows, width) and contiguous, `scales` as `forward` left them."""
    rows, width = x.shape
    _backward[(rows,)](x, weight, scales, grad, out, width, BLOCK=triton.next_power_of_2(width), num_warps=8)
