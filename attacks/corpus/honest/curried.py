# /// honest
# id = "curried"
# title = "Curried functions"
# style = "idiom"
# task = "matmul"
# ///
"""dot(u)(v) and one compose; functions return functions three deep."""

from functools import reduce


def compose(*functions):
    return reduce(lambda f, g: lambda x: g(f(x)), functions)


dot = lambda u: lambda v: sum(x * y for x, y in zip(u, v))
over = lambda columns: lambda function: [function(col) for col in columns]


def matmul(A, B):
    columns = list(zip(*B))
    line = compose(dot, over(columns))
    return [line(row) for row in A]
