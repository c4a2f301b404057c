# /// honest
# id = "wrong-transposed"
# title = "Forgets to transpose"
# style = "wrong"
# task = "matmul"
# wrong = true
# ///
"""Multiplies rows with rows and cuts or repeats to the shape: an honest mistake."""

def matmul(A, B):
    m = len(B[0])
    return [[sum(a * b for a, b in zip(row, B[j % len(B)])) for j in range(m)] for row in A]
