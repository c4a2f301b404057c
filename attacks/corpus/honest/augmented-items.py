# /// honest
# id = "augmented-items"
# title = "Augmented assignment to items and slices"
# style = "idiom"
# task = "matmul"
# ///
"""`C[i][j] += …` in several forms."""

def matmul(A, B):
    n, m = len(A), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    counts = {"rows": 0}
    for i, row in enumerate(A):
        counts["rows"] += 1
        for t, a in enumerate(row):
            j = 0
            while j < m:
                C[i][j] += a * B[t][j]
                j += 1
    C[:] = [row[:] for row in C]
    return C
