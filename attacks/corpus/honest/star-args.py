# /// honest
# id = "star-args"
# title = "Star arguments"
# style = "idiom"
# task = "matmul"
# ///
"""Rows travel as positional arguments, options as keywords."""

def dot(*pairs, **options):
    total = options.get("start", 0.0)
    for x, y in pairs:
        total += x * y
    return total


def transpose(*rows):
    first, *rest = rows
    return [[x, *(row[j] for row in rest)] for j, x in enumerate(first)]


def matmul(A, B):
    columns = transpose(*B)
    options = {"start": 0.0}
    return [[dot(*zip(row, col), **options) for col in columns] for row in A]
