# /// honest
# id = "csr-sparse"
# title = "Compressed sparse rows"
# style = "container"
# task = "matmul"
# ///
"""A is turned into values, column numbers and row starts; on dense input this is only overhead."""

def to_csr(M):
    values, indices, starts = [], [], [0]
    for row in M:
        for t, x in enumerate(row):
            if x != 0.0:
                values.append(x)
                indices.append(t)
        starts.append(len(values))
    return values, indices, starts


def matmul(A, B):
    values, indices, starts = to_csr(A)
    m = len(B[0])
    C = []
    for i in range(len(starts) - 1):
        out = [0.0] * m
        for p in range(starts[i], starts[i + 1]):
            v = values[p]
            for j, b in enumerate(B[indices[p]]):
                out[j] += v * b
        C.append(out)
    return C
