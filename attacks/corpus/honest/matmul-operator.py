# /// honest
# id = "matmul-operator"
# title = "The @ operator of a small class"
# style = "structure"
# task = "matmul"
# ///
"""__matmul__ and __rmatmul__ mix lists and matrices."""

class M:
    def __init__(self, rows):
        self.rows = [list(row) for row in rows]

    def __matmul__(self, other):
        rows = other.rows if isinstance(other, M) else other
        columns = list(zip(*rows))
        return M([sum(a * b for a, b in zip(row, col)) for col in columns] for row in self.rows)

    def __rmatmul__(self, other):
        return M(other) @ self

    def __iter__(self):
        return iter(self.rows)


def matmul(A, B):
    return list(A @ M(B))
