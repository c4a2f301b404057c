# /// honest
# id = "partial-method"
# title = "partialmethod for two variants"
# style = "structure"
# task = "matmul"
# ///
"""Two methods made from one; `multiply` has no def of its own."""

from functools import partialmethod


class Engine:
    def _run(self, flip, A, B):
        columns = list(zip(*B))
        if flip:
            return [list(line) for line in zip(*([self.dot(row, col) for row in A] for col in columns))]
        return [[self.dot(row, col) for col in columns] for row in A]

    def dot(self, u, v):
        return sum(x * y for x, y in zip(u, v))

    by_rows = partialmethod(_run, False)
    by_columns = partialmethod(_run, True)


def matmul(A, B):
    engine = Engine()
    return engine.by_columns(A, B) if len(B[0]) < len(A) else engine.by_rows(A, B)
