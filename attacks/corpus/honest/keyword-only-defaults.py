# /// honest
# id = "keyword-only-defaults"
# title = "Keyword-only arguments with defaults"
# style = "structure"
# task = "matmul"
# ///
"""Tuning parameters behind a star."""

def matmul(A, B, *, tile=8, start=0.0):
    columns = list(zip(*B))
    C = []
    for first in range(0, len(A), tile):
        for row in A[first : first + tile]:
            C.append([sum((a * b for a, b in zip(row, col)), start) for col in columns])
    return C
