# /// honest
# id = "zero-rows"
# title = "Rows of zeros cost nothing"
# style = "algorithm"
# task = "matmul"
# ///
"""any() looks at a row first; a row of zeros gives a row of zeros."""

def matmul(A, B):
    columns = list(zip(*B))
    empty = [0.0] * len(columns)
    return [
        [sum(a * b for a, b in zip(row, col)) for col in columns] if any(row) else empty.copy()
        for row in A
    ]
