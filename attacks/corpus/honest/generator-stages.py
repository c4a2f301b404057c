# /// honest
# id = "generator-stages"
# title = "A chain of generators for every cell"
# style = "slow"
# task = "matmul"
# ///
"""Pairs, products and running sums are stages of a pipeline of their own, and the last value is the cell."""


def pairs(row, B, j):
    for t, value in enumerate(row):
        yield value, B[t][j]


def products(stage):
    for a, b in stage:
        yield a * b


def running(stage):
    total = 0.0
    for value in stage:
        total += value
        yield total


def checked(stage):
    for value in stage:
        if value != value:
            raise ValueError("not a number")
        yield value


def last(stage):
    value = 0.0
    for value in stage:
        pass
    return value


def matmul(A, B):
    return [[last(checked(running(products(pairs(row, B, j))))) for j in range(len(B[0]))] for row in A]
