# /// honest
# id = "unrolled-four"
# title = "Inner product unrolled by four"
# style = "fast"
# task = "matmul"
# ///
"""Four products a step and a tail loop for the rest."""

def matmul(A, B):
    k = len(B)
    stop = k - k % 4
    columns = [list(col) for col in zip(*B)]
    C = []
    for row in A:
        out = []
        for col in columns:
            total = 0.0
            for t in range(0, stop, 4):
                total += (
                    row[t] * col[t] + row[t + 1] * col[t + 1] + row[t + 2] * col[t + 2] + row[t + 3] * col[t + 3]
                )
            for t in range(stop, k):
                total += row[t] * col[t]
            out.append(total)
        C.append(out)
    return C
