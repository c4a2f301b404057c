# /// honest
# id = "class-operators"
# title = "A matrix class with operators"
# style = "structure"
# task = "matmul"
# ///
"""__mul__, __getitem__ and __len__ of a small class; lists go in and out."""

class Matrix:
    __slots__ = ("rows",)

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]

    def __mul__(self, other):
        columns = list(zip(*other.rows))
        return Matrix([[sum(a * b for a, b in zip(row, col)) for col in columns] for row in self.rows])


def matmul(A, B):
    return (Matrix(A) * Matrix(B)).rows
