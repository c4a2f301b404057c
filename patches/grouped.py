"""Rows sorted by expert, cut into tiles of bounded size, and matrix products with one weight a group.

A *chunk* is a few experts whose weights are dense at the same time; a *tile* is a bounded run of its rows. Only
experts that have rows are in a chunk, so a group is never empty. With tiles, the memory of a layer's experts does not
grow with the sequence; with chunks of experts outside and tiles inside, no weight is dequantised twice in a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import torch
from torch import Tensor, nn

from . import mxfp4
from .fused_weight import FusedWeight

_native = getattr(nn.functional, "grouped_mm", None) or getattr(torch, "_grouped_mm", None)


@dataclass(frozen=True)
class Tiling:
    """How much is dense at a time: `experts` weights of a layer, `rows` of activations (a row is a token's expert).

    gpt-oss-20b in bfloat16: 50 MB an expert, about 60 kB a row in the backward pass.
    """

    experts: int = 4
    rows: int = 8192


@dataclass(frozen=True)
class Groups:
    """Ends of consecutive groups of rows, int32 on the device, which grouped products take, and perhaps as numbers."""

    known: tuple[int, ...] | None
    offsets: Tensor

    @property
    def ends(self) -> tuple[int, ...]:
        """The ends as numbers, for products made group by group; waits for the device if they are not known."""
        return tuple(self.offsets.tolist()) if self.known is None else self.known

    def spans(self) -> Iterator[tuple[int, int]]:
        """First row and end of each group."""
        ends = self.ends
        return zip((0, *ends[:-1]), ends, strict=True)


@dataclass(frozen=True)
class Tile:
    """Rows `rows` of the sorted order, which belong to the weights `slots` of the chunk."""

    slots: slice
    rows: slice
    groups: Groups


@dataclass(frozen=True)
class Chunk:
    """`experts`, int32 on the device and `numbers` on the host, whose weights are dense together; and their tiles."""

    numbers: tuple[int, ...]
    experts: Tensor
    tiles: tuple[Tile, ...]


def sort_by_expert(experts: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The stable order of the flattened `experts` (tokens, k), int64 (tokens * k,), and rows an expert, (count,)."""
    flat = experts.reshape(-1)
    counts = flat.new_zeros(count).scatter_add_(0, flat, torch.ones_like(flat))  # bincount would wait for the GPU
    return torch.sort(flat, stable=True).indices, counts


def plan(rows_of: list[int], tiling: Tiling, device: torch.device) -> list[Chunk]:
    """Chunks and tiles for so many sorted rows an expert; one copy to the device."""
    starts = [0, *accumulate(rows_of)]
    active = [expert for expert, rows in enumerate(rows_of) if rows]
    chunks = [tuple(active[i : i + tiling.experts]) for i in range(0, len(active), tiling.experts)]
    cuts = [_cut([(starts[e], starts[e + 1]) for e in numbers], tiling.rows) for numbers in chunks]
    numbers = [*active, *(end for tiles in cuts for _, _, ends in tiles for end in ends)]
    on_device = iter(_split(torch.tensor(numbers, dtype=torch.int32).to(device), chunks, cuts))
    result = []
    for expert_numbers, tiles in zip(chunks, cuts, strict=True):
        experts = next(on_device)
        made = (Tile(slots, rows, Groups(ends, next(on_device))) for slots, rows, ends in tiles)
        result.append(Chunk(expert_numbers, experts, tuple(made)))
    return result


def whole(counts: Tensor, rows: int) -> list[Chunk]:
    """All experts and all `rows` as one chunk of one tile, empty groups among its own; the host waits for nothing."""
    if rows == 0:
        return []
    count = len(counts)
    groups = Groups(None, counts.cumsum(0, dtype=torch.int32))
    tile = Tile(slice(0, count), slice(0, rows), groups)
    return [Chunk(tuple(range(count)), _numbered(count, counts.device), (tile,))]


@cache
def _numbered(count: int, device: torch.device) -> Tensor:
    return torch.arange(count, dtype=torch.int32, device=device)


_Cut = tuple[slice, slice, tuple[int, ...]]


def _cut(spans: list[tuple[int, int]], limit: int) -> list[_Cut]:
    """The rows of consecutive `spans` in runs of at most `limit`: slots, rows, and ends relative to the first row."""
    first, last = spans[0][0], spans[-1][1]
    tiles = []
    for low in range(first, last, limit):
        high = min(low + limit, last)
        inside = [slot for slot, (start, end) in enumerate(spans) if start < high and end > low]
        ends = tuple(min(spans[slot][1], high) - low for slot in inside)
        tiles.append((slice(inside[0], inside[-1] + 1), slice(low, high), ends))
    return tiles


def _split(numbers: Tensor, chunks: list[tuple[int, ...]], cuts: list[list[_Cut]]) -> Iterator[Tensor]:
    expert, offset = 0, sum(map(len, chunks))
    for experts, tiles in zip(chunks, cuts, strict=True):
        yield numbers[expert : (expert := expert + len(experts))]
        for _, _, ends in tiles:
            yield numbers[offset : (offset := offset + len(ends))]


def _usable(*matrices: Tensor) -> bool:
    """Whether torch's grouped product takes these: it wants rows of 16 bytes, and on a GPU it is bfloat16 only."""
    first = matrices[0]
    if _native is None or not all(m.data_ptr() % 16 == 0 and _pitch(m) % 16 == 0 for m in matrices):
        return False
    if not first.is_cuda:
        return first.dtype in (torch.float32, torch.bfloat16, torch.float16)
    return first.dtype == torch.bfloat16 and torch.cuda.get_device_capability(first.device) >= (8, 0)


def _pitch(matrix: Tensor) -> int:
    """Bytes from one row (or column, if those are contiguous) to the next."""
    return matrix.element_size() * (matrix.stride(-2) if matrix.stride(-1) == 1 else matrix.stride(-1))


def matmul(x: Tensor, weight: Tensor | FusedWeight, groups: Groups) -> Tensor:
    """Rows (rows, in) times the weight of their group (groups, in, out): (rows, out)."""
    if isinstance(weight, FusedWeight):
        return weight.multiply(x, groups.offsets, x.dtype)
    if _usable(x, weight):
        assert _native is not None
        return _native(x, weight, offs=groups.offsets)
    out = x.new_empty(len(x), weight.shape[-1])
    for one, (start, end) in zip(weight, groups.spans(), strict=True):
        torch.mm(x[start:end], one, out=out[start:end])
    return out


def outer(x: Tensor, y: Tensor, groups: Groups) -> Tensor:
    """The sum over a group's rows of x (rows, m) times y (rows, n): (groups, m, n), the gradient of a weight."""
    if _usable(x.t(), y):
        assert _native is not None
        return _native(x.t(), y, offs=groups.offsets)
    return torch.stack([x[start:end].t() @ y[start:end] for start, end in groups.spans()])


def add_by_token(out: Tensor, tokens: Tensor, rows: Tensor, weights: Tensor | None = None) -> None:
    """Add each row of `rows` (n, width), times its weight, (n,), to its token's in `out` (tokens, width), in place.

    `out` is wide and contiguous; `tokens`, int64 (n,), says to which token a row belongs. Sums are made in the type of
    `out`; on a GPU their order is not fixed, as in torch's `index_add_`.
    """
    if mxfp4.by_kernel(out):
        from . import kernels

        kernels.add_by_token(rows.contiguous(), tokens, None if weights is None else weights.contiguous(), out)
        return
    rows = rows.to(out.dtype)
    out.index_add_(0, tokens, rows if weights is None else rows * weights.to(out.dtype).unsqueeze(-1))


def wide_product(x: Tensor, y: Tensor) -> Tensor:
    """x (m, k) times y (k, n), both of one type, the result at least in float32: no wide copy of either on a GPU."""
    wide = torch.promote_types(x.dtype, torch.float32)
    if x.is_cuda and x.dtype != wide:
        return torch.mm(x, y, out_dtype=wide)
    return x.to(wide) @ y.to(wide)
