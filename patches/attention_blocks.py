"""Attention over blocks of queries with explicit masks: the CPU's flash kernel, or plain matrix products.

Everything that ``Rows`` can describe works here, in any float type, float64 too. A block sees only the keys
between the first one that any of its queries may see and its own end, so a window costs its width, not the length.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from .attention_rows import Rows

QUERIES = 512  # of a block; masks and scores of one block are what is held beside inputs and outputs

aten = torch.ops.aten


class Blocks:
    """Kernel on (batch, heads, tokens, width): see ``attention_sinks.Kernel``. GQA where the heads divide."""

    head_axis = -2

    def __init__(self, rows: Rows, window: int | None, stock: bool) -> None:
        """``stock``: the CPU's flash kernel, which runs on the CPU alone; else matrix products, on any device."""
        self.rows, self.stock = rows, stock
        self.window = window if window is not None and window < rows.keys else None

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scale: float) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        blocks = list(self._blocks())
        if [block[:2] for block in blocks] == [(0, self.rows.queries)]:
            _, _, first, last, allowed, causal = blocks[0]
            return *self._attend(q, k[:, :, first:last], v[:, :, first:last], allowed, causal, scale), ()
        kind = torch.float64 if q.dtype == torch.float64 else torch.float32
        out = torch.zeros((*q.shape[:-1], v.shape[-1]), dtype=q.dtype if self.stock else kind, device=q.device)
        lse = torch.full(q.shape[:-1], -torch.inf, dtype=kind, device=q.device)
        for begin, end, first, last, allowed, causal in blocks:
            these, keys = slice(begin, end), slice(first, last)
            some, some_lse = self._attend(q[:, :, these], k[:, :, keys], v[:, :, keys], allowed, causal, scale)
            out[:, :, these], lse[:, :, these] = some, some_lse
        return out, lse, ()

    def backward(
        self, grad: Tensor, qkv: tuple[Tensor, ...], out: Tensor, lse: Tensor, extra: tuple[Tensor, ...], scale: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = qkv
        kind = lse.dtype  # of the sums over blocks
        dq = torch.zeros_like(q)
        dk, dv = (torch.zeros(x.shape, dtype=kind, device=x.device) for x in (k, v))
        for begin, end, first, last, allowed, causal in self._blocks():
            these, keys = slice(begin, end), slice(first, last)
            asked = (q[:, :, these], k[:, :, keys], v[:, :, keys])
            answered = (grad[:, :, these], out[:, :, these], lse[:, :, these])
            some = self._attend_backward(answered, asked, allowed, causal, scale)
            dq[:, :, these] = some[0]
            dk[:, :, keys] += some[1]
            dv[:, :, keys] += some[2]
        return dq, dk.to(k.dtype), dv.to(v.dtype)

    def _blocks(self) -> Iterator[tuple[int, int, int, int, Tensor | None, bool]]:
        """Blocks of queries: begin, end, first and last key, what is allowed (batch or 1, 1, q, k), causal."""
        rows = self.rows
        if rows.plain and self.window is None and rows.queries in (1, rows.keys):
            # The kernels align causality to the top left: right only where every key has its query.
            yield 0, rows.queries, 0, rows.keys, None, rows.queries > 1
            return
        size = QUERIES if self.window is None else min(QUERIES, max(64, 2 * self.window))
        for begin in range(0, rows.queries, size):
            end = min(begin + size, rows.queries)
            first, last = rows.first_key(begin, end, self.window), end + rows.offset
            if first < last:
                single = rows.plain and end - begin == 1  # it sees all of these keys
                yield begin, end, first, last, None if single else self._allowed(begin, end, first, last), False

    def _allowed(self, begin: int, end: int, first: int, last: int) -> Tensor:
        rows, device = self.rows, self.rows.device
        lower = rows.lower(self.window)[:, begin:end, None]
        if rows.plain:
            lower = lower[:1]
        keys = torch.arange(first, last, device=device)
        own = torch.arange(begin, end, device=device)[:, None] + rows.offset
        allowed = (keys <= own) & (keys >= lower)
        if rows.holes and rows.valid is not None:
            allowed = allowed & rows.valid[:, None, first:last]
        return allowed[:, None]

    def _attend(
        self, q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None, causal: bool, scale: float
    ) -> tuple[Tensor, Tensor]:
        if self.stock:
            mask = _additive(allowed, q.dtype)
            out, lse = aten._scaled_dot_product_flash_attention_for_cpu(
                q, k, v, is_causal=causal, attn_mask=mask, scale=scale
            )
            # The kernel says 0 for a query without keys.
            return out, lse if allowed is None else lse.masked_fill(~allowed.any(-1), -torch.inf)
        scores = _scores(q, k, allowed, causal, scale)
        lse = torch.logsumexp(scores, -1)
        weights = torch.exp(scores - lse.clamp(min=torch.finfo(lse.dtype).min).unsqueeze(-1))  # −inf − −inf is NaN
        return _product(weights.to(v.dtype), v, wide=True), lse  # rounded once, after the sink has scaled it

    def _attend_backward(
        self,
        answered: tuple[Tensor, Tensor, Tensor],
        asked: tuple[Tensor, Tensor, Tensor],
        allowed: Tensor | None,
        causal: bool,
        scale: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        (grad, out, lse), (q, k, v) = answered, asked
        if self.stock:
            mask = _additive(allowed, q.dtype)
            return aten._scaled_dot_product_flash_attention_for_cpu_backward(
                grad, q, k, v, out, lse, 0.0, causal, attn_mask=mask, scale=scale
            )
        weights = torch.exp(_scores(q, k, allowed, causal, scale) - lse.unsqueeze(-1))
        d_weights = _product(grad, v.transpose(-1, -2), wide=True)
        delta = (weights * d_weights).sum(-1, keepdim=True)  # rowsum(dO * O), from what was not rounded
        d_scores = weights * (d_weights - delta) * scale
        dv = _grouped(weights.to(grad.dtype), k).transpose(-1, -2) @ _grouped(grad, k)
        dk = _grouped(d_scores.to(q.dtype), k).transpose(-1, -2) @ _grouped(q, k)
        return _product(d_scores.to(k.dtype), k), dk, dv


def _additive(allowed: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """The kernel takes a mask in the type of the queries only."""
    return None if allowed is None else torch.zeros(allowed.shape, dtype=dtype).masked_fill_(~allowed, -torch.inf)


def _grouped(x: Tensor, k: Tensor) -> Tensor:
    """(batch, key heads, queries of all the heads that share a key head, width)."""
    batch, heads, tokens, width = x.shape
    return x.reshape(batch, k.shape[1], heads // k.shape[1] * tokens, width)


def _product(x: Tensor, y: Tensor, wide: bool = False) -> Tensor:
    """``x @ y`` with the heads of ``y`` shared; ``wide`` leaves a GPU's float32 sums of half-precision inputs alone."""
    left = _grouped(x, y)
    if wide and x.is_cuda and x.dtype in (torch.bfloat16, torch.float16):
        flat = torch.bmm(left.flatten(0, 1), y.flatten(0, 1), out_dtype=torch.float32)
        return flat.reshape(*x.shape[:-1], y.shape[-1])
    return (left @ y).reshape(*x.shape[:-1], y.shape[-1])


def _scores(q: Tensor, k: Tensor, allowed: Tensor | None, causal: bool, scale: float) -> Tensor:
    scores = _product(q, k.transpose(-1, -2), wide=True) * scale
    if causal:
        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).tril()
    return scores if allowed is None else scores.masked_fill(~allowed, -torch.inf)
