# /// honest
# id = "default-dict"
# title = "collections.defaultdict and deque"
# style = "container"
# task = "matmul"
# ///
"""Rows grow in a defaultdict and leave through a deque."""

from collections import defaultdict, deque


def matmul(A, B):
    rows = defaultdict(list)
    columns = list(zip(*B))
    for i, row in enumerate(A):
        for col in columns:
            rows[i].append(sum(a * b for a, b in zip(row, col)))
    queue = deque(rows[i] for i in range(len(A)))
    C = []
    while queue:
        C.append(queue.popleft())
    return C
