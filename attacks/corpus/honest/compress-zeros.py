# /// honest
# id = "compress-zeros"
# title = "itertools.compress drops zeros"
# style = "idiom"
# task = "matmul"
# ///
"""Zeros of A select which rows of B take part; on dense input nothing is skipped."""

from itertools import compress


def matmul(A, B):
    m = len(B[0])
    C = []
    for row in A:
        acc = [0.0] * m
        for a, b_row in compress(zip(row, B), row):
            acc = [c + a * b for c, b in zip(acc, b_row)]
        C.append(acc)
    return C
