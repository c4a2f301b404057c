# /// honest
# id = "slow-columns"
# title = "Rebuild all columns for each row"
# style = "slow"
# task = "matmul"
# ///
"""The transpose is inside the outer loop, in plain loops."""

def matmul(A, B):
    C = []
    for row in A:
        columns = []
        for j in range(len(B[0])):
            columns.append([])
            for t in range(len(B)):
                columns[j].append(B[t][j])
        C.append([sum([row[t] * col[t] for t in range(len(row))]) for col in columns])
    return C
