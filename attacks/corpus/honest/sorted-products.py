# /// honest
# id = "sorted-products"
# title = "Products added from the smallest"
# style = "numerics"
# task = "matmul"
# ///
"""Sorting before summing changes the order of additions in every cell."""

def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(sorted((a * b for a, b in zip(row, col)), key=abs)) for col in columns] for row in A]
