# /// honest
# id = "four-rows-at-once"
# title = "Four rows of A at once"
# style = "fast"
# task = "matmul"
# ///
"""Unroll and jam: a column of B is read once for four rows of the result."""

def matmul(A, B):
    columns = list(zip(*B))
    C = []
    i = 0
    while i + 4 <= len(A):
        rows = list(zip(*A[i : i + 4]))
        block = [[], [], [], []]
        for col in columns:
            p = q = r = s = 0.0
            for (w, x, y, z), b in zip(rows, col):
                p += w * b
                q += x * b
                r += y * b
                s += z * b
            for out, value in zip(block, (p, q, r, s)):
                out.append(value)
        C += block
        i += 4
    for row in A[i:]:
        C.append([sum(a * b for a, b in zip(row, col)) for col in columns])
    return C
