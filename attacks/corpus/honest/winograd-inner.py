# /// honest
# id = "winograd-inner"
# title = "Winograd's inner product"
# style = "algorithm"
# task = "matmul"
# ///
"""Half of the multiplications are replaced by additions; an odd inner dimension gets one extra term."""

def matmul(A, B):
    k = len(B)
    half = k // 2
    cols = list(zip(*B))
    row_terms = [sum(r[2 * t] * r[2 * t + 1] for t in range(half)) for r in A]
    col_terms = [sum(c[2 * t] * c[2 * t + 1] for t in range(half)) for c in cols]
    C = []
    for r, rt in zip(A, row_terms):
        out = []
        for c, ct in zip(cols, col_terms):
            s = -rt - ct
            for t in range(0, 2 * half, 2):
                s += (r[t] + c[t + 1]) * (r[t + 1] + c[t])
            if k % 2:
                s += r[-1] * c[-1]
            out.append(s)
        C.append(out)
    return C
