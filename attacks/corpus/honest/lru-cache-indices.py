# /// honest
# id = "lru-cache-indices"
# title = "lru_cache on an index helper"
# style = "structure"
# task = "matmul"
# ///
"""The cache holds block boundaries, no values of the matrices."""

from functools import lru_cache


@lru_cache(maxsize=None)
def blocks(n, size):
    return tuple((i, min(i + size, n)) for i in range(0, n, size))


def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    for i0, i1 in blocks(n, 8):
        for k0, k1 in blocks(k, 8):
            for i in range(i0, i1):
                out = C[i]
                for t in range(k0, k1):
                    a, b_row = A[i][t], B[t]
                    for j in range(m):
                        out[j] += a * b_row[j]
    return C
