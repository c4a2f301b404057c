# /// honest
# id = "cached-transpose"
# title = "cached_property for the transpose"
# style = "structure"
# task = "matmul"
# ///
"""A cached property of an object made anew in each call: caching within one product only."""

from functools import cached_property


class Operand:
    def __init__(self, rows):
        self.rows = rows

    @cached_property
    def columns(self):
        return list(zip(*self.rows))


def matmul(A, B):
    right = Operand(B)
    return [[sum(a * b for a, b in zip(row, col)) for col in right.columns] for row in A]
