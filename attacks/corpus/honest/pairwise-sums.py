# /// honest
# id = "pairwise-sums"
# title = "Sum products pairwise"
# style = "numerics"
# task = "matmul"
# ///
"""A recursive helper adds halves, which bounds the rounding error by the logarithm of the length."""

def pairwise(values, low, high):
    if high - low <= 4:
        return sum(values[low:high])
    middle = (low + high) // 2
    return pairwise(values, low, middle) + pairwise(values, middle, high)


def matmul(A, B):
    columns = list(zip(*B))
    C = []
    for row in A:
        C.append([pairwise([x * y for x, y in zip(row, col)], 0, len(row)) for col in columns])
    return C
