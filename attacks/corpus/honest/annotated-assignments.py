# /// honest
# id = "annotated-assignments"
# title = "Annotated assignments with loops"
# style = "idiom"
# task = "matmul"
# ///
"""Variables are declared with types and without values."""

def matmul(A: list, B: list) -> list:
    n: int = len(A)
    m: int = len(B[0])
    value: float
    C: list = []
    for i in range(n):
        row: list = []
        for j in range(m):
            value = 0.0
            for t in range(len(B)):
                value += A[i][t] * B[t][j]
            row.append(value)
        C.append(row)
    return C
