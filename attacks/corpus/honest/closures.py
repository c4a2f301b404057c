# /// honest
# id = "closures"
# title = "Closures over the columns"
# style = "idiom"
# task = "matmul"
# ///
"""A factory returns the function that multiplies one row."""

def row_multiplier(B):
    columns = list(zip(*B))

    def multiply(row):
        return [sum(a * b for a, b in zip(row, col)) for col in columns]

    return multiply


def matmul(A, B):
    multiply = row_multiplier(B)
    return [multiply(row) for row in A]
