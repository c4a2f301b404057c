# /// honest
# id = "fsum-of-chunks"
# title = "fsum over partial sums"
# style = "numerics"
# task = "matmul"
# ///
"""Plain sums of eight terms, and an exact sum of those."""

from math import fsum


def matmul(A, B):
    k = len(B)
    starts = range(0, k, 8)
    columns = list(zip(*B))
    C = []
    for row in A:
        products = ([a * b for a, b in zip(row, col)] for col in columns)
        C.append([fsum(sum(p[s : s + 8]) for s in starts) for p in products])
    return C
