# /// honest
# id = "wavefront"
# title = "Anti-diagonal wavefront"
# style = "algorithm"
# task = "matmul"
# ///
"""A systolic order: step s handles the cells with i + j = s. The first cells are done long before the last."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0 for _ in range(m)] for _ in range(n)]
    for step in range(n + m - 1):
        low = max(0, step - m + 1)
        high = min(n, step + 1)
        for i in range(low, high):
            j = step - i
            row = A[i]
            C[i][j] = sum([row[t] * B[t][j] for t in range(k)])
    return C
