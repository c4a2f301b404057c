# /// honest
# id = "prod-of-pairs"
# title = "math.prod of each pair"
# style = "idiom"
# task = "matmul"
# ///
"""sum(map(prod, zip(row, col))): the multiplication sign never appears."""

from math import prod


def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(map(prod, zip(row, col))) for col in columns] for row in A]
