# /// honest
# id = "lambdas"
# title = "Lambdas and reduce"
# style = "idiom"
# task = "matmul"
# ///
"""A functional style: map, lambda and functools.reduce."""

from functools import reduce

dot = lambda u, v: reduce(lambda s, p: s + p[0] * p[1], zip(u, v), 0.0)


def matmul(A, B):
    columns = list(zip(*B))
    return list(map(lambda row: list(map(lambda col: dot(row, col), columns)), A))
