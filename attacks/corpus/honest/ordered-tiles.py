# /// honest
# id = "ordered-tiles"
# title = "total_ordering on tiles"
# style = "structure"
# task = "matmul"
# ///
"""Tiles are objects that compare by size; the largest come first."""

from functools import total_ordering


@total_ordering
class Tile:
    def __init__(self, rows, cols):
        self.rows, self.cols = rows, cols

    def _key(self):
        return (-len(self.rows) * len(self.cols), self.rows.start, self.cols.start)

    def __eq__(self, other):
        return self._key() == other._key()

    def __lt__(self, other):
        return self._key() < other._key()


def matmul(A, B):
    n, m, size = len(A), len(B[0]), 10
    columns = list(zip(*B))
    C = [[0.0] * m for _ in range(n)]
    todo = [
        Tile(range(i, min(n, i + size)), range(j, min(m, j + size)))
        for i in range(0, n, size)
        for j in range(0, m, size)
    ]
    for tile in sorted(todo):
        for i in tile.rows:
            for j in tile.cols:
                C[i][j] = sum(a * b for a, b in zip(A[i], columns[j]))
    return C
