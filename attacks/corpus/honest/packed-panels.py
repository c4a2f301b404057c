# /// honest
# id = "packed-panels"
# title = "Panels packed as in BLAS"
# style = "algorithm"
# task = "matmul"
# ///
"""B is copied into narrow panels first: most of the source moves data and multiplies nothing."""

def pack(B, j0, j1):
    return [value for row in B for value in row[j0:j1]]


def matmul(A, B, width=6):
    m = len(B[0])
    C = [[] for _ in A]
    for j0 in range(0, m, width):
        j1 = min(j0 + width, m)
        w = j1 - j0
        panel = pack(B, j0, j1)
        strips = [panel[j::w] for j in range(w)]
        for row, out in zip(A, C):
            out.extend(sum([a * b for a, b in zip(row, strip)]) for strip in strips)
    return C
