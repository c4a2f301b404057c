# /// honest
# id = "fsum"
# title = "Exactly rounded sums"
# style = "numerics"
# task = "matmul"
# ///
"""math.fsum adds without intermediate rounding."""

import math


def matmul(A, B):
    columns = list(zip(*B))
    return [[math.fsum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
