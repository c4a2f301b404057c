"""The rotary embedding of queries and keys in one kernel each, in place of upstream's nine elementwise ones.

x = (a, b) becomes (a cos - b sin, b cos + a sin) (Su et al., 2021), in float32 and rounded once; its gradient is the
same rotation by the negative angle, so nothing but the angles is saved. transformers calls the function by its global
name: it is replaced there while a model has the patch `attention` on, and only does its work for tensors on a GPU
with Triton; everything else goes to transformers' own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from transformers.models.gpt_oss import modeling_gpt_oss

from . import mxfp4

_NAME = "apply_rotary_pos_emb"
_original: list[Callable[..., Any]] = []
_users: set[object] = set()


class _Rotate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _rotate(x, cos, sin, 1.0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        cos, sin = ctx.saved_tensors
        return _rotate(grads[0], cos, sin, -1.0), None, None


def _rotate(x: Tensor, cos: Tensor, sin: Tensor, sign: float) -> Tensor:
    """x (batch, heads, tokens, width) turned; the result lies as (batch, tokens, heads, width), which kernels want."""
    from . import rotary_kernels

    batch, heads, tokens, width = x.shape
    if x.stride(-1) != 1:
        x = x.contiguous()
    out = x.new_empty(batch, tokens, heads, width)
    rotary_kernels.rotate(x, cos, sin, sign, out)
    return out.transpose(1, 2)


def _usable(x: Tensor, cos: Tensor) -> bool:
    fits = x.dim() == 4 and x.numel() > 0 and cos.dim() == 3 and cos.shape[1:] == (x.shape[2], x.shape[3] // 2)
    return mxfp4.by_kernel(x) and fits and x.shape[3] % 2 == 0


def apply_rotary_pos_emb(
    q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, *args: Any, **kwargs: Any
) -> tuple[Tensor, Tensor]:
    """transformers' function: q and k (batch, heads, tokens, width), cos and sin (batch or 1, tokens, width / 2)."""
    plain = args or kwargs or torch.compiler.is_compiling() or cos.requires_grad
    if plain or not (_usable(q, cos) and _usable(k, cos)):
        return _original[0](q, k, cos, sin, *args, **kwargs)
    cos, sin = cos.contiguous(), sin.contiguous()
    return _Rotate.apply(q, cos, sin), _Rotate.apply(k, cos, sin)  # pyright: ignore[reportReturnType]


def install(user: object, model: torch.nn.Module | None = None) -> None:
    """Put the function in place for one more user, as long as its ``model`` lives."""
    if model is not None:
        weakref.finalize(model, uninstall, user).atexit = False
    if not _users:
        _original.append(getattr(modeling_gpt_oss, _NAME))
        setattr(modeling_gpt_oss, _NAME, apply_rotary_pos_emb)
    _users.add(user)


def uninstall(user: object) -> None:
    """Give transformers its own function back once the last user is gone."""
    _users.discard(user)
    if not _users and _original:
        setattr(modeling_gpt_oss, _NAME, _original.pop())
