"""For GPUs without bfloat16: float16 in the products and in attention, float32 wherever gpt-oss is too large for it.

gpt-oss was trained in bfloat16, and the outputs of its down projections exceed float16's 65,504, so does the sum of
them that runs through the layers. Here

- that residual stream is float32 from the first layer on; norms ahead of attention and head hand on float16,
- experts take and give float32, the router with them; their tiles are those of `moe_float16`, in which nothing can
  over- or underflow, forward or backward, whatever the weights that train and the input are,
- attention, the head and their LoRA stay float16, as they were: their gradients need a loss scale, as always
  (`torch.amp.GradScaler`; `fp16=True` in a trainer's arguments).

What of this rests on frozen weights is checked when the patch is applied: that MXFP4's exponents and the norms'
outputs are in float16's range.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from . import experts
from .errors import ModelError
from .moe_float16 import HALF, LARGEST
from .norms import DTYPE
from .weights import PROJECTIONS, Packed, source

NAME = "fp16"
SUMMARY = "GPUs without bfloat16: no overflow in float16; experts between products, router and residual in float32"

_HIGHEST = 140  # MXFP4's exponent, 127 being 2 ** 0: 6 * 2 ** 13 is in float16's range, 6 * 2 ** 14 is not
_STEEP = 255.0  # limit * (limit + 1) bounds what SwiGLU gives


@dataclass(frozen=True)
class State:
    """What `remove` needs: hooks, and the modules that were changed."""

    hooks: tuple[Any, ...]
    norms: tuple[nn.Module, ...]
    routers: tuple[Any, ...]
    experts: tuple[nn.Module, ...]
    largest: float  # that a norm hands on


def suits(model: Any) -> bool:
    """Whether the model is in float16: only then is the patch one of those that are applied where none is named."""
    return _type(model)[1] == HALF


def _type(model: Any) -> tuple[str, torch.dtype]:
    """The weight that tells in which type a model is, and the type: the first that is not float16, or the embedding."""
    named = [("model.embed_tokens.weight", model.model.embed_tokens.weight)]
    for name, parameter in model.named_parameters():
        # Norms are float32 in every float16 model of transformers, adapters in PEFT; the router is where this is on.
        if parameter.is_floating_point() and not any(part in name for part in ("norm", "lora_", ".router.")):
            named.append((name, parameter))
    return next(((name, p.dtype) for name, p in named if p.dtype != HALF), (named[0][0], HALF))


def apply(model: Any) -> State:
    """Widen what has to be, see above.

    Raises ModelError for a model in another type, without the patch experts, or with weights beyond float16's range.
    """
    name, dtype = _type(model)
    if dtype != HALF:
        raise ModelError(
            f"the patch '{NAME}' is for models in float16, and {name} is {str(dtype).removeprefix('torch.')}: load the "
            f"model with dtype float16, or leave out '{NAME}', which no other type needs"
        )
    layers = list(model.model.layers)
    found = _experts(model)
    inner = [layer.input_layernorm for layer in layers]
    largest = _largest(model, [*inner, *(layer.post_attention_layernorm for layer in layers), model.model.norm])
    narrowed = (*inner, model.model.norm)
    routers = tuple(module for module in model.modules() if type(module).__name__ == "GptOssTopKRouter")
    hooks = [layer.register_forward_pre_hook(_widen, with_kwargs=True) for layer in layers]
    for module in narrowed:
        setattr(module, DTYPE, HALF)  # which spares a tiled norm the wide copy
        hooks.append(module.register_forward_hook(_narrow))
    for module in routers:
        _cast(module, torch.float32)
        module.forward = partial(_route, module, module.forward)
    for module in found:
        setattr(module, experts.NARROW, True)
    return State(tuple(hooks), narrowed, routers, tuple(found), largest)


def _experts(model: Any) -> list[Any]:
    """The experts modules. Raises ModelError where another function computes them, or float16 does not hold them."""
    found = experts.modules(model)
    if model.config._experts_implementation != experts.FUNCTION:
        raise ModelError(f"the patch '{NAME}' changes how the patch 'experts' multiplies: apply that one too")
    if any(module.limit > _STEEP for module in found):
        raise ModelError(f"swiglu_limit is {found[0].limit:g}: with more than {_STEEP:g} SwiGLU itself exceeds float16")
    for number, module in enumerate(found):
        for name in PROJECTIONS:
            stored = source(module, name)
            if stored.dtype(HALF) != HALF:
                raise ModelError(f"{name} of layer {number} is dequantised to {stored.dtype(HALF)}: quantise float16")
            if isinstance(stored, Packed) and (highest := int(stored.scales.max())) > _HIGHEST:
                raise ModelError(
                    f"{name}_scales of layer {number} has the exponent {highest - 127}, and float16 holds MXFP4's "
                    f"numbers up to 2 ** {_HIGHEST - 127} only: this layer needs bfloat16"
                )
    return found


@torch.no_grad()
def _largest(model: Any, norms: list[Any]) -> float:
    """The largest number that a norm can give: a row of n numbers whose mean square is 1 has none above sqrt(n)."""
    root = model.config.hidden_size**0.5
    most = max(float(norm.weight.abs().max()) for norm in norms) * root
    if not most <= LARGEST:
        raise ModelError(f"a norm's weight of {most / root:g} lets its output exceed float16: the model needs bfloat16")
    return most


def _widen(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Ahead of a layer: the embedding comes in float16, everything after it in float32."""
    if args:
        return (args[0].float(), *args[1:]), kwargs
    return args, {**kwargs, "hidden_states": kwargs["hidden_states"].float()}


def _narrow(norm: nn.Module, args: tuple[Any, ...], out: Tensor) -> Tensor:
    return out.to(HALF)


def _cast(router: nn.Module, dtype: torch.dtype) -> None:
    for parameter in router.parameters(recurse=False):
        parameter.data = parameter.data.to(dtype)


def _route(router: Any, original: Any, hidden_states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The router's forward pass in float32, under autocast too: dL/d(score) is <y, g>, and y is what overflows."""
    with torch.autocast(hidden_states.device.type, enabled=False):
        return original(hidden_states.to(router.weight.dtype))


def remove(model: Any, state: State) -> None:
    """Take all of it back; a router that was trained meanwhile is rounded to float16."""
    for hook in state.hooks:
        hook.remove()
    for module in state.norms:
        vars(module).pop(DTYPE)
    for module in state.routers:
        vars(module).pop("forward")
        _cast(module, HALF)
    for module in state.experts:
        vars(module).pop(experts.NARROW)


def explain(model: Any, state: State) -> dict[str, str]:
    """What is in which type, and what still needs care."""
    half = [n for n, p in model.named_parameters() if "lora_" in n and p.dtype == HALF]
    rows = {
        "residual stream": "float32 between the layers, so a checkpoint takes 4 bytes a number",
        "experts": "float16 products kept in float32, SwiGLU and weighted sum in float32; gradients as float16 numbers "
        "with a power of two a row: nothing over- or underflows, at any loss scale",
        "router": "float32",
        "norms": f"float16 ahead of attention and head, at most {state.largest:.4g} by their weights",
        "attention, head": "float16, as they were; to train them takes a loss scale (GradScaler, fp16=True)",
    }
    if (model.config._attn_implementation or "eager") == "eager":
        rows["attention"] = "eager: products of queries and keys are float16; the patch attention keeps them in float32"
    if half:
        rows["adapters"] = f"{len(half)} factors are float16, and no GradScaler takes those: cast them to float32"
    return rows
