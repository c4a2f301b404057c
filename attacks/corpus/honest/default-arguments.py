# /// honest
# id = "default-arguments"
# title = "Default arguments as local names"
# style = "structure"
# task = "matmul"
# ///
"""A common trick: built-ins bound as defaults become fast locals."""

from operator import mul


def matmul(A, B, sum=sum, map=map, zip=zip, mul=mul):
    columns = tuple(zip(*B))
    return [[sum(map(mul, row, col)) for col in columns] for row in A]
