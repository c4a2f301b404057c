# /// honest
# id = "private-names"
# title = "Name mangling and a property with a setter"
# style = "structure"
# task = "matmul"
# ///
"""Two leading underscores and a setter: attributes that a reader of the source does not find under their name."""

class Accumulator:
    def __init__(self):
        self.__total = 0.0

    def add(self, x, y):
        self.__total += x * y

    @property
    def total(self):
        return self.__total

    @total.setter
    def total(self, value):
        self.__total = value


def matmul(A, B):
    columns = list(zip(*B))
    acc = Accumulator()
    C = []
    for row in A:
        line = []
        for col in columns:
            acc.total = 0.0
            for x, y in zip(row, col):
                acc.add(x, y)
            line.append(acc.total)
        C.append(line)
    return C
