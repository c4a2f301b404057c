# /// honest
# id = "number-objects"
# title = "Numbers as objects with operators"
# style = "slow"
# task = "matmul"
# ///
"""Every term and every sum is a new object: honest, and several times slower than the textbook."""


class Number:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return Number(self.value + other.value)


def matmul(A, B):
    columns = list(zip(*B))
    C = []
    for row in A:
        cells = []
        for column in columns:
            total = Number(0.0)
            for a, b in zip(row, column):
                total = total + Number(a * b)
            cells.append(total.value)
        C.append(cells)
    return C
