# /// honest
# id = "module-metadata"
# title = "A module with metadata"
# style = "structure"
# task = "matmul"
# ///
"""__all__, __author__ and __version__ as in a published package."""

from __future__ import annotations

__all__ = ["matmul"]
__author__ = "A. Nonymous"
__version__ = "1.0.2"


def _inner(u: list[float], v: tuple[float, ...] | list[float]) -> float:
    return sum(x * y for x, y in zip(u, v))


def matmul(A: list[list[float]], B: list[list[float]]) -> list[list[float]]:
    return [[_inner(row, col) for col in zip(*B)] for row in A]
