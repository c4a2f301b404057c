# /// honest
# id = "reduce-rows"
# title = "reduce over rank-one terms of a row"
# style = "idiom"
# task = "matmul"
# ///
"""functools.reduce adds whole rows; there is no inner loop with an index."""

from functools import reduce
from operator import add


def matmul(A, B):
    def combine(row):
        terms = ([a * b for b in b_row] for a, b_row in zip(row, B))
        return reduce(lambda u, v: list(map(add, u, v)), terms)

    return [combine(row) for row in A]
