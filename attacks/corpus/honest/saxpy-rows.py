# /// honest
# id = "saxpy-rows"
# title = "Rows as linear combinations"
# style = "fast"
# task = "matmul"
# ///
"""Each row of the result is a combination of the rows of B, built with a list comprehension a step."""

def matmul(A, B):
    C = []
    for row in A:
        acc = [row[0] * b for b in B[0]]
        for a, b_row in zip(row[1:], B[1:]):
            acc = [c + a * b for c, b in zip(acc, b_row)]
        C.append(acc)
    return C
