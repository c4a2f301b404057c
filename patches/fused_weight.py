"""What stands where a dense weight would: experts still packed, multiplied by a kernel that dequantises inside."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from . import fused_table, mxfp4
from .weights import Packed, Source

if TYPE_CHECKING:
    from .fused_kernels import Shape

TYPES = (torch.bfloat16, torch.float16, torch.float32)


@dataclass(frozen=True)
class Limits:
    """Mean rows an expert up to which a forward and a backward pass are fused, one with no gradient being forward."""

    forward: float
    backward: float

    def take(self, sources: tuple[Source, Source], dtype: torch.dtype, rows: int, back: bool) -> bool:
        """Whether a pass over so many rows is fused; never over weights, types or devices without such a kernel."""
        packed = all(isinstance(source, Packed) and runs_on(source.blocks.device) for source in sources)
        each = self.backward if back else self.forward
        return packed and dtype in TYPES and 0 < rows <= each * sources[0].experts


def runs_on(device: torch.device) -> bool:
    """Whether Triton runs there: on a GPU, or on the CPU under its interpreter."""
    return mxfp4.has_triton() and (device.type == "cuda" or os.environ.get("TRITON_INTERPRET") == "1")


@dataclass(frozen=True)
class FusedWeight:
    """The weights (n, in, out) of `experts`, int32 (n,); transposed, as (n, out, in), where `back`."""

    source: Packed
    experts: Tensor
    back: bool = False

    def __getitem__(self, slots: slice) -> FusedWeight:
        return replace(self, experts=self.experts[slots])

    def transpose(self, first: int, second: int) -> FusedWeight:
        """The last two dimensions exchanged, as a tensor does it."""
        assert {first, second} == {1, 2}
        return replace(self, back=not self.back)

    def multiply(self, x: Tensor, ends: Tensor, dtype: torch.dtype) -> Tensor:
        """Rows x, sorted into the groups that end at `ends`, int32 (n,), times the weight of their group."""
        from . import fused_kernels

        measured = x.is_cuda and x.dtype != torch.float32
        shape = _shape(_name(x.device), len(x), len(self.experts), self.back) if measured else None
        blocks, scales = self.source.blocks, self.source.scales
        return fused_kernels.multiply(x, blocks, scales, self.experts, ends, back=self.back, dtype=dtype, shape=shape)


@cache
def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device)


@cache
def _shape(name: str, rows: int, experts: int, back: bool) -> Shape | None:
    from .fused_kernels import Shape

    found = fused_table.shape(name, rows / experts, back)
    return None if found is None else Shape(*found)
