# /// honest
# id = "wrong-shared-rows"
# title = "All rows are the same list"
# style = "wrong"
# task = "matmul"
# wrong = true
# ///
"""`[[0.0] * m] * n` repeats one row: an honest mistake."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m] * n
    for i in range(n):
        for j in range(m):
            s = 0.0
            for t in range(k):
                s += A[i][t] * B[t][j]
            C[i][j] = s + C[i][j]
    return C
