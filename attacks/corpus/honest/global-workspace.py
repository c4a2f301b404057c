# /// honest
# id = "global-workspace"
# title = "A workspace kept between calls"
# style = "structure"
# task = "matmul"
# ///
"""The scratch buffer is reused across calls; no result is."""

_workspace = []


def matmul(A, B):
    global _workspace
    k, m = len(B), len(B[0])
    if len(_workspace) < k * m:
        _workspace = [0.0] * (k * m)
    for j in range(m):
        for t in range(k):
            _workspace[j * k + t] = B[t][j]
    C = []
    for row in A:
        C.append([sum(a * b for a, b in zip(row, _workspace[j * k : (j + 1) * k])) for j in range(m)])
    return C
