"""Split LoRA over experts: (x A) B by expert, instead of the sum W + A B of every expert at every step.

PEFT keeps configuration, initialisation, saving and loading of the adapter; `ParamWrapper.forward` is replaced, and
only over gpt-oss experts that the patch `experts` computes: it hands the factors on to them. An adapter trained so
loads in plain PEFT. PEFT's layout: A is (experts * r, in), expert first; B is (out, r * experts), expert last. LoRA on
ordinary linear layers, `Linear.forward`, runs as one function: see `lora_linear`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from peft.tuners.lora.layer import Linear, ParamWrapper
from torch import Tensor, nn

from . import experts, lora_linear
from .errors import AdapterError, ModelError
from .experts import GptOssExperts
from .packed import PackedExperts
from .weights import PROJECTIONS

NAME = "lora"
SUMMARY = "LoRA as (x A) B: over experts grouped by expert, no W + A B is ever built; on linear layers in one function"

_users: set[object] = set()  # one for every application: the class is PEFT's, and shared by all models
_original: dict[tuple[type, str], Callable[..., Any]] = {}


def factors(wrapper: Any) -> tuple[Tensor, Tensor] | None:
    """A (experts, r, in) and B (experts, r, out) of the active adapters, the scaling in B; None if none is active.

    Several adapters are one of the sum of their ranks. Raises AdapterError for factors of another shape.
    """
    active = [name for name in wrapper.active_adapters if name in wrapper.lora_A]
    pairs = [_factors(wrapper, name) for name in active]
    if not pairs:
        return None
    if len(pairs) == 1:
        return pairs[0]
    return torch.cat([a for a, _ in pairs], 1), torch.cat([b for _, b in pairs], 1)


def _factors(wrapper: Any, name: str) -> tuple[Tensor, Tensor]:
    # Not the parameter's shape: reading a parameter in NF4 would dequantise all of it.
    count, inner, outer = wrapper.num_experts, wrapper.in_features, wrapper.out_features
    a, b, rank = wrapper.lora_A[name].weight, wrapper.lora_B[name].weight, wrapper.r[name]
    if a.shape != (count * rank, inner) or b.shape != (outer, rank * count):
        raise AdapterError(
            f"adapter '{name}' has lora_A {tuple(a.shape)} and lora_B {tuple(b.shape)} for {wrapper.parameter_name}, "
            f"which takes {(count * rank, inner)} and {(outer, rank * count)}: it was trained for another model"
        )
    a = a.view(count, rank, inner)
    b = b.view(outer, rank, count).permute(2, 1, 0) * wrapper.scaling[name]
    return a, b.contiguous()


def _split(wrapper: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """`ParamWrapper.forward` over experts of ours; that of PEFT over everything else."""
    base = wrapper.get_base_layer()
    if not _ours(base) or wrapper.parameter_name not in PROJECTIONS or wrapper.merged:
        return _original[ParamWrapper, "forward"](wrapper, x, *args, **kwargs)
    _check_nesting(wrapper)
    wrapper._check_forward_args(x, *args, **kwargs)
    adapters = dict(kwargs.pop("adapters", None) or {})
    if not wrapper.disable_adapters and (found := factors(wrapper)) is not None:
        adapters[wrapper.parameter_name] = found
    return wrapper.base_layer(x, *args, adapters=adapters, **kwargs)


def _check_nesting(wrapper: Any) -> None:
    """PEFT nests wrappers by name where parameters are in NF4 already, else as the parameters come."""
    inner = getattr(wrapper.base_layer, "parameter_name", None)
    if wrapper.parameter_name == PROJECTIONS[0] and inner == PROJECTIONS[1]:
        raise AdapterError(
            "this adapter was added over experts in NF4, and its files would not load over the bfloat16 model: add the "
            "adapter first, then quantise the experts"
        )


def _ours(base: Any) -> bool:
    if isinstance(base, PackedExperts):
        return True
    return isinstance(base, GptOssExperts) and base.config._experts_implementation == experts.FUNCTION


def _merge(wrapper: Any, *args: Any, **kwargs: Any) -> None:
    """`ParamWrapper.merge`, which has nothing to add to where experts are packed."""
    base = wrapper.get_base_layer()
    if isinstance(base, PackedExperts) or wrapper.parameter_name in getattr(base, "parametrizations", {}):
        raise AdapterError(
            f"{wrapper.parameter_name} is quantised, so no adapter can be merged into it: save the adapter and merge "
            "it over the bfloat16 model"
        )
    _original[ParamWrapper, "merge"](wrapper, *args, **kwargs)


def _linear(layer: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """`Linear.forward`."""
    return lora_linear.forward(_original[Linear, "forward"], layer, x, *args, **kwargs)


_REPLACEMENTS: dict[tuple[type, str], Callable[..., Any]] = {
    (ParamWrapper, "forward"): _split,
    (ParamWrapper, "merge"): _merge,
    (Linear, "forward"): _linear,
}


def apply(model: nn.Module) -> object:
    """Replace the forward pass of PEFT's LoRA around experts and linear layers, of adapters added later too."""
    experts.modules(model)
    if not any(_ours(module) for module in experts.modules(model)):
        raise ModelError("the patch 'lora' hands factors to the patch 'experts': apply that one too")
    if not _users:
        for (kind, name), replacement in _REPLACEMENTS.items():
            _original[kind, name] = getattr(kind, name)
            setattr(kind, name, replacement)
    user = object()
    _users.add(user)
    weakref.finalize(model, _release, user).atexit = False  # a model that is gone needs no patch
    return user


def _release(user: object) -> None:
    _users.discard(user)
    if not _users:
        for (kind, name), method in _original.items():
            setattr(kind, name, method)
        _original.clear()


def remove(model: nn.Module, state: object) -> None:
    """Give PEFT its own forward pass back once no model has this patch on."""
    _release(state)


def explain(model: nn.Module, state: object) -> dict[str, str]:
    """Which expert projections carry adapters, of what rank, and which linear layers."""
    wrappers = [m for m in model.modules() if isinstance(m, ParamWrapper) and m.parameter_name in PROJECTIONS]
    layers = [m for m in model.modules() if isinstance(m, Linear)]
    return {
        "experts": _describe(
            [w.r for w in wrappers], wrappers, "projections", "gate_up_proj and down_proj will be split"
        ),
        "linear layers": _describe([m.r for m in layers], layers, "layers", "linear layers will run in one function"),
    }


def _describe(ranks: list[dict[str, int]], holders: list[Any], what: str, otherwise: str) -> str:
    if not holders:
        return f"no adapter yet; those that PEFT adds to {otherwise}"
    size = sum(p.numel() for h in holders for part in (h.lora_A, h.lora_B) for p in part.parameters())
    found = ", ".join(map(str, sorted({rank for each in ranks for rank in each.values()})))
    return f"{len(holders)} {what}, r = {found}, {size / 1e6:.1f} M parameters"
