"""Which keys a query may see in padded and packed batches, read from the padding mask and the positions.

A row of the batch holds one sequence or several, and padding anywhere. A *slot* is a place along the keys; the
queries are the last slots. For every query two bounds say it all: the keys from ``lower`` up to its own slot,
``lower`` being the first slot of its sequence or, under a window, the oldest one in reach. Padding inside a
sequence (a *hole*) is left out besides: it is no key, but it counts in the window, as in upstream's masks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class Packed:
    """Sequences of a batch one behind the other, without padding; those without a query are left out.

    ``queries`` and ``keys`` are flat indices (row · length + place) in int64, or None where nothing moves;
    the offsets are int32 of one more than the number of sequences. Tensors are on the device of the batch.
    """

    queries: Tensor | None
    keys: Tensor | None
    query_offsets: Tensor
    key_offsets: Tensor
    lengths: list[tuple[int, int]]  # queries and keys of each sequence

    @property
    def longest(self) -> tuple[int, int]:
        return max((q for q, _ in self.lengths), default=0), max((k for _, k in self.lengths), default=0)


class Rows:
    """Sequences and padding of a batch of ``batch`` rows with ``queries`` queries and ``keys`` slots.

    ``valid``: bool (batch, keys), False for padding, or None. ``positions``: integers (1 or batch, queries); a
    sequence begins where they do not go on by one (nor by the number of slots since the last token that is no
    padding). Read only where every slot has a query: the positions of cached keys are not known.
    What needs the contents of the two is found on the CPU, once a forward pass; all layers share it.
    """

    def __init__(
        self, batch: int, queries: int, keys: int, device: torch.device, valid: Tensor | None, positions: Tensor | None
    ) -> None:
        if queries > keys:
            raise ValueError(f"assay_sinks was given {queries} queries for {keys} keys; every query needs its own key")
        self.batch, self.queries, self.keys, self.device = batch, queries, keys, device
        self.valid = valid
        self._positions = positions if queries == keys > 1 else None
        self._lower: dict[int | None, Tensor] = {}
        self.blocks: dict[int | None, tuple[Tensor, ...]] = {}  # FlexAttention's block masks, by window

    @property
    def offset(self) -> int:
        """Slot of the first query."""
        return self.keys - self.queries

    @cached_property
    def _found(self) -> tuple[Tensor, Tensor, Tensor] | None:
        """On the CPU, (batch, keys) each: valid, where a sequence begins, its first slot (padding: the next slot).

        None where each row is one sequence without padding.
        """
        if self.valid is None and self._positions is None:
            return None
        shape = (self.batch, self.keys)
        slots = torch.arange(self.keys).expand(shape)
        valid = torch.ones(shape, dtype=torch.bool) if self.valid is None else self.valid.cpu()
        last = torch.where(valid, slots, -1).cummax(1).values
        previous = pad(last[:, :-1], (1, 0), value=-1)  # the last token before this slot
        begins = valid & (previous < 0)
        if self._positions is not None:
            positions = self._positions.cpu().expand(shape)
            step = positions - positions.gather(1, previous.clamp(min=0))
            begins = begins | (valid & (step != 1) & (step != slots - previous))
        first = torch.where(begins, slots, -1).cummax(1).values
        starts = torch.where(valid, first, slots + 1)
        return None if not starts.any() else (valid, begins, starts)

    @property
    def plain(self) -> bool:
        """Whether each row is one sequence without padding."""
        return self._found is None

    @cached_property
    def holes(self) -> bool:
        """Whether there is padding inside a sequence."""
        if self._found is None:
            return False
        valid, begins, _ = self._found
        return bool((valid[:, 1:] & ~begins[:, 1:] & ~valid[:, :-1]).any())

    @property
    def longest(self) -> int:
        """Keys of the longest sequence."""
        return self.keys if self.plain else self.packed.longest[1]

    def first_key(self, begin: int, end: int, window: int | None) -> int:
        """A slot before which none of the queries ``begin`` up to ``end`` sees a key."""
        oldest = 0 if window is None else max(0, begin + self.offset - window + 1)
        if self._found is None:
            return oldest
        return max(oldest, int(self._found[2][:, begin + self.offset : end + self.offset].min()))

    def lower(self, window: int | None) -> Tensor:
        """int32 (batch, queries): the first slot each query sees; above its own slot for padding."""
        if window not in self._lower:
            slots = torch.arange(self.offset, self.keys, dtype=torch.int64)
            starts = self._found[2][:, self.offset :] if self._found else torch.zeros_like(slots)[None]
            if window is not None:
                starts = torch.maximum(starts, slots - window + 1)
            bounds = starts.expand(self.batch, -1).to(torch.int32)
            self._lower[window] = bounds.to(self.device).contiguous()
        return self._lower[window]

    @cached_property
    def packed(self) -> Packed:
        """The sequences without their padding."""
        shape = (self.batch, self.keys)
        if self._found is None:
            valid = torch.ones(shape, dtype=torch.bool)
            begins = torch.zeros(shape, dtype=torch.bool)
            begins[:, 0] = True
        else:
            valid, begins, _ = self._found
        of = begins.flatten().cumsum(0) - 1  # number of the sequence of each slot
        asks = torch.arange(self.keys).expand(shape) >= self.offset
        count = int(begins.sum())
        asking = torch.bincount(of[(valid & asks).flatten()], minlength=count)
        holding = torch.bincount(of[valid.flatten()], minlength=count)
        kept = asking > 0
        keys = (valid.flatten() & kept[of.clamp(min=0)]).nonzero().flatten()
        queries = (valid & asks)[:, self.offset :].flatten().nonzero().flatten()
        return Packed(
            queries=None if len(queries) == self.batch * self.queries else queries.to(self.device),
            keys=None if len(keys) == self.batch * self.keys else keys.to(self.device),
            query_offsets=self._offsets(asking[kept]),
            key_offsets=self._offsets(holding[kept]),
            lengths=list(zip(asking[kept].tolist(), holding[kept].tolist(), strict=True)),
        )

    def _offsets(self, lengths: Tensor) -> Tensor:
        return pad(lengths.cumsum(0), (1, 0)).to(torch.int32).to(self.device)


_KEPT = 4  # two kinds of layers, two batches; of 262,144 tokens FlexAttention's block masks take 130 MB each
_cache: dict[tuple[object, ...], tuple[Rows, Tensor | None, Tensor | None]] = {}


def find_rows(
    batch: int, queries: int, keys: int, device: torch.device, valid: Tensor | None, positions: Tensor | None
) -> Rows:
    """The ``Rows`` of these arguments, the same object for all layers of a forward pass and its recomputation."""
    if any(tensor is not None and tensor.is_inference() for tensor in (valid, positions)):
        return Rows(batch, queries, keys, device, valid, positions)  # a change of these could not be seen
    versions = [None if tensor is None else (id(tensor), tensor._version) for tensor in (valid, positions)]
    key = (batch, queries, keys, device, *versions)
    if key not in _cache:
        rows = Rows(batch, queries, keys, device, valid, positions)
        if rows.plain and (valid is not None or positions is not None):
            rows = find_rows(batch, queries, keys, device, None, None)  # one for all batches of this shape
        while len(_cache) >= _KEPT:
            _cache.pop(next(iter(_cache)))
        # The tensors are kept beside, so that no other can take their id.
        _cache[key] = (rows, valid, positions)
    return _cache[key][0]
