"""Frozen experts that stay as they are stored, in MXFP4, NF4 or bfloat16, from the checkpoint to the product.

Registers the experts function `assay_experts` with transformers and selects it for the model. dL/dx, the router's
gradient and those of LoRA factors are right; dense weights exist for a few experts at a time, are computed again in
the backward pass and never saved. Experts whose own weights are trained are left to transformers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS
from transformers.models.gpt_oss import modeling_gpt_oss

from . import grouped, moe, mxfp4
from .errors import AdapterError, DeviceError, ModelError, OptionError
from .grouped import Tiling
from .weights import PROJECTIONS, source

NAME = "experts"
SUMMARY = "experts stay packed in MXFP4 or NF4 up to the product, tiled, with the right dL/dx and nothing dense saved"

FUNCTION = "assay_experts"
GptOssExperts: Any = modeling_gpt_oss.GptOssExperts  # a class; what its decorator is said to return is none
_TILING = "_assay_tiling"
_BEFORE = "_assay_experts_before"
FUSED = "_assay_fused"  # of a module: when its products are fused, which the patch fused says
NARROW = "_assay_float16"  # of a module whose products are those of `moe_float16`, which the patch fp16 selects

Factors = tuple[Tensor, Tensor]


def forward(
    module: Any,
    hidden_states: Tensor,
    top_k_index: Tensor,
    top_k_weights: Tensor,
    adapters: dict[str, Factors] | None = None,
) -> Tensor:
    """transformers' experts function: `hidden_states` (tokens, hidden), the others (tokens, k), to (tokens, hidden).

    `adapters` maps a projection's name to its LoRA factors A (experts, r, in) and B (experts, r, out), scaled.
    """
    adapters = adapters or {}
    if _trains_itself(module):
        return _upstream(module, adapters)(module, hidden_states, top_k_index, top_k_weights)
    gate_up, down = (source(module, name) for name in PROJECTIONS)
    narrow = NARROW in vars(module)
    dtype = gate_up.dtype(torch.float16 if narrow else _autocast(hidden_states))
    order, counts = grouped.sort_by_expert(top_k_index, gate_up.experts)
    settings = moe.Settings(
        gate_up,
        down,
        float(module.alpha),
        float(module.limit),
        getattr(module, _TILING, Tiling()),
        dtype,
        narrow,
        vars(module).get(FUSED),
    )
    kept = torch.float32 if narrow else dtype
    factors = [adapters.get(name, (None, None)) for name in PROJECTIONS]
    inputs = moe.Inputs(
        hidden_states,
        top_k_weights,
        module.gate_up_proj_bias,
        module.down_proj_bias,
        tuple(None if f is None else f.to(kept) for pair in factors for f in pair),
        top_k_index,
        order,
        counts,
    )
    return moe.experts(settings, inputs)


def _autocast(x: Tensor) -> torch.dtype:
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def _trains_itself(module: Any) -> bool:
    weights = (module._parameters.get(name) for name in PROJECTIONS)
    return torch.is_grad_enabled() and any(w is not None and w.requires_grad for w in weights)


def _upstream(module: Any, adapters: dict[str, Factors]) -> Any:
    """transformers' own function, for experts whose own weights are trained."""
    if adapters:
        raise AdapterError("experts that carry a LoRA adapter must be frozen: call requires_grad_(False) on them")
    if NARROW in vars(module):
        raise ModelError("the patch 'fp16' is for frozen experts: call requires_grad_(False) on them")
    eager = GptOssExperts.forward.__wrapped__
    return ALL_EXPERTS_FUNCTIONS.get_interface(getattr(module, _BEFORE, "eager"), eager)


def modules(model: nn.Module) -> list[Any]:
    """The experts modules of a gpt-oss model, first layer first. Raises ModelError where there are none to patch."""
    found = [module for module in model.modules() if isinstance(module, GptOssExperts)]
    if found:
        return found
    if any(type(module).__name__ == "Mxfp4GptOssExperts" for module in model.modules()):
        raise ModelError(
            "transformers' Mxfp4GptOssExperts hand no gradient on: load the checkpoint with "
            "assay.patches.checkpoint.load"
        )
    raise ModelError("the model has no GptOssExperts; load it as GptOssForCausalLM or leave out the patch 'experts'")


def lacks_triton(found: list[Any]) -> bool:
    """Whether these modules are on a GPU for which no kernel can be compiled."""
    return any(module.gate_up_proj_bias.is_cuda for module in found) and not mxfp4.has_triton()


@dataclass(frozen=True)
class State:
    """What `remove` needs: the experts function that was selected before."""

    before: str | None


def apply(model: Any, *, experts_per_tile: int = 4, rows_per_tile: int = 8192, without_triton: bool = False) -> State:
    """Select the experts function; weights stay as they are.

    `experts_per_tile` dense weights exist at a time (50 MB each in gpt-oss-20b), `rows_per_tile` rows of activations
    (60 kB each in the backward pass; a row is one expert of one token). On a GPU without Triton torch gives the same
    numbers, dequantising many times slower, where `without_triton` allows that. Raises OptionError, ModelError,
    DeviceError.
    """
    for option, value in (("experts_per_tile", experts_per_tile), ("rows_per_tile", rows_per_tile)):
        if value < 1:
            raise OptionError(f"option {option} of the patch '{NAME}' is {value}; give 1 or more")
    found = modules(model)
    if lacks_triton(found) and not without_triton:
        raise DeviceError(
            f"the patch '{NAME}' needs Triton on a GPU: pip install triton, or give it the option without_triton=True "
            "for the same numbers from torch, many times slower"
        )
    state = State(model.config._experts_implementation)
    if FUNCTION not in ALL_EXPERTS_FUNCTIONS.valid_keys():
        ALL_EXPERTS_FUNCTIONS.register(FUNCTION, forward)
    for module in found:
        setattr(module, _TILING, Tiling(experts_per_tile, rows_per_tile))
        setattr(module, _BEFORE, state.before or "eager")
        module.config._experts_implementation = FUNCTION
    model.config._experts_implementation = FUNCTION
    return state


def remove(model: Any, state: State) -> None:
    """Select the former experts function. Packed experts go on as they are: no other function can read them."""
    for module in modules(model):
        vars(module).pop(_TILING, None)
        vars(module).pop(_BEFORE, None)
        module.config._experts_implementation = state.before
    model.config._experts_implementation = state.before


def explain(model: Any, state: State) -> dict[str, str]:
    """What the experts are stored as, how much is dense at a time, and what dequantises them."""
    found = modules(model)
    kinds = Counter(source(module, name).kind for module in found for name in PROJECTIONS)
    tiling = getattr(found[0], _TILING)
    engine = "Triton" if found[0].gate_up_proj_bias.is_cuda and mxfp4.has_triton() else "torch"
    if lacks_triton(found):
        engine += ", many times slower: Triton is not installed"
    trained = sum(any(p.requires_grad for n, p in m.named_parameters(recurse=False) if n in PROJECTIONS) for m in found)
    rows = {
        "weights": ", ".join(f"{kind} ({count // 2} layers)" for kind, count in kinds.items()),
        "dense at a time": f"{tiling.experts} of {source(found[0], PROJECTIONS[0]).experts} experts, "
        f"{tiling.rows} rows of activations; nothing dense is saved for backward",
        "kernels": engine,
    }
    if trained:
        rows["not frozen"] = f"{trained} layers train their own experts and use {state.before or 'eager'} while they do"
    return rows
