"""gpt-oss's clamped SwiGLU over rows sorted by expert, with its bias, forward and backward, in float32 inside.

Of a row of `gate_up`, gate and up alternate: gate = x[0::2] clamped from above, up = x[1::2] clamped on both sides,
result = (up + 1) * gate * sigmoid(alpha * gate). A clamped value passes no gradient; one at the limit does, as in
torch. Shapes: `gate_up` (rows, 2 * width), `bias` (experts, 2 * width), `experts` integer (rows,).
"""

from __future__ import annotations

import torch
from torch import Tensor

from . import mxfp4


def wide(dtype: torch.dtype) -> torch.dtype:
    """The type sums are kept in: float32, or float64 for float64."""
    return torch.promote_types(dtype, torch.float32)


def forward(
    gate_up: Tensor, bias: Tensor, experts: Tensor, alpha: float, limit: float, *, dtype: torch.dtype | None = None
) -> Tensor:
    """The activation (rows, width), in `dtype` or the type of `gate_up`."""
    dtype = dtype or gate_up.dtype
    if mxfp4.by_kernel(gate_up):
        from . import kernels

        out = gate_up.new_empty(len(gate_up), gate_up.shape[1] // 2, dtype=dtype)
        kernels.swiglu(gate_up, bias, experts, alpha, limit, out)
        return out
    _, gate, _, up = _split(gate_up, bias, experts, limit)
    return ((up + 1) * (gate * torch.sigmoid(gate * alpha))).to(dtype)


def backward(
    gate_up: Tensor,
    bias: Tensor,
    experts: Tensor,
    weights: Tensor,
    grad: Tensor,
    alpha: float,
    limit: float,
    *,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor]:
    """The gradient of `gate_up` (and of its bias, row by row), and of the routing weights, float32 (rows,).

    The first is in `dtype` or the type of `gate_up`, the second is not multiplied by the weights.

    `grad` (rows, width) is the gradient of the activation before it is multiplied by the routing `weights` (rows,):
    since the down projection is linear, the gradient of a row's weight is <activation, grad>, and the projection
    itself need not be computed again.
    """
    if mxfp4.by_kernel(gate_up):
        from . import kernels

        out = torch.empty_like(gate_up, dtype=dtype)
        inner = weights.new_empty(len(weights), dtype=torch.float32)
        kernels.swiglu_backward(gate_up, bias, experts, weights, grad, alpha, limit, out, inner)
        return out, inner
    raw_gate, gate, raw_up, up = _split(gate_up, bias, experts, limit)
    grad = grad.to(gate.dtype)
    sigmoid = torch.sigmoid(gate * alpha)
    glu = gate * sigmoid
    inner = ((up + 1) * glu * grad).sum(-1)
    grad = grad * weights.to(gate.dtype).unsqueeze(-1)
    out = torch.empty_like(gate_up, dtype=dtype)
    out[:, 0::2] = grad * (up + 1) * sigmoid * (1 + alpha * gate * (1 - sigmoid)) * (raw_gate <= limit)
    out[:, 1::2] = grad * glu * (raw_up.abs() <= limit)
    return out, inner


def _split(gate_up: Tensor, bias: Tensor, experts: Tensor, limit: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    x = gate_up.to(wide(gate_up.dtype)) + bias[experts]
    gate, up = x[:, 0::2], x[:, 1::2]
    return gate, gate.clamp(max=limit), up, up.clamp(-limit, limit)
