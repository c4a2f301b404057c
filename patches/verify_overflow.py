"""What a patch is held against where the unpatched layer overflows float16, and so has no error of its own.

*Gradients only*: they are those of a scaled loss, as float16 is always trained. Each case takes the largest power of
two, at most 1, at which the unpatched layer's gradients are finite. The patched layer takes the same one, which is
divided out exactly.

*The output itself*: no loss scale helps. The unpatched layer is then run with float16's precision and float64's range
(``Rounded``), and its error takes the place of the one that overflowed, but no more than the root of float16's
precision, half of its digits: the differences of such large numbers may lose all of them upstream. The loss scale is
one that brings these gradients into float16's range, with room for sums.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

SMALLEST = 2.0**-24
_ROOM = 2.0**-4  # of float16's largest number


def finite(result: dict[str, Tensor]) -> bool:
    """Whether all tensors of a result are."""
    return all(bool(tensor.isfinite().all()) for tensor in result.values())


def needs_scale(result: dict[str, Tensor]) -> bool:
    """Whether a smaller loss scale may help: the output is finite and a gradient is not."""
    return bool(result["output"].isfinite().all()) and not finite(result)


def most(dtype: torch.dtype) -> float:
    """The largest error that is put in the place of one that overflowed: 0.031 for float16."""
    return torch.finfo(dtype).eps ** 0.5


def scale_for(result: dict[str, Tensor], dtype: torch.dtype) -> float:
    """The largest power of two, at most 1, that brings the gradients of a result into the range of ``dtype``."""
    largest = max((float(tensor.abs().max()) for name, tensor in result.items() if name != "output"), default=0.0)
    room = torch.finfo(dtype).max * _ROOM
    if not math.isfinite(largest) or largest <= room:
        return 1.0
    return max(SMALLEST, 2.0 ** math.floor(math.log2(room / largest)))


class Rounded(TorchDispatchMode):
    """Rounds what every operation gives in float64 to the precision of ``dtype``; the range stays float64's.

    A model in float64 then rounds where one in ``dtype`` does: what it computes in float32 on purpose, as norms do, is
    left alone until it comes back. Numbers that ``dtype`` would have below its normal range keep their precision.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self._spare = 52 + round(math.log2(torch.finfo(dtype).eps))  # bits of float64's mantissa beyond its own

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        aliases = [result.alias_info for result in func._schema.returns]
        if any(alias is not None and not alias.is_write for alias in aliases):  # a view: its numbers are rounded
            return out
        if any(alias is not None for alias in aliases):
            tree_map_only(Tensor, lambda tensor: tensor.copy_(self._round(tensor)), out)
            return out
        return tree_map_only(Tensor, self._round, out)

    def _round(self, tensor: Tensor) -> Tensor:
        """To nearest, ties to even; a finite number that would become infinite, the masks' lowest one, is kept."""
        if tensor.dtype != torch.float64:
            return tensor
        bits = tensor.view(torch.int64) if tensor.dim() else tensor.reshape(1).view(torch.int64).reshape(())
        odd = (bits >> self._spare) & 1
        bits = (bits + ((1 << (self._spare - 1)) - 1) + odd) & ~((1 << self._spare) - 1)
        rounded = bits.view(torch.float64)
        return torch.where(rounded.isfinite(), rounded, tensor)
