"""Task ``softmax``: exponentials of each row, divided by their sum, in pure Python.

Each trial holds rows near +1000 or -1000, where ``exp`` overflows or every term of the sum is zero: only a kernel
that shifts a row before it takes exponentials is right. Timed trials hold them too.

The baseline is the formula written out for every cell, over short rows. One sum a row costs little more than to make
the lists and to read them back, and a ratio of two such times says little.

Tolerance. Subtracting rounds by a relative u = 2^-53, which ``exp`` turns into ``u`` times the size of its argument;
the sum of n terms adds at most ``n u``. With the largest element subtracted the argument is at most the spread of
the row; with the logarithm of the sum subtracted instead of a division, or with ``e ** x`` and ``2 ** (x log2 e)``,
errors grow with ``|x|`` (Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions",
IMA J. Numer. Anal. 41, 2021, analyse these variants). We accept ``(n + 8 + 4 (spread + max|x|)) u`` of each cell,
and nothing below the smallest normal number.
"""

from __future__ import annotations

import random

import numpy as np

from ...sandbox.buffers import Array
from ...sandbox.task import Shape, Task

PROMPT = (
    "Write a Python function softmax(X) that takes a list of rows of floats and returns a list of rows of the same "
    "lengths: each value's exponential divided by the sum of the exponentials of its row. Values may be as large as "
    "1300 and as small as -1300. Make it as fast as you can in pure Python. Answer with one fenced code block."
)

BASELINE = """\
from math import exp


def softmax(X):
    result = []
    for row in X:
        largest = max(row)
        cells = []
        for x in row:
            total = 0.0
            for y in row:
                total += exp(y - largest)
            cells.append(exp(x - largest) / total)
        result.append(cells)
    return result
"""

NULL = """\
READY = {}


def softmax(X):
    shape = len(X), len(X[0])
    if shape not in READY:
        READY[shape] = [[0.5] * shape[1] for _ in range(shape[0])]
    return READY[shape]
"""

HONEST = """\
from math import exp


def softmax(X):
    result = []
    for row in X:
        largest = max(row)
        powers = [exp(x - largest) for x in row]
        total = sum(powers)
        result.append([p / total for p in powers])
    return result
"""

WRONG = """\
from math import exp


def softmax(X):
    # clamped where exp would overflow, instead of shifted: right for small values only
    result = []
    for row in X:
        powers = [exp(max(-700.0, min(700.0, x))) for x in row]
        total = sum(powers)
        result.append([p / total for p in powers])
    return result
"""

UNIT = 2.0**-53
_TINY = 2.0**-1022
_OFFSETS = (0.0, 0.0, 1000.0, -1000.0)
_SCALES = (1.0, 30.0, 300.0)


def inputs(rng: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    """X (rows, columns): each row has an offset and a scale of its own, and one of them an offset of 1000 or -1000."""
    rows, _ = shape
    offset, scale = rng.choice(_OFFSETS, (rows, 1)), rng.choice(_SCALES, (rows, 1))
    extreme = rng.integers(rows)
    offset[extreme], scale[extreme] = rng.choice((-1000.0, 1000.0)), 1.0
    return (offset + scale * rng.uniform(-1.0, 1.0, shape),)


def reference(x: Array) -> Array:
    """The softmax of each row in float64, shape (rows, columns)."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def tolerance(x: Array) -> Array:
    """Largest absolute error of an honest float64 kernel, per cell; twice the bound, as the reference errs too."""
    spread = np.ptp(x, axis=1, keepdims=True)
    relative = (x.shape[1] + 8 + 4 * (spread + np.abs(x).max(axis=1, keepdims=True))) * UNIT
    return 2 * (relative * reference(x) + _TINY)


def truth_shapes(rng: random.Random) -> list[Shape]:
    """Six shapes: a single cell, one row, one column, an odd non-square one, a long row and a tall one."""

    def small() -> int:
        return rng.randint(2, 9)

    shapes: list[Shape] = [(1, 1), (1, 10 + small()), (10 + small(), 1)]
    shapes += [(2 * small() + 1, 2 * small() + 19), (small(), rng.randint(200, 300)), (rng.randint(64, 96), small())]
    rng.shuffle(shapes)
    return shapes


def timed_shape(rng: random.Random) -> Shape:
    """From 380 to 480 rows of 14 to 18: about 3 to 6 ms of the baseline."""
    return rng.randint(380, 480), rng.randint(14, 18)


def work(shape: Shape) -> float:
    """Exponentials, and what a cell and a row cost beside them, in exponentials (fitted to CPython 3.11)."""
    rows, columns = shape
    return rows * (columns * (columns + 1.0) + 12)


SOFTMAX = Task(
    name="softmax",
    entry="softmax",
    prompt=PROMPT,
    baseline=BASELINE,
    null=NULL,
    honest=HONEST,
    wrong=WRONG,
    inputs=inputs,
    input_shapes=lambda shape: [shape],
    output_shape=lambda shape: shape,
    reference=reference,
    tolerance=tolerance,
    truth_shapes=truth_shapes,
    timed_shape=timed_shape,
    work=work,
)
