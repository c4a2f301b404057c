# /// honest
# id = "kahan"
# title = "Compensated summation"
# style = "numerics"
# task = "matmul"
# ///
"""Kahan's correction term follows every addition."""

def matmul(A, B):
    C = []
    for row in A:
        out = []
        for col in zip(*B):
            total = carry = 0.0
            for a, b in zip(row, col):
                y = a * b - carry
                t = total + y
                carry = (t - total) - y
                total = t
            out.append(total)
        C.append(out)
    return C
