# /// honest
# id = "divide-and-conquer"
# title = "Recursive halving of the longest side"
# style = "algorithm"
# task = "matmul"
# ///
"""Cache-oblivious recursion: the longest of the three dimensions is split until the block is small."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]

    def multiply(i0, i1, k0, k1, j0, j1):
        di, dk, dj = i1 - i0, k1 - k0, j1 - j0
        if max(di, dk, dj) <= 12:
            for i in range(i0, i1):
                row, out = A[i], C[i]
                for j in range(j0, j1):
                    s = 0.0
                    for t in range(k0, k1):
                        s += row[t] * B[t][j]
                    out[j] += s
        elif di >= dk and di >= dj:
            mid = (i0 + i1) // 2
            multiply(i0, mid, k0, k1, j0, j1)
            multiply(mid, i1, k0, k1, j0, j1)
        elif dk >= dj:
            mid = (k0 + k1) // 2
            multiply(i0, i1, k0, mid, j0, j1)
            multiply(i0, i1, mid, k1, j0, j1)
        else:
            mid = (j0 + j1) // 2
            multiply(i0, i1, k0, k1, j0, mid)
            multiply(i0, i1, k0, k1, mid, j1)

    multiply(0, n, 0, k, 0, m)
    return C
