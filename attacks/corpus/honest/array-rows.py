# /// honest
# id = "array-rows"
# title = "Rows are arrays of doubles"
# style = "container"
# task = "matmul"
# ///
"""array('d') rows, filled in place."""

from array import array


def matmul(A, B):
    m = len(B[0])
    C = []
    for row in A:
        out = array("d", [0.0]) * m
        for a, b_row in zip(row, B):
            for j, b in enumerate(b_row):
                out[j] += a * b
        C.append(out)
    return C
