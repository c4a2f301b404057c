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


def _fused(x: Tensor) -> bool:
    return mxfp4.by_kernel(x) and x.numel() > 0 and x.shape[-1] <= WIDEST


def _normalise(flat: Tensor, weight: Tensor, epsilon: float, rows: int, out: Tensor) -> Tensor:
    """The norm of `flat` (tokens, hidden) into `out`; returns 1 / rms, (tokens, 1)."""
    if _fused(flat):
        from . import norm_kernels

        scales = flat.new_empty(len(flat), 1, dtype=torch.float32)
        norm_kernels.forward(flat, weight, epsilon, out, scales)
        return scales
    found = []
    for part, target in zip(flat.split(rows), out.split(rows), strict=True):
        wide = _wide(part)
        scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + epsilon)
        target.copy_(weight * (wide * scale))
        found.append(scale)
    return torch.cat(found)


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, epsilon: float, rows: int, dtype: torch.dtype | None = None
    ) -> Tensor:
        flat = x.reshape(-1, x.shape[-1]).contiguous()
        out = torch.empty_like(flat, dtype=dtype)
        ctx.save_for_backward(x, weight, _normalise(flat, weight, epsilon, rows, out))
        ctx.rows = rows
        return out.view_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, weight, scales = ctx.saved_tensors
        flat, grad = (tensor.reshape(-1, x.shape[-1]).contiguous() for tensor in (x, grads[0]))
        out = torch.empty_like(flat)
        if _fused(flat) and not ctx.needs_input_grad[1]:
            from . import norm_kernels

            norm_kernels.backward(flat, weight, scales, grad, out)
            return out.view_as(x), None, None, None, None
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
