"""LoRA on an ordinary linear layer as one function: y = x W + b + s (x A') B', the sum made by the product itself.

PEFT's own forward pass widens x to the factors' float32, even where autocast narrows it again at once, and makes the
sum in three elementwise passes. Here, in the type that autocast (or x) has: two products forward and two for dL/dx,

    dL/dx = g W' + s (g B) A,    dL/dA = s (g B)' x,    dL/dB = s g' (x A'),

the factors' gradients in float32. PEFT's is kept for whatever else PEFT can do: several adapters at once, dropout,
variants such as DoRA, biases, merged or quantised layers, and factors in another type than x without autocast, which
is how a model samples: then the wide copies exist for some tokens at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .grouped import wide_product

TOKENS = 2048  # 34 MB for each float32 copy of gpt-oss-20b's queries


class _LoraLinear(torch.autograd.Function):
    """x (..., in), weight (out, in) and bias (out,) of one type and frozen; A (r, in) and B (out, r) of any."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scaling: float
    ) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            flat, narrow_a, narrow_b = x.reshape(-1, x.shape[-1]), a.to(x.dtype), b.to(x.dtype)
            middle = flat @ narrow_a.t()
            out = nn.functional.linear(flat, weight, bias).addmm_(middle, narrow_b.t(), alpha=scaling)
        ctx.save_for_backward(x, weight, narrow_a, narrow_b, middle)
        ctx.scaling, ctx.types = scaling, (a.dtype, b.dtype)
        return out.view(*x.shape[:-1], len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, weight, a, b, middle = ctx.saved_tensors
        to_x, _, _, to_a, to_b, _ = ctx.needs_input_grad
        with torch.autocast(x.device.type, enabled=False):
            grad, flat = grads[0].reshape(-1, len(weight)), x.reshape(-1, x.shape[-1])
            back = grad @ b
            dx = (grad @ weight).addmm_(back, a, alpha=ctx.scaling).view_as(x) if to_x else None
            da = (wide_product(back.t(), flat) * ctx.scaling).to(ctx.types[0]) if to_a else None
            db = (wide_product(grad.t(), middle) * ctx.scaling).to(ctx.types[1]) if to_b else None
        return dx, None, None, da, db, None


def _factors(layer: Any) -> tuple[Tensor, Tensor, float] | None:
    """A, B and the scaling of the one active adapter, or None where PEFT has more to do than to multiply by them."""
    active = [name for name in layer.active_adapters if name in layer.lora_A]
    if len(active) != 1 or layer.disable_adapters or layer.merged or active[0] in getattr(layer, "lora_variant", {}):
        return None
    a, b = layer.lora_A[active[0]], layer.lora_B[active[0]]
    dropout = layer.lora_dropout[active[0]]
    plain = all(type(part) is nn.Linear and part.bias is None and not _hooked(part) for part in (a, b))
    if not plain or not (isinstance(dropout, nn.Identity) or getattr(dropout, "p", 1.0) == 0.0):
        return None
    return a.weight, b.weight, float(layer.scaling[active[0]])


def _hooked(module: nn.Module) -> bool:
    return bool("forward" in vars(module) or module._forward_hooks or module._forward_pre_hooks)


def _in_pieces(original: Callable[..., Tensor], layer: Any, x: Tensor) -> Tensor:
    """`original`, without gradients for some tokens at a time: it makes four float32 tensors of all it is given."""
    flat = x.reshape(-1, x.shape[-1])
    if torch.is_grad_enabled() or len(flat) <= TOKENS:
        return original(layer, x)
    out = x.new_empty(len(flat), layer.base_layer.out_features)
    for part, target in zip(flat.split(TOKENS), out.split(TOKENS), strict=True):
        target.copy_(original(layer, part))
    return out.view(*x.shape[:-1], -1)


def forward(original: Callable[..., Tensor], layer: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """`peft.tuners.lora.Linear.forward` for x (..., in): in one function where it can be, else by `original`."""
    base = layer.base_layer
    if args or kwargs or type(base) is not nn.Linear or _hooked(base) or torch.compiler.is_compiling():
        return original(layer, x, *args, **kwargs)
    kind = x.device.type
    autocast = torch.is_autocast_enabled(kind)
    dtype = torch.get_autocast_dtype(kind) if autocast else x.dtype
    found = _factors(layer)
    frozen = not base.weight.requires_grad and (base.bias is None or not base.bias.requires_grad)
    if found is None or not frozen or base.weight.dtype != dtype:
        return original(layer, x)
    a, b, scaling = found
    if a.dtype != dtype and not autocast:
        return _in_pieces(original, layer, x)
    return _LoraLinear.apply(x.to(dtype), base.weight, base.bias, a, b, scaling)  # pyright: ignore[reportReturnType]
