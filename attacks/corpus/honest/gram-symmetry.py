# /// honest
# id = "gram-symmetry"
# title = "Half the work for a Gram matrix"
# style = "algorithm"
# task = "matmul"
# ///
"""If B is exactly the transpose of A, the product is symmetric and its lower half is copied."""

def matmul(A, B):
    columns = [list(col) for col in zip(*B)]
    n = len(A)
    if columns == A:
        C = [[0.0] * n for _ in range(n)]
        for i in range(n):
            for j in range(i, n):
                C[i][j] = C[j][i] = sum(x * y for x, y in zip(A[i], A[j]))
        return C
    return [[sum(x * y for x, y in zip(row, col)) for col in columns] for row in A]
