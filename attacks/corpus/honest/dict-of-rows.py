# /// honest
# id = "dict-of-rows"
# title = "A dict of rows"
# style = "container"
# task = "matmul"
# ///
"""Intermediate results are kept in a dictionary keyed by position."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    cells = {(i, j): 0.0 for i in range(n) for j in range(m)}
    for i in range(n):
        for t in range(k):
            a = A[i][t]
            for j in range(m):
                cells[i, j] += a * B[t][j]
    return [[cells[i, j] for j in range(m)] for i in range(n)]
