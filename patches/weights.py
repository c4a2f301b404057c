"""Where the experts of a layer come from: packed in MXFP4, in bitsandbytes' NF4, or dense.

Each source gives the dense weights of a few experts, as (n, in, out), for as long as they are multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from . import mxfp4

PROJECTIONS = ("gate_up_proj", "down_proj")


class Source(Protocol):
    """One projection of all experts of a layer."""

    @property
    def kind(self) -> str: ...
    @property
    def experts(self) -> int: ...
    @property
    def inner(self) -> int: ...
    @property
    def outer(self) -> int: ...

    def dtype(self, wanted: torch.dtype) -> torch.dtype:
        """The type to multiply in, where `wanted` is that of the activations."""
        ...

    def scratch(self, count: int, dtype: torch.dtype) -> Tensor | None:
        """A buffer for the dense weights of `count` experts, or None where none is needed."""
        ...

    def dense(self, numbers: tuple[int, ...], ids: Tensor, dtype: torch.dtype, scratch: Tensor | None) -> Tensor:
        """The weights (n, in, out) of the experts `numbers`, which are `ids` on the device, perhaps in `scratch`."""
        ...


@dataclass(frozen=True)
class Packed:
    """MXFP4, as in the checkpoint. The dense weight lies as (n, out, in) and is handed out transposed."""

    blocks: Tensor
    scales: Tensor
    kind: str = "MXFP4"

    @property
    def experts(self) -> int:
        return self.blocks.shape[0]

    @property
    def inner(self) -> int:
        return self.blocks.shape[2] * mxfp4.BLOCK

    @property
    def outer(self) -> int:
        return self.blocks.shape[1]

    def dtype(self, wanted: torch.dtype) -> torch.dtype:
        return wanted

    def scratch(self, count: int, dtype: torch.dtype) -> Tensor:
        return torch.empty(count * self.outer * self.inner, dtype=dtype, device=self.blocks.device)

    def dense(self, numbers: tuple[int, ...], ids: Tensor, dtype: torch.dtype, scratch: Tensor | None) -> Tensor:
        return mxfp4.dequantise(self.blocks, self.scales, dtype, experts=ids, out=scratch).transpose(1, 2)


@dataclass(frozen=True)
class Dense:
    """An ordinary parameter (experts, in, out). Neighbouring experts are a view, others a copy."""

    weight: Tensor
    kind: str = "dense"

    @property
    def experts(self) -> int:
        return self.weight.shape[0]

    @property
    def inner(self) -> int:
        return self.weight.shape[1]

    @property
    def outer(self) -> int:
        return self.weight.shape[2]

    def dtype(self, wanted: torch.dtype) -> torch.dtype:
        return self.weight.dtype

    def scratch(self, count: int, dtype: torch.dtype) -> None:
        return None

    def dense(self, numbers: tuple[int, ...], ids: Tensor, dtype: torch.dtype, scratch: Tensor | None) -> Tensor:
        weight = self.weight.detach()
        if numbers[-1] - numbers[0] == len(numbers) - 1:
            return weight[numbers[0] : numbers[-1] + 1]
        return weight[ids]


@dataclass(frozen=True)
class NF4:
    """What bitsandbytes' `replace_parameter_4bit` leaves: bytes of all experts, and one maximum for `blocksize` values.

    Dequantised by expert; nothing of it is kept for the backward pass, unlike bitsandbytes' own parametrization.
    """

    packed: Tensor
    state: Any
    kind: str = "NF4"

    @property
    def experts(self) -> int:
        return self.state.shape[0]

    @property
    def inner(self) -> int:
        return self.state.shape[1]

    @property
    def outer(self) -> int:
        return self.state.shape[2]

    def dtype(self, wanted: torch.dtype) -> torch.dtype:
        return self.state.dtype

    def scratch(self, count: int, dtype: torch.dtype) -> Tensor:
        return torch.empty(count, self.inner, self.outer, dtype=dtype, device=self.packed.device)

    def dense(self, numbers: tuple[int, ...], ids: Tensor, dtype: torch.dtype, scratch: Tensor | None) -> Tensor:
        from bitsandbytes import functional as bnb

        size = self.inner * self.outer
        if size % self.state.blocksize:
            raise ValueError(f"an expert of {size} values is no multiple of NF4's block of {self.state.blocksize}")
        absmax = self.state.absmax
        if self.state.nested:
            absmax = bnb.dequantize_blockwise(absmax, self.state.state2).float() + self.state.offset
        absmax = absmax.view(self.experts, -1)
        packed = self.packed.detach().view(self.experts, -1)
        assert scratch is not None
        for slot, number in enumerate(numbers):
            state = bnb.QuantState(
                absmax=absmax[number].contiguous(),
                shape=torch.Size((self.inner, self.outer)),
                dtype=self.state.dtype,
                blocksize=self.state.blocksize,
                quant_type=self.state.quant_type,
                code=self.state.code,
            )
            # Not straight into the scratch: on the CPU bitsandbytes has no such operator.
            scratch[slot].copy_(bnb.dequantize_4bit(packed[number].view(-1, 1), state))
        return scratch[: len(numbers)]


def source(module: Any, name: str) -> Source:
    """The source of projection `name` of an experts module, by what the module holds now."""
    blocks = module._buffers.get(f"{name}_blocks")
    if blocks is not None:
        scales = module._buffers[f"{name}_scales"]
        assert scales is not None
        return Packed(blocks, scales)
    if name in getattr(module, "parametrizations", {}):
        for parametrization in module.parametrizations[name]:
            if hasattr(parametrization, "quant_state"):
                return NF4(module.parametrizations[name].original, parametrization.quant_state)
    return Dense(getattr(module, name))
