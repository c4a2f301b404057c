# /// honest
# id = "even-odd-sums"
# title = "Even and odd terms apart"
# style = "numerics"
# task = "matmul"
# ///
"""Two strided sums a cell, as vector units add; both halves may be of different length."""

def matmul(A, B):
    even = [col[0::2] for col in zip(*B)]
    odd = [col[1::2] for col in zip(*B)]
    C = []
    for row in A:
        left, right = row[::2], row[1::2]
        C.append([
            sum([x * y for x, y in zip(left, e)]) + sum([x * y for x, y in zip(right, o)])
            for e, o in zip(even, odd)
        ])
    return C
