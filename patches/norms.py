"""gpt-oss's RMSNorm over pieces of the sequence: its float32 copies exist for a few tokens, and none is saved.

y = w * (x / rms(x)), computed in float32, rms(x) = sqrt(mean(x ** 2) + epsilon) (Zhang and Sennrich, 2019). With
n = x / rms(x) and g = w * dL/dy: dL/dx = (g - n * mean(g * n)) / rms(x), and dL/dw is the sum of n * dL/dy. Saved
are x as it is and 1 / rms(x), a number a token. On a GPU with Triton a kernel does it, float32 in registers only,
unless the weight is trained.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import mxfp4

ROWS = 4096  # 47 MB for each float32 copy at gpt-oss-20b's width
WIDEST = 16384  # a row that a kernel holds in registers
DTYPE = "_assay_dtype"  # of a norm whose output is wanted in another type than its input


def _wide(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, epsilon: float, rows: int, dtype: torch.dtype | None = None
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        out = torch.empty_like(flat, dtype=dtype)
        scales = []
        for part, target in zip(flat.split(rows), out.split(rows), strict=True):
            wide = _wide(part)
            scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + epsilon)
            target.copy_(weight * (wide * scale))
            scales.append(scale)
        ctx.save_for_backward(x, weight, torch.cat(scales))
        ctx.rows = rows
        return out.view_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, weight, scales = ctx.saved_tensors
        flat, grad = x.reshape(-1, x.shape[-1]), grads[0].reshape(-1, x.shape[-1])
        out = torch.empty_like(flat)
        total = torch.zeros_like(_wide(weight)) if ctx.needs_input_grad[1] else None
        pieces = (tensor.split(ctx.rows) for tensor in (flat, grad, scales, out))
        for part, incoming, scale, target in zip(*pieces, strict=True):
            normal, inner = _wide(part) * scale, _wide(incoming)
            if total is not None:
                total += (normal * inner).sum(0)
            inner = inner * weight
            target.copy_((inner - normal * (inner * normal).mean(-1, keepdim=True)) * scale)
        return out.view_as(x), None if total is None else total.to(weight.dtype), None, None, None


def forward(module: Any, x: Tensor) -> Tensor:
    """`GptOssRMSNorm.forward`: x (..., hidden) in any floating type, the result in `module`'s DTYPE or the same."""
    result = _Norm.apply(x, module.weight, module.variance_epsilon, ROWS, vars(module).get(DTYPE))
    assert result is not None
    return result
