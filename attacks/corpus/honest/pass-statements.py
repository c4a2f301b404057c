# /// honest
# id = "pass-statements"
# title = "pass in branches and classes"
# style = "structure"
# task = "matmul"
# ///
"""`pass` is an ordinary statement."""

class ShapeError(Exception):
    pass


def matmul(A, B):
    if not A:
        pass
    elif len(A[0]) != len(B):
        raise ShapeError
    else:
        pass
    return [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]
