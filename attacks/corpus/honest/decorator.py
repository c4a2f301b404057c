# /// honest
# id = "decorator"
# title = "A decorator that checks shapes"
# style = "structure"
# task = "matmul"
# ///
"""A decorator of its own, written with functools.wraps."""

from functools import wraps


def checked(function):
    @wraps(function)
    def wrapper(A, B):
        if any(len(row) != len(B) for row in A):
            raise ValueError("shapes do not match")
        return function(A, B)

    return wrapper


@checked
def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in columns] for row in A]
