# /// honest
# id = "exact-integers"
# title = "Exact dot products in integers"
# style = "numerics"
# task = "matmul"
# ///
"""Every float is a whole number of a small unit: sums of Python integers are exact and rounded once at the end."""

import math

SHIFT = 120


def to_int(x):
    mantissa, exponent = math.frexp(x)
    whole = int(mantissa * 9007199254740992.0)
    power = exponent - 53 + SHIFT
    return whole << power if power >= 0 else whole >> -power


def matmul(A, B):
    rows = [[to_int(x) for x in row] for row in A]
    columns = [[to_int(x) for x in col] for col in zip(*B)]
    unit = 1 << (2 * SHIFT)
    return [[sum([a * b for a, b in zip(row, col)]) / unit for col in columns] for row in rows]
