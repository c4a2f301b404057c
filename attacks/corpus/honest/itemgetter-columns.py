# /// honest
# id = "itemgetter-columns"
# title = "operator.itemgetter takes the columns"
# style = "idiom"
# task = "matmul"
# ///
"""Items are read by a function object made for an index; it reads items, never attributes."""

from operator import itemgetter, mul


def matmul(A, B):
    columns = [list(map(itemgetter(j), B)) for j in range(len(B[0]))]
    return [[sum(map(mul, row, col)) for col in columns] for row in A]
