# /// honest
# id = "type-aliases"
# title = "TypeAlias, Final and Optional"
# style = "structure"
# task = "matmul"
# ///
"""Aliases at module level are assignments of classes to names."""

from typing import Final, List, Optional, Sequence, TypeAlias

Row: TypeAlias = List[float]
Matrix: TypeAlias = List[Row]
ZERO: Final = 0.0


def _dot(u: Sequence[float], v: Sequence[float], start: Optional[float] = None) -> float:
    total: float = ZERO if start is None else start
    for x, y in zip(u, v):
        total += x * y
    return total


def matmul(A: Matrix, B: Matrix) -> Matrix:
    columns: "List[tuple[float, ...]]" = list(zip(*B))
    return [[_dot(row, col) for col in columns] for row in A]
