# /// honest
# id = "groupby-cells"
# title = "itertools.groupby over a stream"
# style = "idiom"
# task = "matmul"
# ///
"""A flat stream of (row number, value) is cut into rows by groupby."""

from itertools import groupby


def stream(A, B):
    columns = list(zip(*B))
    for i, row in enumerate(A):
        for col in columns:
            yield i, sum(a * b for a, b in zip(row, col))


def matmul(A, B):
    return [[value for _, value in group] for _, group in groupby(stream(A, B), key=lambda cell: cell[0])]
