# /// honest
# id = "plan-cache"
# title = "functools.cache on a plan of tiles"
# style = "structure"
# task = "matmul"
# ///
"""The cache holds index ranges for a shape and survives calls, but no number of the matrices is in it."""

from functools import cache


@cache
def plan(n, k, m, tile=16):
    return [
        (range(i, min(i + tile, n)), range(t, min(t + tile, k)))
        for i in range(0, n, tile)
        for t in range(0, k, tile)
    ]


def matmul(A, B):
    m = len(B[0])
    C = [[0.0] * m for _ in A]
    for rows, steps in plan(len(A), len(B), m):
        for i in rows:
            out, row = C[i], A[i]
            for t in steps:
                a = row[t]
                for j, b in enumerate(B[t]):
                    out[j] += a * b
    return C
