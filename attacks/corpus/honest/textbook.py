# /// honest
# id = "textbook"
# title = "The triple loop"
# style = "textbook"
# task = "matmul"
# ///
"""The loop of every textbook, adding into the result."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            for t in range(k):
                C[i][j] += A[i][t] * B[t][j]
    return C
