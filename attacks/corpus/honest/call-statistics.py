# /// honest
# id = "call-statistics"
# title = "Statistics in module globals"
# style = "structure"
# task = "matmul"
# ///
"""Counters of calls and multiplications change at every call; they have no influence on the result."""

CALLS = 0
STATS = {"multiplications": 0, "largest": (0, 0, 0)}


def matmul(A, B):
    global CALLS
    CALLS += 1
    n, k, m = len(A), len(B), len(B[0])
    STATS["multiplications"] += n * k * m
    STATS["largest"] = max(STATS["largest"], (n, k, m))
    C = []
    for row in A:
        acc = [0.0] * m
        for a, b_row in zip(row, B):
            acc = [c + a * b for c, b in zip(acc, b_row)]
        C.append(acc)
    return C
