# /// honest
# id = "helpers"
# title = "Small helper functions"
# style = "structure"
# task = "matmul"
# ///
"""Several top-level functions call each other."""

def dot(u, v):
    total = 0.0
    for x, y in zip(u, v):
        total += x * y
    return total


def column(M, j):
    return [row[j] for row in M]


def matmul(A, B):
    columns = [column(B, j) for j in range(len(B[0]))]
    return [[dot(row, col) for col in columns] for row in A]
