# /// honest
# id = "freivalds-check"
# title = "Freivalds' check with a repair"
# style = "algorithm"
# task = "matmul"
# ///
"""The product is verified with one vector, A(Bx) = Cx, and computed again if that fails: it verifies, it does not guess."""

def apply(M, x):
    return [sum([a * b for a, b in zip(row, x)]) for row in M]


def product(A, B):
    columns = list(zip(*B))
    return [[sum([a * b for a, b in zip(row, col)]) for col in columns] for row in A]


def matmul(A, B):
    C = product(A, B)
    x = [1.0 if j % 3 else -1.0 for j in range(len(B[0]))]
    want, have = apply(A, apply(B, x)), apply(C, x)
    if any(abs(w - h) > 1e-6 * (1.0 + abs(w)) for w, h in zip(want, have)):
        return product(A, B)
    return C
