"""What every peer is asked: the shapes, random inputs and the textbook product. Standard library only."""

from __future__ import annotations

import random

CHECKED = ((5, 4, 6), (3, 7, 2))
"""Rows, inner side and columns of the products that are only checked."""
TIMED = (12, 11, 10)
"""The product that is checked and then timed."""
REPETITIONS = 4
TIME_LIMIT = 3.0
"""Seconds, for every peer that takes a limit of its own."""
BASELINE = """\
def matmul(A, B):
    C = []
    for i in range(len(A)):
        row = []
        for j in range(len(B[0])):
            total = 0.0
            for k in range(len(B)):
                total = total + A[i][k] * B[k][j]
            row.append(total)
        C.append(row)
    return C
"""
"""The textbook loop in the plainest words, so that every peer accepts it."""


def inputs(shape):
    """Two random matrices as lists of lists, float64 in [-1, 1), (rows, inner) and (inner, columns)."""
    rows, inner, columns = shape
    A = [[random.uniform(-1, 1) for _ in range(inner)] for _ in range(rows)]
    B = [[random.uniform(-1, 1) for _ in range(columns)] for _ in range(inner)]
    return A, B


def product(A, B):
    """The textbook product, lists of lists of float64."""
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*B, strict=True)] for row in A]
