# /// honest
# id = "slice-objects"
# title = "slice objects in a list"
# style = "idiom"
# task = "matmul"
# ///
"""slice(lo, hi) values are made once and used to cut rows and columns."""

def matmul(A, B):
    k = len(B)
    parts = [slice(low, min(low + 12, k)) for low in range(0, k, 12)]
    columns = [tuple(row[j] for row in B) for j in range(len(B[0]))]
    cut = [[col[part] for part in parts] for col in columns]
    C = []
    for row in A:
        pieces = [row[part] for part in parts]
        C.append([
            sum(sum([a * b for a, b in zip(p, q)]) for p, q in zip(pieces, col)) for col in cut
        ])
    return C
