# /// honest
# id = "unrolled-eight"
# title = "Unrolled by eight with a remainder"
# style = "fast"
# task = "matmul"
# ///
"""Eight products a step, the rest one by one."""

def matmul(A, B):
    k = len(B)
    whole = k - k % 8
    columns = list(zip(*B))
    C = []
    for r in A:
        out = []
        for c in columns:
            s = 0.0
            for t in range(0, whole, 8):
                s += (
                    r[t] * c[t] + r[t + 1] * c[t + 1] + r[t + 2] * c[t + 2] + r[t + 3] * c[t + 3]
                    + r[t + 4] * c[t + 4] + r[t + 5] * c[t + 5] + r[t + 6] * c[t + 6] + r[t + 7] * c[t + 7]
                )
            for t in range(whole, k):
                s += r[t] * c[t]
            out.append(s)
        C.append(out)
    return C
