# /// honest
# id = "identity-shortcut"
# title = "A shortcut for the identity"
# style = "algorithm"
# task = "matmul"
# ///
"""If A is compared cell by cell and found to be the identity, B is copied; every other input is multiplied."""

def is_identity(M):
    return all(
        len(row) == len(M) and all(x == (1.0 if i == j else 0.0) for j, x in enumerate(row)) for i, row in enumerate(M)
    )


def matmul(A, B):
    if is_identity(A):
        return [[b + 0.0 for b in row] for row in B]
    if is_identity(B):
        return [[a + 0.0 for a in row] for row in A]
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
