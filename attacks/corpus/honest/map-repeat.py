# /// honest
# id = "map-repeat"
# title = "map with itertools.repeat"
# style = "fast"
# task = "matmul"
# ///
"""A row of B is scaled by map(mul, row, repeat(a)) and added by map(add, ...): no bytecode in the inner loop."""

from itertools import repeat
from operator import add, mul


def matmul(A, B):
    C = []
    for row in A:
        acc = map(mul, B[0], repeat(row[0]))
        for t in range(1, len(row)):
            acc = list(map(add, acc, map(mul, B[t], repeat(row[t]))))
        C.append(list(acc))
    return C
