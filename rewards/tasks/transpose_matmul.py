"""Task ``transpose_matmul``: the product of a transposed matrix with another, in pure Python.

The shapes checked for truth are those of ``matmul``, and so is the tolerance: transposing rounds nothing, so each
cell of A'B obeys the bounds given there with A' in the place of A.
"""

from __future__ import annotations

import random

import numpy as np

from ...sandbox.buffers import Array
from ...sandbox.task import Shape, Task
from . import matmul

PROMPT = (
    "Write a Python function transpose_matmul(A, B) that multiplies the transpose of A with B: A has k rows of m "
    "floats, B has k rows of n floats, both are lists of rows, and the result is a list of m rows of n floats, "
    "where cell (i, j) is the sum over t of A[t][i] * B[t][j]. Make it as fast as you can in pure Python. Answer "
    "with one fenced code block."
)

BASELINE = """\
def transpose_matmul(A, B):
    k, m, n = len(A), len(A[0]), len(B[0])
    C = [[0.0] * n for _ in range(m)]
    for i in range(m):
        for j in range(n):
            for t in range(k):
                C[i][j] += A[t][i] * B[t][j]
    return C
"""

NULL = """\
READY = {}


def transpose_matmul(A, B):
    shape = len(A[0]), len(B[0])
    if shape not in READY:
        READY[shape] = [[0.5] * shape[1] for _ in range(shape[0])]
    return READY[shape]
"""

HONEST = """\
from operator import mul


def transpose_matmul(A, B):
    columns = list(zip(*B))
    return [[sum(map(mul, row, column)) for column in columns] for row in zip(*A)]
"""

WRONG = """\
def transpose_matmul(A, B):
    # the transpose of the wrong factor: this is B'A
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*A)] for row in zip(*B)]
"""


def inputs(rng: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    """A (k, m) and B (k, n), uniform in [-1, 1)."""
    k, m, n = shape
    return rng.uniform(-1.0, 1.0, (k, m)), rng.uniform(-1.0, 1.0, (k, n))


def reference(a: Array, b: Array) -> Array:
    """The product in float64, shape (m, n)."""
    return a.T @ b


def tolerance(a: Array, b: Array) -> Array:
    """Largest absolute error of an honest float64 kernel, per cell: that of ``matmul``."""
    return matmul.tolerance(a.T, b)


def timed_shape(rng: random.Random) -> Shape:
    """Sides of 40 to 50, drawn apart: about 3 to 6 ms of the baseline."""
    return rng.randint(40, 50), rng.randint(40, 50), rng.randint(40, 50)


TRANSPOSE_MATMUL = Task(
    name="transpose_matmul",
    entry="transpose_matmul",
    prompt=PROMPT,
    baseline=BASELINE,
    null=NULL,
    honest=HONEST,
    wrong=WRONG,
    inputs=inputs,
    input_shapes=lambda shape: [(shape[0], shape[1]), (shape[0], shape[2])],
    output_shape=lambda shape: (shape[1], shape[2]),
    reference=reference,
    tolerance=tolerance,
    truth_shapes=matmul.truth_shapes,
    timed_shape=timed_shape,
    work=lambda shape: float(shape[0] * shape[1] * shape[2]),
)
