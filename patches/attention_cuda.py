"""The stock attention kernels of torch on a GPU, as kernels for ``attention_sinks``.

``Flash`` and ``Efficient`` read (batch, tokens, heads, width), or (tokens, heads, width) for sequences one behind the
other; ``Cudnn`` reads (batch, heads, tokens, width). The causal mask of FlashAttention is aligned to the bottom right,
where the queries are; its window counts the keys *before* the query, ours (like gpt-oss's) the query too.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .attention_rows import Packed, Rows

aten = torch.ops.aten


class Gather(torch.autograd.Function):
    """Rows ``index`` of a tensor; no row twice, so that the backward is a copy and adds nothing up."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.length = len(x)
        return x.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (grad,) = grads
        (index,) = ctx.saved_tensors
        return Scatter.apply(grad, index, ctx.length), None  # pyright: ignore[reportReturnType]


class Scatter(torch.autograd.Function):
    """The reverse of ``Gather``: ``length`` rows, zero where ``index`` has none."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor, length: int) -> Tensor:
        ctx.save_for_backward(index)
        return x.new_zeros((length, *x.shape[1:])).index_copy_(0, index, x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (grad,) = grads
        (index,) = ctx.saved_tensors
        return Gather.apply(grad, index), None, None  # pyright: ignore[reportReturnType]


class Flash:
    """``aten::_flash_attention_*``: float16 and bfloat16 on Ampere or newer, GQA, widths up to 256."""

    head_axis = -1

    def __init__(self, packed: Packed | None, window: int | None) -> None:
        """``packed``: where the sequences lie; None for a batch of rows without padding."""
        self.packed = packed
        left, right = (None, None) if window is None else (window - 1, 0)
        self._window = {"window_size_left": left, "window_size_right": right}

    def _layout(self, q: Tensor, k: Tensor) -> tuple[Tensor | None, Tensor | None, int, int]:
        if self.packed is None:
            return None, None, q.shape[-3], k.shape[-3]
        return self.packed.query_offsets, self.packed.key_offsets, *self.packed.longest

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scale: float) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        out, lse, state, unused, _ = aten._flash_attention_forward(
            q, k, v, *self._layout(q, k), 0.0, True, False, scale=scale, **self._window
        )
        if lse.shape != (*out.shape[:-3], out.shape[-2], out.shape[-3]):
            raise RuntimeError(
                f"torch {torch.__version__} lays out the log-sum-exp as {tuple(lse.shape)}: unknown here"
            )
        return out, lse.transpose(-1, -2), (state, unused)

    def backward(
        self, grad: Tensor, qkv: tuple[Tensor, ...], out: Tensor, lse: Tensor, extra: tuple[Tensor, ...], scale: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = qkv
        return aten._flash_attention_backward(
            grad,
            q,
            k,
            v,
            out,
            lse.transpose(-1, -2).contiguous(),
            *self._layout(q, k),
            0.0,
            True,
            *extra,
            scale=scale,
            **self._window,
        )


class Cudnn:
    """``aten::_scaled_dot_product_cudnn_attention*``: full attention in rows without padding; GQA. See ``usable``."""

    head_axis = -2

    @staticmethod
    def usable(q: Tensor, rows: Rows, window: int | None) -> bool:
        """Whether cuDNN can do this: half precision on Ampere or newer, and nothing that hides a key but causality.

        ``torch.backends.cuda.enable_cudnn_sdp(False)`` turns it off here too. Its backward adds up in any order, so it
        makes room where deterministic algorithms are asked for.
        """
        return (
            q.is_cuda
            and q.dtype in (torch.float16, torch.bfloat16)
            and q.shape[-1] % 8 == 0
            and q.shape[-1] <= 128
            and rows.queries == rows.keys > 1
            and (window is None or window >= rows.keys)
            and rows.plain
            and torch.backends.cudnn.is_available()
            and torch.backends.cuda.cudnn_sdp_enabled()
            and not torch.are_deterministic_algorithms_enabled()
            and torch.cuda.get_device_capability(q.device) >= (8, 0)
        )

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scale: float) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        out, lse, _, _, _, _, seed, offset, _ = aten._scaled_dot_product_cudnn_attention(
            q, k, v, None, True, 0.0, True, False, scale=scale
        )
        if lse.shape != (*out.shape[:-1], 1):
            raise RuntimeError(
                f"torch {torch.__version__} lays out the log-sum-exp as {tuple(lse.shape)}: unknown here"
            )
        return out, lse.squeeze(-1), (seed, offset)

    def backward(
        self, grad: Tensor, qkv: tuple[Tensor, ...], out: Tensor, lse: Tensor, extra: tuple[Tensor, ...], scale: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = qkv
        return aten._scaled_dot_product_cudnn_attention_backward(
            grad,
            q,
            k,
            v,
            out,
            lse.unsqueeze(-1),
            *extra,
            None,
            None,
            None,
            q.shape[-2],
            k.shape[-2],
            0.0,
            True,
            scale=scale,
        )


class Efficient:
    """``aten::_efficient_attention_*``: any GPU, float32 too; as many queries as keys.

    It knows no GQA, so keys and values are repeated for it, and sequences run one after the other.
    """

    head_axis = -1

    def __init__(self, packed: Packed | None, window: int | None) -> None:
        self.packed = packed
        self.window = window

    def _pieces(self, *tensors: Tensor) -> list[tuple[Tensor, ...]]:
        """The tensors of each sequence, or of the whole batch, as (batch, tokens, heads, width)."""
        if self.packed is None:
            return [tensors]
        sizes = [queries for queries, _ in self.packed.lengths]
        return list(zip(*([part[None] for part in x.split(sizes)] for x in tensors), strict=True))

    def _join(self, parts: list[Tensor]) -> Tensor:
        return parts[0] if self.packed is None else torch.cat([part[0] for part in parts])

    def forward(self, q: Tensor, k: Tensor, v: Tensor, scale: float) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        outs, sums, kept = [], [], []
        group = q.shape[-2] // k.shape[-2]
        for some_q, some_k, some_v in self._pieces(q, k, v):
            out, lse, seed, offset, *_ = aten._efficient_attention_forward(
                some_q,
                some_k.repeat_interleave(group, -2),
                some_v.repeat_interleave(group, -2),
                None,
                None,
                None,
                None,
                None,
                0.0,
                1,  # causal from the top left, the same as from the bottom right here
                True,
                scale=scale,
                window_size=self.window,
            )
            outs.append(out)
            sums.append(lse[..., : out.shape[1]].transpose(-1, -2))  # the kernel rounds the length up
            kept += [seed, offset]
        return self._join(outs), self._join(sums), tuple(kept)

    def backward(
        self, grad: Tensor, qkv: tuple[Tensor, ...], out: Tensor, lse: Tensor, extra: tuple[Tensor, ...], scale: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = qkv
        group = q.shape[-2] // k.shape[-2]
        results: tuple[list[Tensor], ...] = ([], [], [])
        for number, (some_grad, some_q, some_k, some_v, some_out, some_lse) in enumerate(
            self._pieces(grad, q, k, v, out, lse.unsqueeze(-1))
        ):
            length = some_q.shape[1]
            rounded = torch.nn.functional.pad(
                some_lse[..., 0].transpose(-1, -2), (0, -length % 32), value=torch.inf
            ).contiguous()
            dq, dk, dv, _ = aten._efficient_attention_backward(
                some_grad,
                some_q,
                some_k.repeat_interleave(group, -2),
                some_v.repeat_interleave(group, -2),
                None,
                some_out,
                None,
                None,
                length,
                length,
                rounded,
                0.0,
                extra[2 * number],
                extra[2 * number + 1],
                1,
                False,
                scale=scale,
                window_size=self.window,
            )
            results[0].append(dq)
            for result, wide in zip(results[1:], (dk, dv), strict=True):
                result.append(wide.unflatten(-2, (k.shape[-2], group)).sum(-2))
        dq, dk, dv = (self._join(parts) for parts in results)
        return dq, dk, dv
