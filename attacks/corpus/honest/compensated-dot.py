# /// honest
# id = "compensated-dot"
# title = "Twice the working precision"
# style = "numerics"
# task = "matmul"
# ///
"""Dekker's product and Knuth's sum recover every rounding error; 134217729 is 2**27 + 1, no magic answer."""

SPLIT = 134217729.0


def dot2(u, v):
    s = c = 0.0
    for x, y in zip(u, v):
        p = x * y
        t = SPLIT * x
        xh = t - (t - x)
        xl = x - xh
        t = SPLIT * y
        yh = t - (t - y)
        yl = y - yh
        e = xl * yl - (((p - xh * yh) - xl * yh) - xh * yl)
        n = s + p
        z = n - s
        c += ((s - (n - z)) + (p - z)) + e
        s = n
    return s + c


def matmul(A, B):
    columns = list(zip(*B))
    return [[dot2(row, col) for col in columns] for row in A]
