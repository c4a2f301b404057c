"""The compiled FlexAttention engine: block masks from ``Rows``, and the factor of the sink in float32.

What changes from batch to batch reaches the compiled function as a tensor or as a length that is marked as dynamic,
so that it is compiled twice at most: for lengths that are multiples of a block, and for all others (and again for
another number of rows, and without gradients). The block mask is put together from bounds on blocks of 128, so that no
mask of length by length ever exists.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import AuxRequest, BlockMask, flex_attention

from .attention_rows import Rows
from .errors import DeviceError

BLOCK = 128


@cache
def triton_there() -> bool:
    """Whether Triton, which the compiled kernels are written in, is installed."""
    return importlib.util.find_spec("triton") is not None


def usable(q: Tensor, rows: Rows) -> bool:
    """Whether the compiled kernels can run: a GPU with Triton, half precision, a power of two as width."""
    width = q.shape[-1]
    return (
        q.is_cuda
        and triton_there()
        and q.dtype in (torch.float16, torch.bfloat16)
        and rows.queries == rows.keys >= BLOCK
        and width >= 16
        and width & (width - 1) == 0
    )


def attend(q: Tensor, k: Tensor, v: Tensor, sinks: Tensor, rows: Rows, window: int | None, scale: float) -> Tensor:
    """Output (batch, heads, tokens, width) of q, k, v in that layout; differentiable, the sinks too, on a GPU."""
    if q.device.type == "cpu" and torch.is_grad_enabled() and any(x.requires_grad for x in (q, k, v, sinks)):
        raise DeviceError("FlexAttention has no backward on a CPU; leave the option engine of patch attention at auto")
    valid = rows.valid if rows.holes else None
    tensors = (q, k, v, sinks, valid, rows.lower(window), *block_bounds(rows, window))
    mark_lengths(tensors)
    return _compiled()(*tensors, scale)


def mark_lengths(tensors: tuple[Any, ...]) -> None:
    """Mark the lengths among the sizes of ``_attend``'s arguments as dynamic.

    Only these: of sizes that are equal by chance (8 heads and 8 blocks) the compiler would otherwise make one, and
    compile again for the next length.
    """
    q, k, v, _, valid, lower, *tables = tensors
    for tensor in (q, k, v):
        torch._dynamo.maybe_mark_dynamic(tensor, 2)
    for tensor in (valid, lower):
        if tensor is not None:
            torch._dynamo.maybe_mark_dynamic(tensor, 1)
    for tensor in tables:
        torch._dynamo.maybe_mark_dynamic(tensor, list(range(2, tensor.dim())))


def block_bounds(rows: Rows, window: int | None) -> tuple[Tensor, ...]:
    """The block mask's tensors: number and indices, int32, of partly and of wholly visible blocks.

    First the key blocks of each query block, then the query blocks of each key block. A block may be called partly
    visible though nothing in it is; one that is called wholly visible is. The same tensors for all layers.
    """
    if window not in rows.blocks:
        partly, wholly = _visible_blocks(rows, window)
        tables: list[Tensor] = []
        for visible in (partly, wholly, partly.transpose(-1, -2), wholly.transpose(-1, -2)):
            order = visible.to(torch.int8).argsort(dim=-1, descending=True, stable=True)
            tables += [visible.sum(-1).to(torch.int32)[:, None], order.to(torch.int32)[:, None].contiguous()]
        rows.blocks[window] = tuple(tables)
    return rows.blocks[window]


def _visible_blocks(rows: Rows, window: int | None) -> tuple[Tensor, Tensor]:
    """Bool (batch, query blocks, key blocks): partly, and wholly visible."""
    lower = rows.lower(window)
    keys = torch.arange(-(-rows.keys // BLOCK), device=lower.device) * BLOCK
    queries = torch.arange(-(-rows.queries // BLOCK), device=lower.device) * BLOCK
    own_first = queries + rows.offset
    own_last = (queries + BLOCK - 1).clamp(max=rows.queries - 1) + rows.offset
    spare = -rows.queries % BLOCK
    lowest, highest = (
        torch.nn.functional.pad(lower, (0, spare), value=fill).unflatten(1, (-1, BLOCK)).amin(-1)
        if fill
        else torch.nn.functional.pad(lower, (0, spare), value=-1).unflatten(1, (-1, BLOCK)).amax(-1)
        for fill in (torch.iinfo(torch.int32).max, 0)
    )
    last = keys + BLOCK - 1
    seen = (keys <= own_last[:, None]) & (last >= lowest[..., None])
    whole = (last <= own_first[:, None]) & (keys >= highest[..., None]) & (last < rows.keys)
    whole = whole & (queries + BLOCK <= rows.queries)[:, None]
    if rows.holes and rows.valid is not None:
        filled = torch.nn.functional.pad(rows.valid, (0, -rows.keys % BLOCK)).unflatten(1, (-1, BLOCK)).all(-1)
        whole = whole & filled[:, None]
    return seen & ~whole, whole


def _attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    sinks: Tensor,
    valid: Tensor | None,
    lower: Tensor,
    partly: Tensor,
    partly_at: Tensor,
    wholly: Tensor,
    wholly_at: Tensor,
    partly_q: Tensor,
    partly_q_at: Tensor,
    wholly_q: Tensor,
    wholly_q_at: Tensor,
    scale: float,
) -> Tensor:
    queries, keys = q.shape[-2], k.shape[-2]

    def visible(b: Tensor, h: Tensor, query: Tensor, key: Tensor) -> Tensor:
        # As many queries as keys (see ``usable``): their difference, a symbol, is nothing that torch 2.11 can capture.
        seen = (key <= query) & (key >= lower[b, query])
        return seen if valid is None else seen & valid[b, key]

    mask = BlockMask(
        seq_lengths=(queries, keys),
        kv_num_blocks=partly,
        kv_indices=partly_at,
        full_kv_num_blocks=wholly,
        full_kv_indices=wholly_at,
        q_num_blocks=partly_q,
        q_indices=partly_q_at,
        full_q_num_blocks=wholly_q,
        full_q_indices=wholly_q_at,
        BLOCK_SIZE=(BLOCK, BLOCK),
        mask_mod=visible,
    )
    # Of a length that is marked as dynamic the compiler does not see that it is a multiple of a block: told so, its
    # kernels check no bounds, which takes them a third less time.
    options: Any = {"IS_DIVISIBLE": True} if queries % BLOCK == 0 and keys % BLOCK == 0 else None
    out, extra = flex_attention(
        q,
        k,
        v,
        block_mask=mask,
        scale=scale,
        enable_gqa=True,
        return_aux=AuxRequest(lse=True),
        kernel_options=options,
    )
    assert extra.lse is not None  # it was requested
    factor = torch.sigmoid(extra.lse.float() - sinks.float()[:, None])
    return (out * factor.unsqueeze(-1)).to(q.dtype)


@cache
def _compiled() -> Any:
    # The two for each type, number of rows, with gradients and without: more than the eight that are allowed at first.
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, 64)
    # The whole graph or an error: past the limit it would go on unfused, in quadratic memory.
    return torch.compile(_attend, fullgraph=True)
