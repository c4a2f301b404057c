# /// honest
# id = "blocked"
# title = "Blocked loops"
# style = "algorithm"
# task = "matmul"
# ///
"""Square tiles keep the working set small; the block size is a default argument."""

def matmul(A, B, bs=16):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    for ii in range(0, n, bs):
        for kk in range(0, k, bs):
            for jj in range(0, m, bs):
                for i in range(ii, min(ii + bs, n)):
                    a_row, c_row = A[i], C[i]
                    for t in range(kk, min(kk + bs, k)):
                        a, b_row = a_row[t], B[t]
                        for j in range(jj, min(jj + bs, m)):
                            c_row[j] += a * b_row[j]
    return C
