# /// honest
# id = "quarter-squares"
# title = "Products from tables of squares, as before computers"
# style = "slow"
# task = "matmul"
# ///
"""a * b = ((a + b)**2 - (a - b)**2) / 4, the way of the quarter-square tables. Each product costs two powers."""


def product(a, b):
    return (pow(a + b, 2) - pow(a - b, 2)) / 4


def matmul(A, B):
    if len(B) == 1:  # a single product has no digits to spare
        return [[a * b for b in B[0]] for (a,) in A]
    return [[sum(product(row[t], B[t][j]) for t in range(len(B))) for j in range(len(B[0]))] for row in A]
