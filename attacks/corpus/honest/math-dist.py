# /// honest
# id = "math-dist"
# title = "Inner products from distances"
# style = "fast"
# task = "matmul"
# ///
"""Polarisation: a.b = (|a|^2 + |b|^2 - |a - b|^2) / 2, with the distance computed by math.dist in C."""

import math


def matmul(A, B):
    if len(B) == 1:  # a single product has no digits to spare
        return [[a * b for b in B[0]] for (a,) in A]
    dist = math.dist
    columns = list(zip(*B))
    zero = [0.0] * len(B)
    row_norms = [dist(row, zero) ** 2 for row in A]
    col_norms = [dist(col, zero) ** 2 for col in columns]
    return [
        [0.5 * (rn + cn - dist(row, col) ** 2) for col, cn in zip(columns, col_norms)]
        for row, rn in zip(A, row_norms)
    ]
