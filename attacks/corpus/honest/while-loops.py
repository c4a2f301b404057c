# /// honest
# id = "while-loops"
# title = "While loops and counters"
# style = "textbook"
# task = "matmul"
# ///
"""Written like a first program."""

def matmul(A, B):
    C = []
    i = 0
    while i < len(A):
        C.append([])
        j = 0
        while j < len(B[0]):
            s = 0.0
            t = 0
            while t < len(B):
                s = s + A[i][t] * B[t][j]
                t = t + 1
            C[i].append(s)
            j = j + 1
        i = i + 1
    return C
