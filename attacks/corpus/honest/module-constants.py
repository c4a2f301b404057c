# /// honest
# id = "module-constants"
# title = "Constants at module level"
# style = "structure"
# task = "matmul"
# ///
"""Block size and zero are module constants, one computed at import."""

import math

BLOCK = 32
ZERO = 0.0
STEPS = int(math.sqrt(BLOCK * BLOCK))


def matmul(A, B):
    m = len(B[0])
    C = [[ZERO] * m for _ in A]
    for start in range(0, len(B), STEPS):
        for row, out in zip(A, C):
            for t in range(start, min(start + STEPS, len(B))):
                a, b_row = row[t], B[t]
                for j in range(m):
                    out[j] += a * b_row[j]
    return C
