# /// honest
# id = "partial-as-matmul"
# title = "matmul is a partial object"
# style = "structure"
# task = "matmul"
# ///
"""The entry point is functools.partial over a general contraction."""

from functools import partial


def contract(start, A, B):
    columns = list(zip(*B))
    return [[sum((a * b for a, b in zip(row, col)), start) for col in columns] for row in A]


matmul = partial(contract, 0.0)
