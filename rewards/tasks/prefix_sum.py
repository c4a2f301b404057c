"""Task ``prefix_sum``: the running totals of a list, in pure Python.

The baseline is the definition: it adds up every prefix from its start. The linear loop is not the baseline, because
it costs no more than to make the list it reads and to read the one it returns, and a ratio of two such times says
little; any linear kernel earns the largest speed term there is.

A number a thousand to a million times larger than the rest comes in and is taken back later: what is left of the
totals after that has to be right to the rounding of float64, which no narrower arithmetic gives.

Tolerance. The sum of the first i numbers, added in any order, is within ``i u`` times the sum of their
magnitudes of the exact value (u = 2^-53; Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
section 4.2). That covers running, pairwise, blocked, tree-shaped and compensated sums.
"""

from __future__ import annotations

import random

import numpy as np

from ...sandbox.buffers import Array
from ...sandbox.task import Shape, Task

PROMPT = (
    "Write a Python function prefix_sum(values) that takes a list of floats and returns the list of its inclusive "
    "prefix sums: element i is the sum of values[0] up to and including values[i]. Make it as fast as you can in "
    "pure Python. Answer with one fenced code block."
)

BASELINE = """\
def prefix_sum(values):
    result = []
    for i in range(len(values)):
        total = 0.0
        for value in values[: i + 1]:
            total += value
        result.append(total)
    return result
"""

NULL = """\
READY = {}


def prefix_sum(values):
    length = len(values)
    if length not in READY:
        READY[length] = [0.5] * length
    return READY[length]
"""

HONEST = """\
from itertools import accumulate


def prefix_sum(values):
    return list(accumulate(values))
"""

WRONG = """\
def prefix_sum(values):
    # exclusive: element i leaves values[i] out
    result, total = [], 0.0
    for value in values:
        result.append(total)
        total += value
    return result
"""

UNIT = 2.0**-53


def inputs(rng: np.random.Generator, shape: Shape) -> tuple[Array, ...]:
    """Values (n,), uniform in [-1, 1); one of 10^3 to 10^6 is added somewhere and taken away somewhere later."""
    values = rng.uniform(-1.0, 1.0, shape)
    if values.size > 1:
        first, last = np.sort(rng.choice(values.size, 2, replace=False))
        large = 10.0 ** rng.uniform(3, 6) * rng.choice((-1.0, 1.0))
        values[first] += large
        values[last] -= large
    return (values,)


def reference(values: Array) -> Array:
    """The prefix sums in float64, shape (n,)."""
    return np.cumsum(values)


def tolerance(values: Array) -> Array:
    """Largest absolute error of an honest float64 kernel, per cell; twice the bound, as the reference errs too."""
    return np.arange(1.0, values.size + 1) * (2 * UNIT) * np.cumsum(np.abs(values))


def truth_shapes(rng: random.Random) -> list[Shape]:
    """Six lengths from 1 to 800: a single value, two, few, an odd one, a power of two and a long one."""
    lengths = [1, 2, rng.randint(3, 9), 2 * rng.randint(8, 60) + 1, 2 ** rng.randint(4, 8), rng.randint(600, 800)]
    rng.shuffle(lengths)
    return [(length,) for length in lengths]


def timed_shape(rng: random.Random) -> Shape:
    """Lengths of 780 to 960: about 3 to 5 ms of the baseline."""
    return (rng.randint(780, 960),)


PREFIX_SUM = Task(
    name="prefix_sum",
    entry="prefix_sum",
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
    work=lambda shape: shape[0] * (shape[0] + 1) / 2,
)
