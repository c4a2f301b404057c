# /// honest
# id = "inheritance"
# title = "A class hierarchy with super"
# style = "structure"
# task = "matmul"
# ///
"""A base class does the work and a subclass prepares the columns."""

class Base:
    def __init__(self, A, B):
        self.A = A
        self.columns = list(zip(*B))

    def cell(self, i, j):
        return sum(a * b for a, b in zip(self.A[i], self.columns[j]))


class Product(Base):
    def __init__(self, A, B):
        super().__init__(A, B)
        self.shape = (len(A), len(B[0]))

    def rows(self):
        n, m = self.shape
        return [[self.cell(i, j) for j in range(m)] for i in range(n)]


def matmul(A, B):
    return Product(A, B).rows()
