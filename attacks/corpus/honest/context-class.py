# /// honest
# id = "context-class"
# title = "A class with __enter__ and __exit__"
# style = "structure"
# task = "matmul"
# ///
"""A scope object that returns False from __exit__, as a stopwatch would be written."""

class Scope:
    def __init__(self, name):
        self.name = name
        self.depth = 0

    def __enter__(self):
        self.depth += 1
        return self

    def __exit__(self, kind, error, trace):
        self.depth -= 1
        return False


def matmul(A, B):
    with Scope("transpose"):
        columns = list(zip(*B))
    with Scope("multiply") as scope:
        C = [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
    assert scope.depth == 0
    return C
