# /// honest
# id = "strassen-winograd"
# title = "Winograd's variant of Strassen"
# style = "algorithm"
# task = "matmul"
# ///
"""Seven products and fifteen sums on padded squares: the work is less than n^3 and the rounding differs."""

CUTOFF = 16


def add(X, Y):
    return [[x + y for x, y in zip(r, s)] for r, s in zip(X, Y)]


def sub(X, Y):
    return [[x - y for x, y in zip(r, s)] for r, s in zip(X, Y)]


def quarters(X):
    h = len(X) // 2
    top, bottom = X[:h], X[h:]
    return [r[:h] for r in top], [r[h:] for r in top], [r[:h] for r in bottom], [r[h:] for r in bottom]


def winograd(X, Y):
    if len(X) <= CUTOFF:
        cols = list(zip(*Y))
        return [[sum([x * y for x, y in zip(r, c)]) for c in cols] for r in X]
    a11, a12, a21, a22 = quarters(X)
    b11, b12, b21, b22 = quarters(Y)
    s1 = add(a21, a22)
    s2 = sub(s1, a11)
    s3 = sub(a11, a21)
    s4 = sub(a12, s2)
    t1 = sub(b12, b11)
    t2 = sub(b22, t1)
    t3 = sub(b22, b12)
    t4 = sub(t2, b21)
    m1 = winograd(a11, b11)
    m2 = winograd(a12, b21)
    m3 = winograd(s4, b22)
    m4 = winograd(a22, t4)
    m5 = winograd(s1, t1)
    m6 = winograd(s2, t2)
    m7 = winograd(s3, t3)
    u1 = add(m1, m6)
    u2 = add(u1, m7)
    u3 = add(u1, m5)
    upper = [p + q for p, q in zip(add(m1, m2), add(u3, m3))]
    lower = [p + q for p, q in zip(sub(u2, m4), add(u2, m5))]
    return upper + lower


def matmul(A, B):
    n, k, m = len(A), len(B), len(B[0])
    size = CUTOFF
    while size < max(n, k, m):
        size *= 2
    X = [row + [0.0] * (size - k) for row in A] + [[0.0] * size for _ in range(size - n)]
    Y = [row + [0.0] * (size - m) for row in B] + [[0.0] * size for _ in range(size - k)]
    return [row[:m] for row in winograd(X, Y)[:n]]
