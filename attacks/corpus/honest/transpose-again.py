# /// honest
# id = "transpose-again"
# title = "Transpose again for every row and every eight columns"
# style = "slow"
# task = "matmul"
# ///
"""A helper that transposes is called wherever a column is needed, here once for eight cells."""


def transposed(B):
    return [[row[j] for row in B] for j in range(len(B[0]))]


def matmul(A, B):
    width = len(B[0])
    C = []
    for row in A:
        cells = []
        for start in range(0, width, 8):
            for column in transposed(B)[start : start + 8]:
                cells.append(sum(a * b for a, b in zip(row, column)))
        C.append(cells)
    return C
