# /// honest
# id = "shape-errors"
# title = "ValueError for bad shapes"
# style = "structure"
# task = "matmul"
# ///
"""More lines check the input than multiply; every error has a message built from the input."""

def _validate(A, B):
    if not A or not B or not A[0] or not B[0]:
        raise ValueError("matrices must not be empty")
    for name, M in (("A", A), ("B", B)):
        width = len(M[0])
        for i, row in enumerate(M):
            if len(row) != width:
                raise ValueError(f"row {i} of {name} has {len(row)} entries, expected {width}")
    if len(A[0]) != len(B):
        raise ValueError(f"cannot multiply {len(A)}x{len(A[0])} by {len(B)}x{len(B[0])}")


def matmul(A, B):
    _validate(A, B)
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    for i in range(n):
        for t in range(k):
            a_it = A[i][t]
            for j in range(m):
                C[i][j] += a_it * B[t][j]
    return C
