# /// honest
# id = "sign-separated"
# title = "Positive and negative parts apart"
# style = "numerics"
# task = "matmul"
# ///
"""Two sums of one sign each, subtracted at the end."""

def matmul(A, B):
    C = []
    columns = list(zip(*B))
    for row in A:
        out = []
        for col in columns:
            plus = minus = 0.0
            for a, b in zip(row, col):
                p = a * b
                if p >= 0:
                    plus += p
                else:
                    minus -= p
            out.append(plus - minus)
        C.append(out)
    return C
