"""The experts module of a packed checkpoint: MXFP4 buffers, and stand-ins of the shape that PEFT looks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from . import experts, mxfp4
from .errors import CheckpointError, ModelError
from .experts import GptOssExperts
from .weights import PROJECTIONS


def _placeholder(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> nn.Parameter:
    """A frozen parameter of any shape that holds one number: PEFT reads shape, type and device of it."""
    return nn.Parameter(torch.zeros((), dtype=dtype, device=device).expand(shape), requires_grad=False)


class PackedExperts(GptOssExperts):
    """gpt-oss's experts with `gate_up_proj_blocks`, `gate_up_proj_scales` and those of `down_proj` as buffers.

    `gate_up_proj` and `down_proj` are placeholders that hold one number; they stay so when the module is moved, cast
    or copied, and are left out of its state. Always computes through `experts.forward`.
    """

    def __init__(self, config: Any, dtype: torch.dtype, device: torch.device | str = "meta") -> None:
        with torch.device("meta"):
            super().__init__(config)
        device = torch.device(device)
        shapes = {name: self._parameters[name].shape for name in PROJECTIONS}  # pyright: ignore[reportOptionalMemberAccess]
        for name, (count, inner, outer) in shapes.items():
            if inner % mxfp4.BLOCK:
                raise ModelError(f"{name} has {inner} inputs; MXFP4 needs a multiple of {mxfp4.BLOCK}")
            groups = inner // mxfp4.BLOCK
            self.register_buffer(
                f"{name}_blocks", torch.empty(count, outer, groups, mxfp4.BYTES, dtype=torch.uint8, device=device)
            )
            self.register_buffer(f"{name}_scales", torch.empty(count, outer, groups, dtype=torch.uint8, device=device))
            bias = torch.empty(count, outer, dtype=dtype, device=device)
            self.register_parameter(f"{name}_bias", nn.Parameter(bias, requires_grad=False))
            self.register_parameter(name, _placeholder((count, inner, outer), dtype, device))

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        """See `experts.forward`."""
        if hasattr(self, "parametrizations"):
            raise ModelError("LoRA over packed experts needs the patch 'lora': apply it before the first step")
        return experts.forward(self, *args, **kwargs)

    def dense(self, name: str, dtype: torch.dtype) -> Tensor:
        """The whole weight (experts, in, out) of a projection, as transformers would load it."""
        blocks, scales = self.get_buffer(f"{name}_blocks"), self.get_buffer(f"{name}_scales")
        return mxfp4.dequantise(blocks, scales, dtype).transpose(1, 2).contiguous()

    def _renew(self) -> None:
        bias = self.gate_up_proj_bias
        for name in PROJECTIONS:
            old = self._parameters[name]
            assert old is not None
            self._parameters[name] = _placeholder(tuple(old.shape), bias.dtype, bias.device)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        held = {name: self._parameters[name] for name in PROJECTIONS}
        self._parameters.update(dict.fromkeys(PROJECTIONS))  # None is left alone; a placeholder would be filled in
        try:
            super()._apply(fn, recurse)
        finally:
            self._parameters.update(held)
        self._renew()
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> PackedExperts:
        copy = type(self).__new__(type(self))
        memo[id(self)] = copy
        held = {name: self._parameters[name] for name in PROJECTIONS}
        for parameter in held.values():
            memo[id(parameter)] = parameter
        copy.__dict__.update(deepcopy(vars(self), memo))
        copy._renew()
        return copy

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name in PROJECTIONS:
            destination.pop(prefix + name, None)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *args: Any) -> None:
        if any(prefix + name in state_dict for name in PROJECTIONS):
            raise CheckpointError(f"{prefix}gate_up_proj is dense, and the experts of this model are packed in MXFP4")
        _, _, missing, *_ = args
        super()._load_from_state_dict(state_dict, prefix, *args)
        for name in PROJECTIONS:
            if prefix + name in missing:
                missing.remove(prefix + name)
