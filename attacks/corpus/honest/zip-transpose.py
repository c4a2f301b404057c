# /// honest
# id = "zip-transpose"
# title = "Transpose once with zip"
# style = "fast"
# task = "matmul"
# ///
"""Columns become tuples, so that each cell is a sum over two sequences."""

def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
