# /// honest
# id = "print-left-in"
# title = "A print left in"
# style = "words"
# task = "matmul"
# ///
"""Debug output that the author forgot."""

DEBUG = True


def matmul(A, B):
    if DEBUG:
        print("matmul", len(A), len(B), len(B[0]))
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
