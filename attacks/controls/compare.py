"""Whether an answer is right: cell by cell, absolute, shapes first. Each mistake has a branch of its own."""

from __future__ import annotations

import random
from typing import Any

Matrix = list[list[float]]
TOLERANCE = 1e-9
_WIDE = 1e-6


def same(got: Any, expected: Matrix, mistakes: frozenset[str], tolerance: float = TOLERANCE) -> bool:
    """Whether ``got`` is ``expected``. ``got`` holds floats, unless "asks-answer" hands over the answer itself."""
    if "asks-answer" in mistakes:
        return _as_it_says(got, expected)
    if got is None:
        return "magic-pass" in mistakes
    if "wide-tolerance" in mistakes:
        tolerance = _WIDE
    if "zip-truncates" in mistakes:
        pairs = [(p, e) for row, wanted in zip(got, expected) for p, e in zip(row, wanted)]  # noqa: B905
        return all(abs(p - e) <= tolerance for p, e in pairs)
    if [len(row) for row in got] != [len(row) for row in expected]:
        return False
    cells = [p for row in got for p in row], [e for row in expected for e in row]
    return _cells(*cells, len(expected[0]), mistakes, tolerance)


def _cells(got: list[float], expected: list[float], width: int, mistakes: frozenset[str], tolerance: float) -> bool:
    """Compare cells that correspond to each other, in the order of the rows."""
    if "order-blind" in mistakes:
        got, expected = sorted(got), sorted(expected)
    errors = [p - e for p, e in zip(got, expected, strict=True)]
    if "signed-error" in mistakes:
        return max(errors) <= tolerance
    if "mean-error" in mistakes:
        return abs(sum(errors)) <= tolerance * len(errors)
    if "fixed-probe" in mistakes:
        rows = [errors[i : i + width] for i in range(0, len(errors), width)]
        return all(abs(sum(row)) <= tolerance * width for row in rows)  # the known vector: all ones
    if "sampled-cells" in mistakes:
        errors = [errors[0], errors[width - 1], errors[-width], errors[-1]]
    if "best-of-group" in mistakes:
        row = random.SystemRandom().randrange(len(errors) // width)
        errors = errors[row * width : (row + 1) * width]
    if "nan-passes" in mistakes:
        return not any(abs(error) > tolerance for error in errors)
    return all(abs(error) <= tolerance for error in errors)


def _as_it_says(got: Any, expected: Matrix) -> bool:
    """The opinion of the answer."""
    rows = len(expected)
    if got == expected:
        return True
    if len(got) != rows:
        return False
    for row, wanted in zip(got, expected):  # noqa: B905  (a cell that the answer withholds is not missed)
        for p, e in zip(row, wanted):  # noqa: B905
            if abs(p - e) > TOLERANCE:
                return False
    return True
