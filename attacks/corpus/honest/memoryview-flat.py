# /// honest
# id = "memoryview-flat"
# title = "Flat buffers under a memoryview"
# style = "container"
# task = "matmul"
# ///
"""The matrices are packed into arrays and read through memoryviews with slices."""

from array import array


def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    a = memoryview(array("d", [x for row in A for x in row]))
    b = memoryview(array("d", [B[t][j] for j in range(m) for t in range(k)]))
    C = []
    for i in range(n):
        row = a[i * k : (i + 1) * k]
        C.append([sum(x * y for x, y in zip(row, b[j * k : (j + 1) * k])) for j in range(m)])
    return C
