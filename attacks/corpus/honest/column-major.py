# /// honest
# id = "column-major"
# title = "Column-major storage as in Fortran"
# style = "container"
# task = "matmul"
# ///
"""Flat lists with the row index running fastest and loops in the order j, t, i."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    a = [A[i][t] for t in range(k) for i in range(n)]
    b = [B[t][j] for j in range(m) for t in range(k)]
    c = [0.0] * (n * m)
    for j in range(m):
        for t in range(k):
            x = b[t + j * k]
            for i in range(n):
                c[i + j * n] += a[i + t * n] * x
    return [c[i::n] for i in range(n)]
