# /// honest
# id = "tuple-rows"
# title = "Rows are tuples"
# style = "container"
# task = "matmul"
# ///
"""Returns a list of tuples."""

def matmul(A, B):
    columns = tuple(zip(*B))
    return [tuple(sum(a * b for a, b in zip(row, col)) for col in columns) for row in A]
