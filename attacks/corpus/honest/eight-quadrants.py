# /// honest
# id = "eight-quadrants"
# title = "Recursive quadrants, eight products"
# style = "algorithm"
# task = "matmul"
# ///
"""Divide and conquer on slices: all base cases are copies, so no cell of the arguments is ever indexed directly."""

def _join(left, right):
    return [l + r for l, r in zip(left, right)]


def _sum(X, Y):
    return [[x + y for x, y in zip(r, s)] for r, s in zip(X, Y)] if X and Y else X or Y


def _rec(X, Y):
    n, k, m = len(X), len(Y), len(Y[0])
    if n <= 8 or k <= 8 or m <= 8:
        return [[sum(x * y for x, y in zip(r, c)) for c in zip(*Y)] for r in X]
    i, t, j = n // 2, k // 2, m // 2
    x11, x12 = [r[:t] for r in X[:i]], [r[t:] for r in X[:i]]
    x21, x22 = [r[:t] for r in X[i:]], [r[t:] for r in X[i:]]
    y11, y12 = [r[:j] for r in Y[:t]], [r[j:] for r in Y[:t]]
    y21, y22 = [r[:j] for r in Y[t:]], [r[j:] for r in Y[t:]]
    north = _join(_sum(_rec(x11, y11), _rec(x12, y21)), _sum(_rec(x11, y12), _rec(x12, y22)))
    south = _join(_sum(_rec(x21, y11), _rec(x22, y21)), _sum(_rec(x21, y12), _rec(x22, y22)))
    return north + south


def matmul(A, B):
    return _rec(A, B)
