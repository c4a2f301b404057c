# /// honest
# id = "context-manager-function"
# title = "A context manager of its own"
# style = "structure"
# task = "matmul"
# ///
"""with and yield around the work, as timers and patches are written; here it only hands out a buffer."""

from contextlib import contextmanager


@contextmanager
def buffer(size):
    storage = [0.0] * size
    try:
        yield storage
    finally:
        storage.clear()


def matmul(A, B):
    m = len(B[0])
    C = []
    for row in A:
        with buffer(m) as acc:
            for a, b_row in zip(row, B):
                for j in range(m):
                    acc[j] += a * b_row[j]
            C.append(acc[:])
    return C
