# /// honest
# id = "default-repr"
# title = "A class that prints its own name"
# style = "words"
# task = "matmul"
# ///
"""type(self).__name__ in __repr__, as code generators write it; nothing is built from the type."""

class Matrix:
    def __init__(self, rows):
        self.rows = rows

    def __repr__(self):
        return f"{type(self).__name__}({len(self.rows)} x {len(self.rows[0])})"

    def times(self, other):
        if len(self.rows[0]) != len(other.rows):
            raise ValueError(f"{self!r} cannot be multiplied by {other!r}")
        columns = list(zip(*other.rows))
        return Matrix([[sum(a * b for a, b in zip(row, col)) for col in columns] for row in self.rows])


def matmul(A, B):
    return Matrix(A).times(Matrix(B)).rows
