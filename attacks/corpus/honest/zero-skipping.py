# /// honest
# id = "zero-skipping"
# title = "Skip zero coefficients"
# style = "algorithm"
# task = "matmul"
# ///
"""Legitimate on sparse data, harmless on dense data."""

def matmul(A, B):
    m = len(B[0])
    C = []
    for row in A:
        out = [0.0] * m
        for a, b_row in zip(row, B):
            if a == 0.0:
                continue
            for j in range(m):
                out[j] += a * b_row[j]
        C.append(out)
    return C
