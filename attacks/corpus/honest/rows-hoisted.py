# /// honest
# id = "rows-hoisted"
# title = "Hoist the rows out of the inner loops"
# style = "fast"
# task = "matmul"
# ///
"""The i-k-j order walks along rows of B and of the result."""

def matmul(A, B):
    m = len(B[0])
    C = []
    for row in A:
        out = [0.0] * m
        for a, b_row in zip(row, B):
            for j in range(m):
                out[j] += a * b_row[j]
        C.append(out)
    return C
