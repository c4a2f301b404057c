# /// honest
# id = "vector-operators"
# title = "A vector with += and scalar products"
# style = "structure"
# task = "matmul"
# ///
"""__rmul__ and __iadd__ change state in place behind operators."""

class Vector:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def __rmul__(self, factor):
        return Vector([factor * v for v in self.x])

    def __iadd__(self, other):
        self.x = [u + v for u, v in zip(self.x, other.x)]
        return self


def matmul(A, B):
    rows = [Vector(row) for row in B]
    C = []
    for row in A:
        total = Vector([0.0] * len(B[0]))
        for a, v in zip(row, rows):
            total += a * v
        C.append(total.x)
    return C
