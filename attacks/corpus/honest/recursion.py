# /// honest
# id = "recursion"
# title = "A recursive inner product"
# style = "structure"
# task = "matmul"
# ///
"""The dot product calls itself on halves."""

def dot(u, v):
    if len(u) == 1:
        return u[0] * v[0]
    h = len(u) // 2
    return dot(u[:h], v[:h]) + dot(u[h:], v[h:])


def matmul(A, B):
    columns = list(zip(*B))
    return [[dot(row, col) for col in columns] for row in A]
