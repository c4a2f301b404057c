# /// honest
# id = "dispatch-by-size"
# title = "A table of kernels by size"
# style = "structure"
# task = "matmul"
# ///
"""A dictionary chooses the kernel from the shape; all of them multiply, none knows a particular input."""

def small(A, B):
    return [[sum(a * B[t][j] for t, a in enumerate(row)) for j in range(len(B[0]))] for row in A]


def medium(A, B):
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]


def large(A, B):
    C = []
    for start in range(0, len(A), 16):
        C.extend(medium(A[start : start + 16], B))
    return C


KERNELS = {0: small, 1: medium, 2: large}


def matmul(A, B):
    side = max(len(A), len(B), len(B[0]))
    return KERNELS[(side > 8) + (side > 40)](A, B)
