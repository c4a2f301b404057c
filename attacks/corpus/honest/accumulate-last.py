# /// honest
# id = "accumulate-last"
# title = "The last of itertools.accumulate"
# style = "idiom"
# task = "matmul"
# ///
"""All partial sums are made and all but the last are thrown away by a deque of length one."""

from collections import deque
from itertools import accumulate
from operator import mul


def last(stream):
    return deque(stream, maxlen=1).pop()


def matmul(A, B):
    columns = list(zip(*B))
    return [[last(accumulate(map(mul, row, col), initial=0.0)) for col in columns] for row in A]
