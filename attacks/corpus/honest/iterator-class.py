# /// honest
# id = "iterator-class"
# title = "An iterator class"
# style = "structure"
# task = "matmul"
# ///
"""__iter__ and __next__ walk over the columns."""

class Columns:
    def __init__(self, M):
        self.M = M
        self.j = 0

    def __iter__(self):
        self.j = 0
        return self

    def __next__(self):
        if self.j >= len(self.M[0]):
            raise StopIteration
        col = [row[self.j] for row in self.M]
        self.j += 1
        return col


def matmul(A, B):
    columns = Columns(B)
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
