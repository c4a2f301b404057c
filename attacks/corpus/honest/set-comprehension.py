# /// honest
# id = "set-comprehension"
# title = "Sets of shapes"
# style = "container"
# task = "matmul"
# ///
"""A set comprehension checks that all rows have one length."""

def matmul(A, B):
    widths = {len(row) for row in A} | {len(B)}
    assert len(widths) == 1, "ragged matrix"
    (k,) = widths
    steps = sorted({t for t in range(k)})
    m = len(B[0])
    return [[sum(row[t] * B[t][j] for t in steps) for j in range(m)] for row in A]
