# /// honest
# id = "counter-cells"
# title = "A Counter as accumulator"
# style = "container"
# task = "matmul"
# ///
"""collections.Counter adds floats as well as counts."""

from collections import Counter


def matmul(A, B):
    C = []
    m = len(B[0])
    for row in A:
        acc = Counter()
        for a, b_row in zip(row, B):
            for j in range(m):
                acc[j] += a * b_row[j]
        C.append([float(acc[j]) for j in range(m)])
    return C
