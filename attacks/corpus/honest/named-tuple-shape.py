# /// honest
# id = "named-tuple-shape"
# title = "A NamedTuple for the shape"
# style = "structure"
# task = "matmul"
# ///
"""typing.NamedTuple builds a class with generated methods, here only to carry three sides."""

from typing import NamedTuple


class Shape(NamedTuple):
    n: int
    k: int
    m: int


def matmul(A, B):
    shape = Shape(len(A), len(B), len(B[0]))
    C = [[0.0] * shape.m for _ in range(shape.n)]
    for i in range(shape.n):
        for t in range(shape.k):
            a = A[i][t]
            for j in range(shape.m):
                C[i][j] += a * B[t][j]
    return C
