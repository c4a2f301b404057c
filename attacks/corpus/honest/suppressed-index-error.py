# /// honest
# id = "suppressed-index-error"
# title = "contextlib.suppress ends the loop"
# style = "structure"
# task = "matmul"
# ///
"""A swallowed IndexError is the end of the matrix, not a hidden failure."""

from contextlib import suppress


def matmul(A, B):
    columns = []
    with suppress(IndexError):
        j = 0
        while True:
            columns.append([row[j] for row in B])
            j += 1
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
