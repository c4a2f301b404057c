"""Task ``conv2d``: the valid cross-correlation of an image with a kernel, in pure Python.

Tolerance. Each cell is an inner product of n = kh * kw terms, so in any order of summing it is within
``n u (|image| * |kernel|)`` of the exact value (u = 2^-53; Higham, *Accuracy and Stability of Numerical
Algorithms*, 2nd ed., sections 3.1 and 3.5). A kernel that goes through the Fourier transform obeys only a
norm-wise bound: a transform of P points has a relative error of order ``u log2 P`` in the 2-norm (same, chapter 24),
so a cell may be off by a small multiple of ``u log2(P) max|image| ||kernel||_2`` however small it is. We
accept the larger of both.
"""

from __future__ import annotations

import math
import random

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...sandbox.buffers import Array
from ...sandbox.task import Shape, Task

PROMPT = (
    "Write a Python function conv2d(image, kernel) that returns the 'valid' cross-correlation of two lists of rows "
    "of floats: the kernel is not flipped and never leaves the image. For an image of h rows of w floats and a "
    "kernel of r rows of s floats (r <= h, s <= w, not always square) return a list of h - r + 1 rows of w - s + 1 "
    "floats, where cell (i, j) is the sum over u and v of image[i + u][j + v] * kernel[u][v]. Make it as fast as "
    "you can in pure Python. Answer with one fenced code block."
)

BASELINE = """\
def conv2d(image, kernel):
    r, s = len(kernel), len(kernel[0])
    rows, columns = len(image) - r + 1, len(image[0]) - s + 1
    result = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            for u in range(r):
                for v in range(s):
                    result[i][j] += image[i + u][j + v] * kernel[u][v]
    return result
"""

NULL = """\
READY = {}


def conv2d(image, kernel):
    shape = len(image) - len(kernel) + 1, len(image[0]) - len(kernel[0]) + 1
    if shape not in READY:
        READY[shape] = [[0.5] * shape[1] for _ in range(shape[0])]
    return READY[shape]
"""

HONEST = """\
def conv2d(image, kernel):
    r, s = len(kernel), len(kernel[0])
    rows, columns = len(image) - r + 1, len(image[0]) - s + 1
    result = []
    for i in range(rows):
        total = [0.0] * columns
        for u in range(r):
            line = image[i + u]
            for v in range(s):
                weight = kernel[u][v]
                total = [t + weight * x for t, x in zip(total, line[v : v + columns])]
        result.append(total)
    return result
"""

WRONG = """\
def conv2d(image, kernel):
    # convolution in the sense of signal processing: the kernel is flipped
    flipped = [row[::-1] for row in kernel[::-1]]
    r, s = len(kernel), len(kernel[0])
    return [
        [
            sum(image[i + u][j + v] * flipped[u][v] for u in range(r) for v in range(s))
            for j in range(len(image[0]) - s + 1)
        ]
        for i in range(len(image) - r + 1)
    ]
"""

UNIT = 2.0**-53
_FOURIER = 8.0
MAX_SIDE = 96


def inputs(rng: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    """An image (h, w) and a kernel (r, s), uniform in [-1, 1)."""
    h, w, r, s = shape
    return rng.uniform(-1.0, 1.0, (h, w)), rng.uniform(-1.0, 1.0, (r, s))


def reference(image: Array, kernel: Array) -> Array:
    """The cross-correlation in float64, shape (h - r + 1, w - s + 1)."""
    return np.einsum("ijuv,uv->ij", sliding_window_view(image, kernel.shape), kernel)


def tolerance(image: Array, kernel: Array) -> Array:
    """Largest absolute error of an honest float64 kernel, per cell; twice the bound, as the reference errs too."""
    direct = (kernel.size + 1) * UNIT * reference(np.abs(image), np.abs(kernel))
    fourier = _FOURIER * math.log2(2 * image.size) * UNIT * np.abs(image).max() * float(np.linalg.norm(kernel))
    return 2 * np.maximum(direct, fourier)


def truth_shapes(rng: random.Random) -> list[Shape]:
    """Six shapes ``(h, w, r, s)``: a single cell, a kernel of one cell, one as large as the image, one row, an odd
    non-square one and one with a long side."""

    def small() -> int:
        return rng.randint(2, 7)

    h, w = small(), 8 + small()
    shapes: list[Shape] = [(1, 1, 1, 1), (small(), small(), 1, 1), (h, w, h, w), (1, 8 + small(), 1, small())]
    shapes.append((2 * rng.randint(4, 8) + 1, 2 * rng.randint(9, 12) + 1, 2 * rng.randint(1, 2) + 1, 7))
    shapes.append((rng.randint(64, MAX_SIDE), 6 + small(), small(), small()))
    rng.shuffle(shapes)
    return shapes


def timed_shape(rng: random.Random) -> Shape:
    """Images of 48 to 56 a side, kernels of 4 to 6: about 2 to 6 ms of the baseline."""
    return rng.randint(48, 56), rng.randint(48, 56), rng.randint(4, 6), rng.randint(4, 6)


def work(shape: Shape) -> float:
    """Multiplications, and what entering the inner loops costs, in multiplications (fitted to CPython 3.11)."""
    h, w, r, s = shape
    return (h - r + 1) * (w - s + 1) * (r * (s + 1.7) + 1.4)


CONV2D = Task(
    name="conv2d",
    entry="conv2d",
    prompt=PROMPT,
    baseline=BASELINE,
    null=NULL,
    honest=HONEST,
    wrong=WRONG,
    inputs=inputs,
    input_shapes=lambda shape: [(shape[0], shape[1]), (shape[2], shape[3])],
    output_shape=lambda shape: (shape[0] - shape[2] + 1, shape[1] - shape[3] + 1),
    reference=reference,
    tolerance=tolerance,
    truth_shapes=truth_shapes,
    timed_shape=timed_shape,
    work=work,
)
