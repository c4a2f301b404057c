# /// honest
# id = "memoryview-cast"
# title = "A two-dimensional memoryview"
# style = "container"
# task = "matmul"
# ///
"""memoryview.cast gives shapes and tuple indices to raw bytes, which is what a memory hack would start with."""

from array import array


def as_matrix(rows):
    flat = array("d", [x for row in rows for x in row])
    return memoryview(flat).cast("B").cast("d", shape=[len(rows), len(rows[0])])


def matmul(A, B):
    b = as_matrix(B)
    k, m = b.shape
    result = []
    for row in A:
        line = []
        for j in range(m):
            s = 0.0
            for t in range(k):
                s += row[t] * b[t, j]
            line.append(s)
        result.append(line)
    return result
