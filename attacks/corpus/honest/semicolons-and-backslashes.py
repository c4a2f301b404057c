# /// honest
# id = "semicolons-and-backslashes"
# title = "Semicolons and continuation lines"
# style = "words"
# task = "matmul"
# ///
"""Dense formatting as some models write it: several statements a line and backslashes."""

def matmul(A, B):
    n = len(A); k = len(B); m = len(B[0]); C = []
    for i in range(n):
        r = A[i]; o = []
        for j in range(m):
            s = 0.0
            for t in range(k): s += r[t] \
                * B[t][j]
            o.append(s)
        C.append(o); del o, r
    return C
