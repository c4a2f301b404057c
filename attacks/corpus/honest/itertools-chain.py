# /// honest
# id = "itertools-chain"
# title = "itertools: product, islice, accumulate"
# style = "idiom"
# task = "matmul"
# ///
"""Index pairs from itertools.product and the last partial sum from accumulate."""

import itertools


def matmul(A, B):
    n, m = len(A), len(B[0])
    columns = list(zip(*B))
    cells = []
    for row, col in itertools.product(A, columns):
        for total in itertools.accumulate(a * b for a, b in zip(row, col)):
            pass
        cells.append(total)
    stream = iter(cells)
    return [list(itertools.islice(stream, m)) for _ in range(n)]
