# /// honest
# id = "very-slow"
# title = "Recompute the transpose for every cell"
# style = "slow"
# task = "matmul"
# ///
"""Honest and wasteful: the columns are rebuilt each time."""

def matmul(A, B):
    C = []
    for i in range(len(A)):
        row = []
        for j in range(len(B[0])):
            column = [B[t][j] for t in range(len(B))]
            products = []
            for t in range(len(column)):
                products = products + [A[i][t] * column[t]]
            total = 0.0
            for p in products:
                total = total + p
            row = row + [total]
        C = C + [row]
    return C
