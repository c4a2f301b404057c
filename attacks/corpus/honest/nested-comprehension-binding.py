# /// honest
# id = "nested-comprehension-binding"
# title = "`for x in [value]` binds inside a comprehension"
# style = "idiom"
# task = "matmul"
# ///
"""The whole product is one expression; a one-element list serves as an assignment."""

def matmul(A, B):
    return [
        [total for col in columns for total in [sum(a * b for a, b in zip(row, col))]]
        for columns in [list(zip(*B))]
        for row in A
    ]
