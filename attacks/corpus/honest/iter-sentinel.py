# /// honest
# id = "iter-sentinel"
# title = "iter with a sentinel"
# style = "idiom"
# task = "matmul"
# ///
"""Cells are pulled from a callable until it returns the sentinel None."""

def matmul(A, B):
    m = len(B[0])
    position = [0]

    def next_column():
        j = position[0]
        if j == m:
            return None
        position[0] = j + 1
        return [row[j] for row in B]

    columns = list(iter(next_column, None))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
