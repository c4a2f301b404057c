# /// honest
# id = "type-hints"
# title = "Type hints everywhere"
# style = "idiom"
# task = "matmul"
# ///
"""Annotated signatures, aliases and variables."""

from __future__ import annotations

from typing import List, Sequence

Row = List[float]
Matrix = List[Row]


def dot(u: Sequence[float], v: Sequence[float]) -> float:
    total: float = 0.0
    for x, y in zip(u, v):
        total += x * y
    return total


def matmul(A: Matrix, B: Matrix) -> Matrix:
    columns: list[tuple[float, ...]] = list(zip(*B))
    result: Matrix = []
    for row in A:
        cells: Row = [dot(row, col) for col in columns]
        result.append(cells)
    return result
