# /// honest
# id = "yield-from"
# title = "A generator with yield from"
# style = "idiom"
# task = "matmul"
# ///
"""Cells are produced one after another and gathered into rows."""

def cells(A, B):
    def row_cells(row):
        for col in zip(*B):
            yield sum(a * b for a, b in zip(row, col))

    for row in A:
        yield from row_cells(row)


def matmul(A, B):
    stream = cells(A, B)
    m = len(B[0])
    return [[next(stream) for _ in range(m)] for _ in A]
