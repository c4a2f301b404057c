# /// honest
# id = "zip-strict"
# title = "zip with strict=True"
# style = "idiom"
# task = "matmul"
# ///
"""The inner sides are checked by zip itself, which raises ValueError."""

def matmul(A, B):
    columns = list(zip(*B, strict=True))
    return [[sum(a * b for a, b in zip(row, col, strict=True)) for col in columns] for row in A]
