# /// honest
# id = "self-check"
# title = "A spot check of its own result"
# style = "structure"
# task = "matmul"
# ///
"""One cell is computed twice and compared with a tolerance: `isclose` and a raise, as in a scorer."""

import math


def matmul(A, B):
    C = [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]
    i, j = len(A) // 2, len(B[0]) // 2
    again = math.fsum(A[i][t] * B[t][j] for t in range(len(B)))
    if not math.isclose(C[i][j], again, rel_tol=1e-6, abs_tol=1e-6):
        raise ArithmeticError(f"cell ({i}, {j}) differs: {C[i][j]} != {again}")
    return C
