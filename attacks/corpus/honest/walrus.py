# /// honest
# id = "walrus"
# title = "Assignment expressions"
# style = "idiom"
# task = "matmul"
# ///
"""The running sum lives in an assignment expression."""

def matmul(A, B):
    columns = list(zip(*B))
    C = []
    for row in A:
        out = []
        for col in columns:
            s = 0.0
            [s := s + a * b for a, b in zip(row, col)]
            out.append(s)
        C.append(out)
    return C
