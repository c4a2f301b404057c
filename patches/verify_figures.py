"""Errors of single layers, and the rows that they are judged by; :mod:`assay.patches.verify` says what is compared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

EXACT, FACTOR = 1e-5, 1.1


@dataclass(frozen=True)
class Figure:
    """How far one result of one layer is off: patched and, in half precision, unpatched (``eager``).

    ``overflows``: the unpatched layer does, and ``eager`` is its error with this type's precision and a wider range.
    """

    patches: str
    dtype: str
    what: str
    layer: int
    kind: str
    case: str
    error: float
    eager: float | None
    overflows: bool = False


@dataclass(frozen=True)
class Row:
    """One result of one combination of patches: its error, its limit, and the layer where it is worst.

    In ``overflows`` of ``figures`` figures the unpatched layer overflows, so that there is nothing to compare with.
    """

    patches: str
    dtype: str
    what: str
    error: float
    limit: float
    worst: Figure
    figures: int = 1
    overflows: int = 0

    @property
    def ok(self) -> bool:
        """Neither an error nor a limit that is not finite passes: infinity is not beyond infinity."""
        return math.isfinite(self.limit) and self.error <= self.limit

    @property
    def share(self) -> float:
        """Error over limit."""
        if not (math.isfinite(self.error) and math.isfinite(self.limit)):
            return math.inf
        return self.error / (self.limit or 1e-300)


def norms_of(results: list[dict[str, Tensor]]) -> dict[str, float]:
    """Norm of each result, root mean square over the batches in which it is; one that is zero counts as 1."""
    import torch

    squares: dict[str, list[float]] = {}
    for found in results:
        for what, tensor in found.items():
            squares.setdefault(what, []).append(torch.linalg.vector_norm(tensor).item() ** 2)
    return {what: math.sqrt(sum(some) / len(some)) or 1.0 for what, some in squares.items()}


def error_of(found: dict[str, Tensor], right: dict[str, Tensor], members: list[str], norms: dict[str, float]) -> float:
    """Relative to ``norms``, root mean square over ``members``."""
    import torch

    squares = [(torch.linalg.vector_norm(found[what] - right[what]).item() / norms[what]) ** 2 for what in members]
    return math.sqrt(sum(squares) / len(members))


def members_of(right: dict[str, Tensor], single: bool) -> dict[str, list[str]]:
    """What is compared, and the tensors that make it up: each by itself, or families of them."""
    results: dict[str, list[str]] = {}
    for what in right:
        results.setdefault(what if single else _family(what), []).append(what)
    return results


def _family(what: str) -> str:
    if "lora_" in what:
        return "LoRA of experts" if "experts" in what else "LoRA of attention"
    return "router" if ".router." in what else "sinks" if what.endswith("sinks") else what


def rows_of(figures: Iterable[Figure]) -> list[Row]:
    """Figures of all layers taken together: the largest in float32, the root mean square in half precision."""
    groups: dict[tuple[str, str, str], list[Figure]] = {}
    for figure in figures:
        groups.setdefault((figure.patches, figure.dtype, figure.what), []).append(figure)
    found = []
    for key, group in groups.items():
        worst = max(group, key=lambda f: math.inf if math.isnan(f.error) else f.error)
        eager = [figure.eager for figure in group if figure.eager is not None]
        counts = len(group), sum(figure.overflows for figure in group)
        if eager:
            error = _root_mean_square([figure.error for figure in group])
            found.append(Row(*key, error, FACTOR * _root_mean_square(eager), worst, *counts))
        else:
            found.append(Row(*key, worst.error, EXACT, worst, *counts))
    return found


def _root_mean_square(values: list[float]) -> float:
    return math.sqrt(sum(value**2 for value in values) / len(values))


def worst(rows: Iterable[Row]) -> list[Row]:
    """The row nearest to its limit, or farthest beyond it, of each combination of patches in each type."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        held = found.get((row.patches, row.dtype))
        if held is None or row.share > held.share:
            found[row.patches, row.dtype] = row
    return list(found.values())
