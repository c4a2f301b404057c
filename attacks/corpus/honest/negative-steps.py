# /// honest
# id = "negative-steps"
# title = "Loops that count down"
# style = "textbook"
# task = "matmul"
# ///
"""All three loops run backwards and rows are put in front of the result."""

def matmul(A, B):
    C = []
    for i in range(len(A) - 1, -1, -1):
        row = []
        for j in range(len(B[0]) - 1, -1, -1):
            total = 0.0
            t = len(B) - 1
            while t >= 0:
                total += A[i][t] * B[t][j]
                t -= 1
            row.append(total)
        row.reverse()
        C.insert(0, row)
    return C
