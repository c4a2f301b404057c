# /// honest
# id = "partial-functions"
# title = "functools.partial a row"
# style = "idiom"
# task = "matmul"
# ///
"""One partial object a row, applied to every column."""

from functools import partial


def dot(u, v):
    return sum(x * y for x, y in zip(u, v))


def matmul(A, B):
    columns = list(zip(*B))
    return [list(map(partial(dot, row), columns)) for row in A]
