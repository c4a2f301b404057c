# /// honest
# id = "flat-lists"
# title = "Flat lists and index arithmetic"
# style = "container"
# task = "matmul"
# ///
"""Row-major lists as in C."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    a = [x for row in A for x in row]
    b = [x for row in B for x in row]
    c = [0.0] * (n * m)
    for i in range(n):
        for t in range(k):
            x = a[i * k + t]
            base = t * m
            for j in range(m):
                c[i * m + j] += x * b[base + j]
    return [c[i * m : i * m + m] for i in range(n)]
