# /// honest
# id = "diagonal-order"
# title = "Cells by diagonals"
# style = "algorithm"
# task = "matmul"
# ///
"""The result is filled along its diagonals: a checker that watches the order of writes sees neither rows nor columns."""

def matmul(A, B):
    n, m = len(A), len(B[0])
    columns = list(zip(*B))
    C = [[None] * m for _ in range(n)]
    for d in range(1 - n, m):
        for i in range(max(0, -d), min(n, m - d)):
            total = 0.0
            for x, y in zip(A[i], columns[i + d]):
                total += x * y
            C[i][i + d] = total
    return C
