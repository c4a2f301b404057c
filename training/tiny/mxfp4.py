"""The MXFP4 grid: 32 neighbours along the input dimension share one power of two.

Expert weights of the tiny model lie on this grid, so that packed and dense experts are equal bit for bit.
The packed layout is the published gpt-oss checkpoint's; dense weights are `(experts, in, out)`, as in
transformers.
"""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 32
_MAGNITUDES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)  # e2m1, in the order of its three low bits
_LARGEST_EXPONENT = 2  # 4 = 2**2 is the largest power of two among them
_BIAS = 127  # of the shared 8-bit exponent
_SMALLEST = -100  # keeps every product of scale and magnitude a normal number


def snap(weight: Tensor) -> Tensor:
    """The nearest weight on the grid; a weight already on it comes back unchanged.

    `weight` is `(experts, in, out)` in float32; raises ValueError if `in` is no multiple of 32.
    """
    blocks = _blocks(weight)
    exponent = _exponents(blocks)
    near = _round(blocks, exponent)
    wide = _round(blocks, exponent + 1)  # never clips the largest value, but is coarser for the rest
    better = _error(wide, blocks) < _error(near, blocks)
    return _dense(torch.where(better, wide, near))


def pack(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Blocks `(experts, out, in / 32, 16)` and scales `(experts, out, in / 32)`, both uint8.

    Raises ValueError for a weight that is not on the grid: packing never rounds.
    """
    blocks = _blocks(weight.float())
    exponent = _exponents(blocks)
    if not torch.equal(_round(blocks, exponent), blocks):
        raise ValueError("the weight is not on the MXFP4 grid; snap() it first")
    codes = _codes(blocks, exponent).to(torch.uint8) | (torch.signbit(blocks).to(torch.uint8) << 3)
    scales = (exponent.squeeze(-1) + _BIAS).to(torch.uint8)
    return codes[..., 0::2] | (codes[..., 1::2] << 4), scales


def unpack(blocks: Tensor, scales: Tensor) -> Tensor:
    """The dense float32 weight `(experts, in, out)` of `pack`'s two tensors."""
    codes = torch.stack((blocks & 15, blocks >> 4), dim=-1).flatten(-2).long()
    magnitudes = torch.tensor(_MAGNITUDES)
    values = torch.cat((magnitudes, -magnitudes))[codes]
    return _dense(torch.ldexp(values, scales.int().unsqueeze(-1) - _BIAS))


def _blocks(weight: Tensor) -> Tensor:
    experts, inner, outer = weight.shape
    if inner % BLOCK:
        raise ValueError(f"the input dimension {inner} is no multiple of {BLOCK}")
    return weight.transpose(1, 2).reshape(experts, outer, inner // BLOCK, BLOCK)


def _dense(blocks: Tensor) -> Tensor:
    return blocks.flatten(-2).transpose(1, 2).contiguous()


def _exponents(blocks: Tensor) -> Tensor:
    largest = blocks.abs().amax(-1, keepdim=True)
    floor_log2 = torch.frexp(largest).exponent - 1
    exponent = (floor_log2 - _LARGEST_EXPONENT).clamp(min=_SMALLEST)
    return torch.where(largest > 0, exponent, torch.zeros_like(exponent))


def _codes(blocks: Tensor, exponent: Tensor) -> Tensor:
    scaled = torch.ldexp(blocks.abs(), -exponent).contiguous()
    grid = torch.tensor(_MAGNITUDES)
    return torch.bucketize(scaled, (grid[1:] + grid[:-1]) / 2)


def _round(blocks: Tensor, exponent: Tensor) -> Tensor:
    magnitudes = torch.tensor(_MAGNITUDES)[_codes(blocks, exponent)]
    return torch.ldexp(magnitudes, exponent).copysign(blocks)


def _error(rounded: Tensor, blocks: Tensor) -> Tensor:
    return (rounded - blocks).square().sum(-1, keepdim=True)
