# /// honest
# id = "step-recursion"
# title = "One call a term"
# style = "slow"
# task = "matmul"
# ///
"""The inner product as its definition by recursion: the last term plus the product of what is left."""


def inner(row, B, j, terms):
    if terms == 0:
        return 0.0
    return inner(row, B, j, terms - 1) + row[terms - 1] * B[terms - 1][j]


def matmul(A, B):
    return [[inner(row, B, j, len(B)) for j in range(len(B[0]))] for row in A]
