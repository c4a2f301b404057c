# /// honest
# id = "two-by-two"
# title = "Two rows and two columns at a time"
# style = "algorithm"
# task = "matmul"
# ///
"""Register blocking: four sums in one inner loop, with edges handled apart."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    cols = list(zip(*B))
    C = [[0.0] * m for _ in range(n)]
    for i in range(0, n, 2):
        r0 = A[i]
        r1 = A[i + 1] if i + 1 < n else r0
        for j in range(0, m, 2):
            c0 = cols[j]
            c1 = cols[j + 1] if j + 1 < m else c0
            s00 = s01 = s10 = s11 = 0.0
            for x, y, u, v in zip(r0, r1, c0, c1):
                s00 += x * u
                s01 += x * v
                s10 += y * u
                s11 += y * v
            C[i][j] = s00
            if j + 1 < m:
                C[i][j + 1] = s01
            if i + 1 < n:
                C[i + 1][j] = s10
                if j + 1 < m:
                    C[i + 1][j + 1] = s11
    return C
