# /// honest
# id = "zero-padded-tiles"
# title = "Zero padding to whole tiles"
# style = "algorithm"
# task = "matmul"
# ///
"""Both matrices are padded to multiples of eight; the padding is cut off again, so more is computed than is asked for."""

T = 8


def pad(M, rows, cols):
    return [list(r) + [0.0] * (cols - len(r)) for r in M] + [[0.0] * cols for _ in range(rows - len(M))]


def up(x):
    return -(-x // T) * T


def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    P, Q = pad(A, up(n), up(k)), pad(B, up(k), up(m))
    R = [[0.0] * up(m) for _ in range(up(n))]
    for ii in range(0, up(n), T):
        for kk in range(0, up(k), T):
            for i in range(ii, ii + T):
                out = R[i]
                for t in range(kk, kk + T):
                    a = P[i][t]
                    if a:
                        for j, b in enumerate(Q[t]):
                            out[j] += a * b
    return [row[:m] for row in R[:n]]
