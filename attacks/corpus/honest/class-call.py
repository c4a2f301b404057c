# /// honest
# id = "class-call"
# title = "A callable class"
# style = "structure"
# task = "matmul"
# ///
"""A class with __init__ and __call__; an instance does the work."""

class Multiplier:
    def __init__(self, block):
        self.block = block

    def __call__(self, A, B):
        columns = list(zip(*B))
        C = []
        for start in range(0, len(A), self.block):
            for row in A[start : start + self.block]:
                C.append([sum(a * b for a, b in zip(row, col)) for col in columns])
        return C


_multiply = Multiplier(8)


def matmul(A, B):
    return _multiply(A, B)
