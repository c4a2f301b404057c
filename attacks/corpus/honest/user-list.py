# /// honest
# id = "user-list"
# title = "A UserList as a row"
# style = "container"
# task = "matmul"
# ///
"""Rows are instances of a list-like class while they are worked on, and plain lists when they leave."""

from collections import UserList


class Row(UserList):
    def dot(self, other):
        return sum(x * y for x, y in zip(self.data, other))


def matmul(A, B):
    columns = list(zip(*B))
    result = UserList()
    for row in map(Row, A):
        result.append([row.dot(col) for col in columns])
    return list(result)
