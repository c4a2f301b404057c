# /// honest
# id = "cycle-columns"
# title = "itertools.cycle over the columns"
# style = "idiom"
# task = "matmul"
# ///
"""An endless iterator gives the columns; only the counter of cells ends the loop."""

from itertools import cycle, islice


def matmul(A, B):
    m = len(B[0])
    columns = cycle(list(zip(*B)))
    return [[sum(a * b for a, b in zip(row, col)) for col in islice(columns, m)] for row in A]
