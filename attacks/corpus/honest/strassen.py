# /// honest
# id = "strassen"
# title = "Strassen with padding"
# style = "algorithm"
# task = "matmul"
# ///
"""Seven recursive products on matrices padded to a power of two; small ones go to the plain loop."""

def _add(X, Y):
    return [[x + y for x, y in zip(r, s)] for r, s in zip(X, Y)]


def _sub(X, Y):
    return [[x - y for x, y in zip(r, s)] for r, s in zip(X, Y)]


def _plain(X, Y):
    cols = list(zip(*Y))
    return [[sum(x * y for x, y in zip(r, c)) for c in cols] for r in X]


def _strassen(X, Y):
    n = len(X)
    if n <= 16:
        return _plain(X, Y)
    h = n // 2
    a, b = [r[:h] for r in X[:h]], [r[h:] for r in X[:h]]
    c, d = [r[:h] for r in X[h:]], [r[h:] for r in X[h:]]
    e, f = [r[:h] for r in Y[:h]], [r[h:] for r in Y[:h]]
    g, i = [r[:h] for r in Y[h:]], [r[h:] for r in Y[h:]]
    p1 = _strassen(a, _sub(f, i))
    p2 = _strassen(_add(a, b), i)
    p3 = _strassen(_add(c, d), e)
    p4 = _strassen(d, _sub(g, e))
    p5 = _strassen(_add(a, d), _add(e, i))
    p6 = _strassen(_sub(b, d), _add(g, i))
    p7 = _strassen(_sub(a, c), _add(e, f))
    top = [x + y for x, y in zip(_add(_sub(_add(p5, p4), p2), p6), _add(p1, p2))]
    bottom = [x + y for x, y in zip(_add(p3, p4), _sub(_sub(_add(p5, p1), p3), p7))]
    return top + bottom


def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    size = 1
    while size < max(n, k, m):
        size *= 2
    X = [row + [0.0] * (size - k) for row in A] + [[0.0] * size for _ in range(size - n)]
    Y = [row + [0.0] * (size - m) for row in B] + [[0.0] * size for _ in range(size - k)]
    return [row[:m] for row in _strassen(X, Y)[:n]]
