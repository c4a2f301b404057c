"""What a candidate computes where there is nothing to steal or to forge: no expectation, no clock, no reward.

Not a peer: the arena's own question whether a candidate is a correct kernel at all. Each call has new inputs, what is
expected is worked out afterwards, and an answer counts only if it is made of lists (or a NumPy array) of numbers.
"""

from __future__ import annotations

import math

from arena_inside.problem import CHECKED, TIMED, inputs, product  # pyright: ignore[reportMissingImports]


def plain_numbers(got):
    """Rows of exact floats, or None for anything else."""
    if type(got).__module__ == "numpy" and type(got).__name__ == "ndarray":
        got = got.tolist()
    if type(got) not in (list, tuple) or not all(type(row) in (list, tuple) for row in got):
        return None
    if not all(type(value) in (float, int) for row in got for value in row):
        return None
    return [[float(value) for value in row] for row in got]


def score(code):
    namespace = {}
    right = True
    try:
        exec(code, namespace)
        for shape in (*CHECKED, TIMED, CHECKED[0], CHECKED[0]):
            A, B = inputs(shape)
            kept_A, kept_B = [row[:] for row in A], [row[:] for row in B]
            got = plain_numbers(namespace["matmul"](A, B))
            right = right and got is not None and same(got, product(kept_A, kept_B))
    except Exception:
        return "crash", 0.0
    return ("correct" if right else "wrong"), 0.0


def same(got, expected):
    """Whether shape and numbers agree; NaN agrees with nothing."""
    if [len(row) for row in got] != [len(row) for row in expected]:
        return False
    pairs = (pair for row, wanted in zip(got, expected, strict=True) for pair in zip(row, wanted, strict=True))
    return all(math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9) for value, wanted in pairs)


def make(control):
    return score
