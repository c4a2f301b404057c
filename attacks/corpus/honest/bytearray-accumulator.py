# /// honest
# id = "bytearray-accumulator"
# title = "A bytearray of accumulators"
# style = "container"
# task = "matmul"
# ///
"""The accumulators live in a bytearray seen as doubles; tolist makes the rows."""

def matmul(A, B):
    n, m = len(A), len(B[0])
    storage = bytearray(8 * n * m)
    cells = memoryview(storage).cast("d")
    for i, row in enumerate(A):
        base = i * m
        for a, b_row in zip(row, B):
            for j, b in enumerate(b_row, base):
                cells[j] += a * b
    return [cells[i * m : (i + 1) * m].tolist() for i in range(n)]
