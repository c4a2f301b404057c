# /// honest
# id = "deque-rotation"
# title = "Rotating columns"
# style = "algorithm"
# task = "matmul"
# ///
"""As in Cannon's algorithm each row meets the columns in another rotation; the row is turned back at the end."""

from collections import deque


def matmul(A, B):
    columns = deque(zip(*B))
    C = []
    for i, row in enumerate(A):
        cells = deque(sum(a * b for a, b in zip(row, col)) for col in columns)
        cells.rotate(i)
        C.append(list(cells))
        columns.rotate(-1)
    return C
