# /// honest
# id = "copied-arguments"
# title = "deepcopy before the work"
# style = "structure"
# task = "matmul"
# ///
"""The arguments are copied as a whole first and the copies are consumed by pop."""

from copy import deepcopy


def matmul(A, B):
    rows, right = deepcopy(A), deepcopy(B)
    columns = []
    while right[0]:
        columns.insert(0, [row.pop() for row in right])
    C = []
    while rows:
        row = rows.pop(0)
        C.append([sum(a * b for a, b in zip(row, col)) for col in columns])
    return C
