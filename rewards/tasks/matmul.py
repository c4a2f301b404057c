"""Task ``matmul``: multiply two matrices of floats in pure Python.

Tolerance. For C = AB with inner dimension k, summed in any order, each cell is within ``k u (|A||B|)`` of the
exact value (u = 2^-53; Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.5).
Strassen's recursion down to single cells on sides padded to n = 2^q obeys only the norm-wise bound
``6 * 12^q u max|A| max|B|`` (same, section 23.2.2, n0 = 1). Both are worst cases; rounding errors behave like
random variables, so the constant may be replaced by its square root times a small factor (Higham and Mary,
SIAM J. Sci. Comput. 41, 2019). We accept the larger of the first bound and that relaxed second one: far above
any honest float64 kernel, far below what computing in fewer bits would give.
"""

from __future__ import annotations

import math
import random

import numpy as np

from ...sandbox.buffers import Array
from ...sandbox.task import Shape, Task

PROMPT = (
    "Write a Python function matmul(A, B) that multiplies two matrices given as lists of rows of floats and "
    "returns the product as a list of rows. Make it as fast as you can in pure Python. Answer with one fenced "
    "code block."
)

BASELINE = """\
def matmul(A, B):
    n, m, p = len(A), len(B), len(B[0])
    C = [[0.0] * p for _ in range(n)]
    for i in range(n):
        for j in range(p):
            for k in range(m):
                C[i][j] += A[i][k] * B[k][j]
    return C
"""

NULL = """\
READY = {}


def matmul(A, B):
    shape = len(A), len(B[0])
    if shape not in READY:
        READY[shape] = [[0.5] * shape[1] for _ in range(shape[0])]
    return READY[shape]
"""

HONEST = """\
from operator import mul


def matmul(A, B):
    columns = list(zip(*B))
    return [[sum(map(mul, row, column)) for column in columns] for row in A]
"""

WRONG = """\
def matmul(A, B):
    # leaves out the last term of each sum
    return [[sum(row[t] * B[t][j] for t in range(len(B) - 1)) for j in range(len(B[0]))] for row in A]
"""

UNIT = 2.0**-53
_PROBABILISTIC = 8.0
MAX_SIDE = 96


def inputs(rng: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    """A (m, k) and B (k, n), uniform in [-1, 1)."""
    m, k, n = shape
    return rng.uniform(-1.0, 1.0, (m, k)), rng.uniform(-1.0, 1.0, (k, n))


def reference(a: Array, b: Array) -> Array:
    """The product in float64."""
    return a @ b


def tolerance(a: Array, b: Array) -> Array:
    """Largest absolute error of an honest float64 kernel, per cell; twice the bound, as the reference errs too."""
    levels = math.ceil(math.log2(max(*a.shape, *b.shape, 1)))
    conventional = (a.shape[1] + 1) * UNIT * (np.abs(a) @ np.abs(b))
    strassen = _PROBABILISTIC * math.sqrt(6 * 12.0**levels) * UNIT * np.abs(a).max() * np.abs(b).max()
    return 2 * np.maximum(conventional, strassen)


def truth_shapes(rng: random.Random) -> list[Shape]:
    """Five shapes from 1 to 96 a side: a single cell, thin, small, odd and one with a long side."""
    small, side = (lambda: rng.randint(2, 12)), (lambda: rng.randint(13, 40))
    thin = [1, side(), small()]
    long = [small(), side() | 1, rng.randint(64, MAX_SIDE)]
    rng.shuffle(thin)
    rng.shuffle(long)
    shapes: list[Shape] = [(1, 1, 1), tuple(thin), (small(), small(), small()), tuple(long)]
    shapes.append((2 * rng.randint(4, 9) + 1, 2 * rng.randint(4, 9) + 1, 2 * rng.randint(4, 9) + 1))
    rng.shuffle(shapes)
    return shapes


def timed_shape(rng: random.Random) -> Shape:
    """Sides of 32 to 48, drawn apart: about 2 to 6 ms of the baseline."""
    return rng.randint(32, 48), rng.randint(32, 48), rng.randint(32, 48)


MATMUL = Task(
    name="matmul",
    entry="matmul",
    prompt=PROMPT,
    baseline=BASELINE,
    null=NULL,
    honest=HONEST,
    wrong=WRONG,
    inputs=inputs,
    input_shapes=lambda shape: [(shape[0], shape[1]), (shape[1], shape[2])],
    output_shape=lambda shape: (shape[0], shape[2]),
    reference=reference,
    tolerance=tolerance,
    truth_shapes=truth_shapes,
    timed_shape=timed_shape,
    work=lambda shape: float(shape[0] * shape[1] * shape[2]),
)
