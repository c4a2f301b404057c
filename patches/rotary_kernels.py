"""Triton kernel of the rotary embedding: one read and one write of queries or keys. See `rotary`."""

# pyright: basic, reportMissingImports=false, reportArgumentType=false, reportIndexIssue=false
from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def _rotate(
    x, cos, sin, out, heads, tokens, cos_tokens, half, stride_batch, stride_head, stride_token, sign,
    HEADS: tl.constexpr, HALF: tl.constexpr,
):  # fmt: skip
    token = tl.program_id(0).to(tl.int64)  # of the whole batch
    head = tl.program_id(1) * HEADS + tl.arange(0, HEADS)
    at = tl.arange(0, HALF)
    row = token % cos_tokens  # one row of angles may serve the whole batch
    c = tl.load(cos + row * half + at, mask=at < half, other=0.0).to(tl.float32)[None, :]
    s = tl.load(sin + row * half + at, mask=at < half, other=0.0).to(tl.float32)[None, :] * sign
    inside = (head < heads)[:, None] & (at < half)[None, :]
    start = (token // tokens) * stride_batch + (token % tokens) * stride_token
    source = x + start + head[:, None] * stride_head + at[None, :]
    first = tl.load(source, mask=inside, other=0.0).to(tl.float32)
    second = tl.load(source + half, mask=inside, other=0.0).to(tl.float32)
    target = out + (token * heads + head[:, None]) * 2 * half + at[None, :]
    kind = out.dtype.element_ty
    tl.store(target, (first * c - second * s).to(kind), mask=inside)
    tl.store(target + half, (second * c + first * s).to(kind), mask=inside)


def rotate(x: Tensor, cos: Tensor, sin: Tensor, sign: float, out: Tensor) -> None:
    """Turn `x` (batch, heads, tokens, width) by `sign` times the angles into `out`, contiguous and with heads third.

    `cos` and `sin` are contiguous, (batch or 1, tokens, width / 2); the last dimension of `x` is contiguous.
    """
    batch, heads, tokens, width = x.shape
    block = min(16, triton.next_power_of_2(heads))
    grid = (batch * tokens, triton.cdiv(heads, block))
    _rotate[grid](
        x, cos, sin, out, heads, tokens, cos.shape[0] * tokens, width // 2,
        x.stride(0), x.stride(1), x.stride(2), sign, HEADS=block, HALF=triton.next_power_of_2(width // 2),
    )  # fmt: skip
