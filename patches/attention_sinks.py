"""Attention with sinks through kernels that know of none.

With ``lse`` the log-sum-exp of a query's scores and ``s`` the sink of its head, ``O_sink = O · sigmoid(lse − s)``.
The backward of any FlashAttention is exact for it when it is handed ``lse' = logaddexp(lse, s)`` and ``O_sink`` in
place of its own: it computes ``P = exp(score − lse')`` and ``delta = rowsum(dO ∘ O_sink)``, which are the right ones.
The sink's own gradient is ``−Σ exp(s − lse') · delta``. Memory grows with the number of tokens only. On a GPU with
Triton each of the two is one pass over the output (``sink_kernels``); torch does the same in a dozen.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import mxfp4

_CHUNK = 1 << 24  # elements of float32 that the sink's gradient holds at a time: 64 MiB


class Kernel(Protocol):
    """An attention kernel and its backward. ``head_axis`` is the axis of the heads in ``lse``, -1 or -2.

    ``lse`` has the shape of the output without its last axis, and is −inf for a query that sees no key. The output may
    be wider than the queries.
    """

    head_axis: int

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scale: float) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]: ...

    def backward(
        self, grad: Tensor, qkv: tuple[Tensor, ...], out: Tensor, lse: Tensor, extra: tuple[Tensor, ...], scale: float
    ) -> tuple[Tensor, Tensor, Tensor]: ...


def add_sink(out: Tensor, lse: Tensor, sink: Tensor) -> tuple[Tensor, Tensor]:
    """Output, scaled in place, and log-sum-exp with the sink; neither ``out`` nor ``lse`` can be used any more.

    ``lse`` is float32 (float64 if q is); ``sink``, of any float type, is (heads,), or (heads, 1) where the heads are
    ahead of the tokens.
    """
    if _by_kernel(out, lse):
        from . import sink_kernels

        by_token, its_lse = _by_token(-sink.dim(), out, lse)
        sink_kernels.add_sink(by_token, its_lse, sink.flatten())
        return out, lse
    sink = sink.to(lse.dtype)
    out.mul_(torch.sigmoid(lse - sink).unsqueeze(-1))
    return out, torch.logaddexp(lse, sink)


def _by_kernel(*tensors: Tensor) -> bool:
    return all(mxfp4.by_kernel(x) for x in tensors) and all(x.stride(-1) == 1 for x in tensors[:-1])


def _by_token(head_axis: int, *tensors: Tensor) -> list[Tensor]:
    """Outputs, and ``lse`` as the last, as (batch, tokens, heads, ...), which is how the kernels count."""
    *wide, lse = tensors
    if head_axis == -2:
        wide, lse = [x.transpose(-3, -2) for x in wide], lse.transpose(-2, -1)
    found = [*wide, lse]
    return [x.unsqueeze(0) for x in found] if lse.dim() == 2 else found


def sink_gradient(grad: Tensor, out: Tensor, lse: Tensor, sink: Tensor, head_axis: int) -> Tensor:
    """``−Σ exp(s − lse') · rowsum(dO ∘ O')`` for each head, in the type of ``lse``, a few tokens at a time.

    ``sink`` is as in ``add_sink``.
    """
    if _by_kernel(grad, out, lse):
        from . import sink_kernels

        given, by_token, its_lse = _by_token(head_axis, grad, out, lse)
        return sink_kernels.sink_gradient(given, by_token, its_lse, sink.flatten())
    sink = sink.to(lse.dtype)
    tokens = -3 if head_axis == -1 else -2  # axis of the tokens in the output
    length = out.shape[tokens]
    step = max(1, _CHUNK * length // max(1, out.numel()))
    total = torch.zeros(out.shape[head_axis - 1], dtype=lse.dtype, device=lse.device)
    for begin in range(0, length, step):
        size = min(step, length - begin)
        some_out = out.narrow(tokens, begin, size).to(lse.dtype)
        delta = (grad.narrow(tokens, begin, size) * some_out).sum(-1)
        weight = torch.exp(sink - lse.narrow(tokens + 1, begin, size))
        heads = (weight * delta).movedim(head_axis, 0)
        total -= heads.reshape(len(heads), -1).sum(-1)
    return total


class SinkAttention(torch.autograd.Function):
    """Attention with sinks; gradients for q, k, v and the sinks (one a query head, any float type)."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, sinks: Tensor, kernel: Kernel, scale: float) -> Tensor:
        with torch.autocast(q.device.type, enabled=False):
            out, lse, extra = kernel.forward(q, k, v, scale)
            sink = sinks.detach()
            out, lse = add_sink(out, lse, sink if kernel.head_axis == -1 else sink[:, None])
            out = out.to(q.dtype)
        ctx.save_for_backward(q, k, v, sinks, out, lse, *extra)
        ctx.kernel, ctx.scale = kernel, scale
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grads
        q, k, v, sinks, out, lse, *extra = ctx.saved_tensors
        with torch.autocast(q.device.type, enabled=False):
            dq, dk, dv = ctx.kernel.backward(grad, (q, k, v), out, lse, tuple(extra), ctx.scale)
            ds = None
            if ctx.needs_input_grad[3]:
                axis = ctx.kernel.head_axis
                ds = sink_gradient(grad, out, lse, sinks if axis == -1 else sinks[:, None], axis).to(sinks.dtype)
        return dq, dk, dv, ds, None, None
