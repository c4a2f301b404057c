# /// honest
# id = "lambda-table"
# title = "Dot products from a table of lambdas"
# style = "structure"
# task = "matmul"
# ///
"""Short inner sides have their own unrolled lambda; longer ones fall through to a loop."""

DOT = {
    1: lambda u, v: u[0] * v[0],
    2: lambda u, v: u[0] * v[0] + u[1] * v[1],
    3: lambda u, v: u[0] * v[0] + u[1] * v[1] + u[2] * v[2],
    4: lambda u, v: u[0] * v[0] + u[1] * v[1] + u[2] * v[2] + u[3] * v[3],
}


def generic(u, v):
    return sum(x * y for x, y in zip(u, v))


def matmul(A, B):
    dot = DOT.get(len(B), generic)
    return [[dot(row, col) for col in zip(*B)] for row in A]
