# /// honest
# id = "nonlocal-sum"
# title = "nonlocal accumulators"
# style = "idiom"
# task = "matmul"
# ///
"""An inner function adds to a variable of the outer one."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    total = 0.0

    def add(x, y):
        nonlocal total
        total += x * y

    for i in range(n):
        for j in range(m):
            total = 0.0
            for t in range(k):
                add(A[i][t], B[t][j])
            C[i][j] = total
    return C
