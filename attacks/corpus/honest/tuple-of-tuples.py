# /// honest
# id = "tuple-of-tuples"
# title = "The result is a tuple of tuples"
# style = "container"
# task = "matmul"
# ///
"""Returns a tuple of tuples."""

def matmul(A, B):
    columns = tuple(zip(*B))
    return tuple(tuple(sum(a * b for a, b in zip(row, col)) for col in columns) for row in A)
