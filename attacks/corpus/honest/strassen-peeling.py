# /// honest
# id = "strassen-peeling"
# title = "Strassen with peeled borders"
# style = "algorithm"
# task = "matmul"
# ///
"""Odd sides are peeled off and repaired with rank-one updates, so nothing is padded; the source is long for a product."""

from operator import add, sub


def plain(X, Y):
    cols = list(zip(*Y))
    return [[sum([x * y for x, y in zip(r, c)]) for c in cols] for r in X]


def plus(X, Y):
    return [list(map(add, r, s)) for r, s in zip(X, Y)]


def minus(X, Y):
    return [list(map(sub, r, s)) for r, s in zip(X, Y)]


def multiply(X, Y):
    n, k, m = len(X), len(Y), len(Y[0])
    if min(n, k, m) < 24:
        return plain(X, Y)
    p, q, r = n // 2, k // 2, m // 2
    a, b = [x[:q] for x in X[:p]], [x[q : 2 * q] for x in X[:p]]
    c, d = [x[:q] for x in X[p : 2 * p]], [x[q : 2 * q] for x in X[p : 2 * p]]
    e, f = [y[:r] for y in Y[:q]], [y[r : 2 * r] for y in Y[:q]]
    g, h = [y[:r] for y in Y[q : 2 * q]], [y[r : 2 * r] for y in Y[q : 2 * q]]
    m1 = multiply(plus(a, d), plus(e, h))
    m2 = multiply(plus(c, d), e)
    m3 = multiply(a, minus(f, h))
    m4 = multiply(d, minus(g, e))
    m5 = multiply(plus(a, b), h)
    m6 = multiply(minus(c, a), plus(e, f))
    m7 = multiply(minus(b, d), plus(g, h))
    top = [u + v for u, v in zip(plus(minus(plus(m1, m4), m5), m7), plus(m3, m5))]
    low = [u + v for u, v in zip(plus(m2, m4), plus(plus(minus(m1, m2), m3), m6))]
    C = top + low
    if k % 2:
        last = Y[-1]
        for x, out in zip(X, C):
            for j in range(2 * r):
                out[j] += x[-1] * last[j]
    if m % 2:
        column = [y[-1] for y in Y]
        for x, out in zip(X, C):
            out.append(sum([u * v for u, v in zip(x, column)]))
    if n % 2:
        C.extend(plain([X[-1]], Y))
    return C


def matmul(A, B):
    return multiply(A, B)
