# /// honest
# id = "zip-longest-chunks"
# title = "zip_longest pads the last chunk"
# style = "idiom"
# task = "matmul"
# ///
"""Dot products in chunks of four; missing entries are filled with 0.0."""

from itertools import zip_longest


def chunks(values):
    return list(zip_longest(*[iter(values)] * 4, fillvalue=0.0))


def matmul(A, B):
    columns = [chunks(col) for col in zip(*B)]
    C = []
    for row in map(chunks, A):
        out = []
        for col in columns:
            s = 0.0
            for (a, b, c, d), (e, f, g, h) in zip(row, col):
                s += a * e + b * f + c * g + d * h
            out.append(s)
        C.append(out)
    return C
