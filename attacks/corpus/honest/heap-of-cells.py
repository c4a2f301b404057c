# /// honest
# id = "heap-of-cells"
# title = "A heap of index pairs"
# style = "container"
# task = "matmul"
# ///
"""Cells leave a priority queue, the far corner first; no reader of the loop can tell the order without running it."""

from heapq import heapify, heappop


def matmul(A, B):
    n, m = len(A), len(B[0])
    queue = [(-(i + j), i, j) for i in range(n) for j in range(m)]
    heapify(queue)
    columns = [list(col) for col in zip(*B)]
    C = [[0.0] * m for _ in range(n)]
    while queue:
        _, i, j = heappop(queue)
        C[i][j] = sum(x * y for x, y in zip(A[i], columns[j]))
    return C
