# /// honest
# id = "import-inside"
# title = "Import inside the function"
# style = "structure"
# task = "matmul"
# ///
"""Modules are imported where they are used."""

def matmul(A, B):
    from itertools import starmap
    from operator import mul

    columns = list(zip(*B))
    return [[sum(starmap(mul, zip(row, col))) for col in columns] for row in A]
