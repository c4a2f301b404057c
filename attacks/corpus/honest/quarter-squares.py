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
    return [[sum(product(row[t], B[t][j]) for t in range(len(B))) for j in range(len(B[0]))] for row in A]
