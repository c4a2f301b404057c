# /// honest
# id = "morton-order"
# title = "Tiles in Morton order"
# style = "algorithm"
# task = "matmul"
# ///
"""Bits are interleaved to walk over tiles along a Z curve; shifts and masks look like obfuscation."""

TILE = 8


def deinterleave(code):
    x = y = bit = 0
    while code:
        x |= (code & 1) << bit
        y |= ((code >> 1) & 1) << bit
        code >>= 2
        bit += 1
    return x, y


def matmul(A, B):
    n, m = len(A), len(B[0])
    columns = list(zip(*B))
    C = [[0.0] * m for _ in range(n)]
    side = 1
    while side * TILE < max(n, m):
        side <<= 1
    for code in range(side * side):
        tj, ti = deinterleave(code)
        if ti * TILE >= n or tj * TILE >= m:
            continue
        for i in range(ti * TILE, min(n, (ti + 1) * TILE)):
            row, out = A[i], C[i]
            for j in range(tj * TILE, min(m, (tj + 1) * TILE)):
                out[j] = sum(a * b for a, b in zip(row, columns[j]))
    return C
