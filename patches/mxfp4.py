"""The MXFP4 format of gpt-oss's experts, and how it becomes a dense weight: exactly, and into a buffer of yours.

A weight of shape (experts, out, in) is stored as `blocks`, uint8 (experts, out, in / 32, 16), two e2m1 values a
byte, the lower four bits first, and `scales`, uint8 (experts, out, in / 32), the exponent that 32 neighbours along
`in` share: value = e2m1 * 2 ** (scale - 127) (OCP Microscaling Formats 1.0, section 5.3). Every such value is exact
in bfloat16 but for scales no checkpoint has, so dequantising costs no accuracy.
"""

from __future__ import annotations

import functools
import importlib.util

import torch
from torch import Tensor, nn

BLOCK = 32
BYTES = BLOCK // 2
_E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0)
_BIAS = 127


@functools.cache
def has_triton() -> bool:
    """Whether the Triton compiler is installed; without it the same arithmetic runs in plain torch."""
    return importlib.util.find_spec("triton") is not None


def by_kernel(x: Tensor) -> bool:
    """Whether a Triton kernel does what is asked of x: on a GPU, but for float64, which no kernel here is made for."""
    return x.is_cuda and has_triton() and x.dtype != torch.float64


def dense_shape(blocks: Tensor, scales: Tensor, name: str = "weight") -> tuple[int, int, int]:
    """(experts, out, in) of a packed weight. Raises ValueError that names the tensor whose shape or dtype is odd."""
    if blocks.dtype != torch.uint8 or scales.dtype != torch.uint8:
        odd = "blocks" if blocks.dtype != torch.uint8 else "scales"
        raise ValueError(f"{name}_{odd} is {(blocks if odd == 'blocks' else scales).dtype}, not uint8")
    if blocks.dim() != 4 or blocks.shape[-1] != BYTES:
        raise ValueError(f"{name}_blocks is {tuple(blocks.shape)}, not (experts, out, in / {BLOCK}, {BYTES})")
    if blocks.shape[:-1] != scales.shape:
        raise ValueError(
            f"{name}_scales is {tuple(scales.shape)}, not {tuple(blocks.shape[:-1])} as {name}_blocks has it"
        )
    experts, outer, groups, _ = blocks.shape
    return experts, outer, groups * BLOCK


def dequantise(
    blocks: Tensor, scales: Tensor, dtype: torch.dtype, *, experts: Tensor | None = None, out: Tensor | None = None
) -> Tensor:
    """The dense weight (n, out, in) of `experts`, int32 (n,) on the device of `blocks`; of all where it is None.

    `dtype` is any floating type; `out` is a contiguous buffer of at least that many elements to write into, and the
    result is a view of it. On a GPU with Triton one kernel reads the bytes and writes the weight; elsewhere torch
    does, with the same result bit for bit.
    """
    count, outer, inner = dense_shape(blocks, scales)
    count = count if experts is None else len(experts)
    if out is None:
        out = torch.empty(count, outer, inner, dtype=dtype, device=blocks.device)
    else:
        out = out.view(-1)[: count * outer * inner].view(count, outer, inner)
    if count == 0:
        return out
    if blocks.is_cuda and has_triton() and dtype != torch.float64:
        from . import kernels

        ids = torch.arange(count, dtype=torch.int32, device=blocks.device) if experts is None else experts
        kernels.dequantise(blocks, scales, ids, out)
    else:
        _plain(blocks, scales, experts, out)
    return out


def _plain(blocks: Tensor, scales: Tensor, experts: Tensor | None, out: Tensor) -> None:
    if experts is not None:
        blocks, scales = blocks[experts], scales[experts]
    wide = torch.float64 if out.dtype == torch.float64 else torch.float32
    values = torch.tensor(_E2M1, dtype=wide, device=blocks.device)
    # A table of both values of every byte: one gather instead of two and an interleave.
    pairs = torch.stack((values.repeat(16), values.repeat_interleave(16)), dim=-1)
    grouped = out.view(*scales.shape, BLOCK)
    for one, byte, scale in zip(grouped, blocks, scales, strict=True):  # by expert: wide copies stay small
        magnitude = nn.functional.embedding(byte.int(), pairs).flatten(-2)
        exponent = torch.pow(2.0, scale.to(wide) - _BIAS)
        torch.mul(magnitude, exponent.unsqueeze(-1), out=magnitude)
        one.copy_(magnitude)
