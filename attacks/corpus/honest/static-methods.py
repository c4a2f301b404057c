# /// honest
# id = "static-methods"
# title = "Static and class methods"
# style = "structure"
# task = "matmul"
# ///
"""A class as a namespace for functions, with a property."""

class Kernel:
    unroll = 2

    @staticmethod
    def dot(u, v):
        return sum(x * y for x, y in zip(u, v))

    @classmethod
    def run(cls, A, B):
        columns = list(zip(*B))
        return [[cls.dot(row, col) for col in columns] for row in A]


def matmul(A, B):
    return Kernel.run(A, B)
