# /// honest
# id = "generator-pipeline"
# title = "A pipeline of generators"
# style = "idiom"
# task = "matmul"
# ///
"""Generators feed each other; the end of the pipeline makes lists."""

def columns_of(M):
    for j in range(len(M[0])):
        yield [row[j] for row in M]


def products(u, v):
    for x, y in zip(u, v):
        yield x * y


def rows(A, cols):
    for row in A:
        yield [sum(products(row, col)) for col in cols]


def matmul(A, B):
    return list(rows(A, list(columns_of(B))))
