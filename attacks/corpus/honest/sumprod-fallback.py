# /// honest
# id = "sumprod-fallback"
# title = "math.sumprod where there is one"
# style = "fast"
# task = "matmul"
# ///
"""An import that may fail, with a fallback of its own, as new library functions are used."""

try:
    from math import sumprod
except ImportError:
    from operator import mul

    def sumprod(p, q):
        return sum(map(mul, p, q))


def matmul(A, B):
    columns = list(zip(*B))
    return [[sumprod(row, col) for col in columns] for row in A]
