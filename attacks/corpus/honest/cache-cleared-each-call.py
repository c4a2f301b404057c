# /// honest
# id = "cache-cleared-each-call"
# title = "lru_cache on dot products, cleared each call"
# style = "structure"
# task = "matmul"
# ///
"""Results are cached by index within one call; cache_clear at its start forgets those of the call before."""

from functools import lru_cache

_operands = [None, None]


@lru_cache(maxsize=4096)
def cell(i, j):
    A, columns = _operands
    return sum(a * b for a, b in zip(A[i], columns[j]))


def matmul(A, B):
    cell.cache_clear()
    _operands[:] = A, list(zip(*B))
    return [[cell(i, j) for j in range(len(B[0]))] for i in range(len(A))]
