# /// honest
# id = "shape-asserts"
# title = "Assertions on shapes"
# style = "structure"
# task = "matmul"
# ///
"""assert statements before and after the work."""

def matmul(A, B):
    assert A and B, "empty matrix"
    assert all(len(row) == len(B) for row in A), f"inner dimensions differ: {len(A[0])} != {len(B)}"
    C = [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]
    assert len(C) == len(A) and len(C[0]) == len(B[0])
    return C
