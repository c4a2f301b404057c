# /// honest
# id = "pair-indices"
# title = "A matrix indexed by pairs"
# style = "structure"
# task = "matmul"
# ///
"""__getitem__ and __setitem__ take tuples and slices, as an array library does."""

class Grid:
    def __init__(self, n, m, cells=None):
        self.shape = (n, m)
        self.cells = cells if cells is not None else [0.0] * (n * m)

    def __getitem__(self, key):
        i, j = key
        m = self.shape[1]
        if isinstance(j, slice):
            return self.cells[i * m : i * m + m][j]
        return self.cells[i * m + j]

    def __setitem__(self, key, value):
        i, j = key
        self.cells[i * self.shape[1] + j] = value

    def __len__(self):
        return self.shape[0]


def matmul(A, B):
    columns = list(zip(*B))
    grid = Grid(len(A), len(columns))
    for i, row in enumerate(A):
        for j, col in enumerate(columns):
            grid[i, j] = sum(a * b for a, b in zip(row, col))
    return [grid[i, :] for i in range(len(grid))]
