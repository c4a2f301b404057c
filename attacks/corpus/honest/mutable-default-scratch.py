# /// honest
# id = "mutable-default-scratch"
# title = "A mutable default as scratch space"
# style = "structure"
# task = "matmul"
# ///
"""The classic pitfall used on purpose: the list lives between calls, but is cleared before each use."""

def matmul(A, B, _columns=[]):
    _columns.clear()
    _columns.extend(zip(*B))
    return [[sum(a * b for a, b in zip(row, col)) for col in _columns] for row in A]
