# /// honest
# id = "cmp-to-key-order"
# title = "cmp_to_key orders the columns"
# style = "structure"
# task = "matmul"
# ///
"""Columns are worked on in the order of an old-style comparison and put back by number."""

from functools import cmp_to_key


def by_size(p, q):
    x, y = abs(p[1][0]), abs(q[1][0])
    return (x > y) - (x < y)


def matmul(A, B):
    ordered = sorted(enumerate(zip(*B)), key=cmp_to_key(by_size))
    C = []
    for row in A:
        out = [0.0] * len(ordered)
        for j, col in ordered:
            out[j] = sum(a * b for a, b in zip(row, col))
        C.append(out)
    return C
