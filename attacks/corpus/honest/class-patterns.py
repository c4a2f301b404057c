# /// honest
# id = "class-patterns"
# title = "Class patterns of a dataclass"
# style = "structure"
# task = "matmul"
# ///
"""match with class patterns, by position and by keyword, on a dataclass of the shape."""

from dataclasses import dataclass


@dataclass
class Shape:
    rows: int
    inner: int
    columns: int


def matmul(A, B):
    match Shape(len(A), len(B), len(B[0])):
        case Shape(inner=1):
            return [[row[0] * b for b in B[0]] for row in A]
        case Shape(1, k, m):
            return [[sum(A[0][t] * B[t][j] for t in range(k)) for j in range(m)]]
        case Shape(n, k, m) if n > 0:
            columns = [[B[t][j] for t in range(k)] for j in range(m)]
            return [[sum(x * y for x, y in zip(A[i], col)) for col in columns] for i in range(n)]
