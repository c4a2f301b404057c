# /// honest
# id = "double-buffer"
# title = "Two buffers in turn"
# style = "structure"
# task = "matmul"
# ///
"""The accumulators swap roles each step, so a name refers to old and new values in turn."""

def matmul(A, B):
    m = len(B[0])
    C = []
    for row in A:
        current, following = [0.0] * m, [0.0] * m
        for a, b_row in zip(row, B):
            for j in range(m):
                following[j] = current[j] + a * b_row[j]
            current, following = following, current
        C.append(current)
    return C
