# /// honest
# id = "namedtuple-tiles"
# title = "collections.namedtuple for tiles"
# style = "structure"
# task = "matmul"
# ///
"""namedtuple writes a class from a string of field names, which is code from text in the standard library."""

from collections import namedtuple

Tile = namedtuple("Tile", "i0 i1 j0 j1")


def tiles(n, m, size=12):
    for i in range(0, n, size):
        for j in range(0, m, size):
            yield Tile(i, min(i + size, n), j, min(j + size, m))


def matmul(A, B):
    columns = list(zip(*B))
    C = [[0.0] * len(columns) for _ in A]
    for tile in tiles(len(A), len(columns)):
        for i in range(tile.i0, tile.i1):
            C[i][tile.j0 : tile.j1] = [sum(a * b for a, b in zip(A[i], col)) for col in columns[tile.j0 : tile.j1]]
    return C
