# /// honest
# id = "local-accumulator"
# title = "A local sum in the inner loop"
# style = "textbook"
# task = "matmul"
# ///
"""The sum is kept in a local variable and stored once."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            total = 0.0
            for t in range(k):
                total += A[i][t] * B[t][j]
            C[i][j] = total
    return C
