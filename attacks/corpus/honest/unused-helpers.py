# /// honest
# id = "unused-helpers"
# title = "Helpers that nothing calls"
# style = "structure"
# task = "matmul"
# ///
"""Left-overs of other attempts: an identity, a comparison and a transpose stay in the file unused."""

def identity(n):
    return [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]


def allclose(X, Y, atol=1e-8):
    return all(abs(x - y) <= atol for r, s in zip(X, Y) for x, y in zip(r, s))


def transpose(M):
    return [list(col) for col in zip(*M)]


def naive(A, B):
    return [[sum(A[i][t] * B[t][j] for t in range(len(B))) for j in range(len(B[0]))] for i in range(len(A))]


def matmul(A, B):
    m = len(B[0])
    result = [[0.0] * m for _ in A]
    for i, row in enumerate(A):
        target = result[i]
        for t, a in enumerate(row):
            source = B[t]
            for j in range(m):
                target[j] += a * source[j]
    return result
