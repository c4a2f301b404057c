# /// honest
# id = "sum-map-mul"
# title = "sum(map(mul, row, column))"
# style = "fast"
# task = "matmul"
# ///
"""The inner loop runs in C: map, operator.mul and sum."""

from operator import mul


def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(map(mul, row, col)) for col in columns] for row in A]
