# /// honest
# id = "vector-special-cases"
# title = "Special cases for vectors"
# style = "structure"
# task = "matmul"
# ///
"""Dot product, outer product, matrix-vector and vector-matrix are told apart by shape, as special-casing hacks do."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    if n == 1 and m == 1:
        return [[sum(a * b[0] for a, b in zip(A[0], B))]]
    if k == 1:
        return [[row[0] * b for b in B[0]] for row in A]
    if m == 1:
        vector = [b[0] for b in B]
        return [[sum(a * v for a, v in zip(row, vector))] for row in A]
    if n == 1:
        acc = [0.0] * m
        for a, b_row in zip(A[0], B):
            for j in range(m):
                acc[j] += a * b_row[j]
        return [acc]
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
