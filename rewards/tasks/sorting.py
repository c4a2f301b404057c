"""Task ``sorting``: put a list of floats into ascending order, in pure Python.

``sorted`` and ``list.sort`` are honest here and the fastest there is; the baseline is a textbook merge sort.

Tolerance. Sorting computes nothing, so it is exact: 0. The reference holds each value as often as the input does,
so that equality with it is the check of order and of the multiset at once. 0.0 and -0.0 are equal: their order
among each other is not asked for, and neither is which of the two is returned.

A shape is ``(n, kind)``; a candidate sees the length only. Timed lists are in random order: the baseline's time
then depends on the length alone.
"""

from __future__ import annotations

import math
import random

import numpy as np

from ...sandbox.buffers import Array
from ...sandbox.task import Shape, Task

PROMPT = (
    "Write a Python function sort(values) that takes a list of floats (negative ones, duplicates and zeros of either "
    "sign among them, no NaN) and returns a list of the same floats in ascending order. Make it as fast as you can "
    "in pure Python. Answer with one fenced code block."
)

BASELINE = """\
def sort(values):
    if len(values) < 2:
        return values
    middle = len(values) // 2
    left, right = sort(values[:middle]), sort(values[middle:])
    merged, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]
"""

NULL = """\
READY = {}


def sort(values):
    length = len(values)
    if length not in READY:
        READY[length] = [0.5] * length
    return READY[length]
"""

HONEST = """\
def sort(values):
    return sorted(values)
"""

WRONG = """\
def sort(values):
    # a quicksort that loses the duplicates of its pivots
    if not values:
        return []
    pivot = values[len(values) // 2]
    return sort([v for v in values if v < pivot]) + [pivot] + sort([v for v in values if v > pivot])
"""

RANDOM, ASCENDING, DESCENDING, FEW, EXTREME = range(5)


def inputs(rng: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    """Values (n,) of the shape's kind.

    In random order with an eighth of duplicates and zeros of both signs; already ascending or descending; of four
    different values; from the smallest subnormal number to nearly the largest, of both signs.
    """
    length, kind = shape
    values = rng.uniform(-1.0, 1.0, length)
    repeated = rng.choice(length, length // 8, replace=False)
    values[repeated] = rng.choice((*values[:4], 0.0, -0.0), repeated.size)
    if kind == FEW:
        values = rng.choice((-0.0, 0.0, *rng.uniform(-1.0, 1.0, 2)), length)
    elif kind == EXTREME:
        values = np.where(values < 0, -1.0, 1.0) * np.ldexp(1.0 - np.abs(values) / 2, rng.integers(-1073, 1024, length))
    elif kind != RANDOM:
        values = np.sort(values)[:: 1 if kind == ASCENDING else -1].copy()
    return (values,)


def reference(values: Array) -> Array:
    """The values in ascending order, shape (n,)."""
    return np.sort(values)


def truth_shapes(rng: random.Random) -> list[Shape]:
    """Seven: one value, two, ascending, descending, few different, extreme ones, and a long list in random order.

    The ordered ones stay short, so that a textbook quicksort with its n calls deep recursion is no crash.
    """

    def odd(low: int, high: int) -> int:
        return 2 * rng.randint(low, high) + 1

    shapes: list[Shape] = [(1, RANDOM), (2, DESCENDING), (odd(16, 120), ASCENDING), (odd(16, 120), DESCENDING)]
    shapes += [(odd(8, 40), FEW), (rng.randint(16, 128), EXTREME), (odd(250, 350), RANDOM)]
    rng.shuffle(shapes)
    return shapes


def timed_shape(rng: random.Random) -> Shape:
    """Lists of 3200 to 4200 values in random order: about 3 to 4 ms of the baseline."""
    return rng.randint(3200, 4200), RANDOM


SORTING = Task(
    name="sorting",
    entry="sort",
    prompt=PROMPT,
    baseline=BASELINE,
    null=NULL,
    honest=HONEST,
    wrong=WRONG,
    inputs=inputs,
    input_shapes=lambda shape: [(shape[0],)],
    output_shape=lambda shape: (shape[0],),
    reference=reference,
    tolerance=lambda values: 0.0,
    truth_shapes=truth_shapes,
    timed_shape=timed_shape,
    work=lambda shape: shape[0] * math.log2(shape[0] + 1),
    parameters=lambda shape: shape[:1],
)
