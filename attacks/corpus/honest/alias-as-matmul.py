# /// honest
# id = "alias-as-matmul"
# title = "matmul is an alias of the best of three"
# style = "structure"
# task = "matmul"
# ///
"""Three definitions; the last line chooses one and rebinds the name."""

def matmul_ijk(A, B):
    return [[sum(A[i][t] * B[t][j] for t in range(len(B))) for j in range(len(B[0]))] for i in range(len(A))]


def matmul_columns(A, B):
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]


def matmul_rows(A, B):
    C = []
    for row in A:
        acc = [0.0] * len(B[0])
        for a, b_row in zip(row, B):
            acc = [c + a * b for c, b in zip(acc, b_row)]
        C.append(acc)
    return C


matmul = matmul_ijk
matmul = matmul_rows
