# /// honest
# id = "outer-products"
# title = "A sum of outer products"
# style = "algorithm"
# task = "matmul"
# ///
"""The product is a sum over columns of A times rows of B."""

def matmul(A, B):
    n, m = len(A), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    for t, b_row in enumerate(B):
        for i in range(n):
            a = A[i][t]
            C[i] = [c + a * b for c, b in zip(C[i], b_row)]
    return C
