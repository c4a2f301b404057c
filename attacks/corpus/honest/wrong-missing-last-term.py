# /// honest
# id = "wrong-missing-last-term"
# title = "Leaves out the last term"
# style = "wrong"
# task = "matmul"
# wrong = true
# ///
"""The inner loop stops one step early: an honest mistake."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            for t in range(k - 1):
                C[i][j] += A[i][t] * B[t][j]
    return C
