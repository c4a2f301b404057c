# /// honest
# id = "explicit-stack"
# title = "Recursion on an explicit stack"
# style = "algorithm"
# task = "matmul"
# ///
"""Blocks are pushed and popped by hand; the loop ends when the stack is empty, not after a known count."""

def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    C = [[0.0] * m for _ in range(n)]
    stack = [(0, n, 0, m)]
    while stack:
        i0, i1, j0, j1 = stack.pop()
        if i1 - i0 > 8:
            mid = (i0 + i1) // 2
            stack += [(i0, mid, j0, j1), (mid, i1, j0, j1)]
        elif j1 - j0 > 8:
            mid = (j0 + j1) // 2
            stack += [(i0, i1, j0, mid), (i0, i1, mid, j1)]
        else:
            for i in range(i0, i1):
                row, out = A[i], C[i]
                for t in range(k):
                    a, b_row = row[t], B[t]
                    for j in range(j0, j1):
                        out[j] += a * b_row[j]
    return C
