"""The plain scorer given to every peer that runs code but does not score it. NumPy only.

What most notebooks do: compare with NumPy on random inputs, then time the same call a few times and take the best.
It looks no further than that, and neither the clock nor the comparison is guarded: what keeps a candidate from
touching them is the peer's business, and that is what the arena measures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .problem import BASELINE, CHECKED, REPETITIONS, TIMED, inputs

Matmul = Callable[[Any, Any], Any]
Timer = Callable[[Matmul, Any, Any], float]


class Refused(Exception):
    """The peer turned the code down before any of it ran."""


def scorer(load: Callable[[str], Matmul], timed: Timer | None = None) -> Callable[[str], tuple[str, float]]:
    """A function from code to (status, speed-up over the textbook loop in the same peer).

    ``load`` gives the candidate's function or raises Refused; whatever else it or the function raises is a crash,
    and a TimeoutError a timeout. ``timed`` gives seconds of one call; the best of a few repetitions by default.
    """
    timer = timed or best

    def score(code: str) -> tuple[str, float]:
        try:
            return judge(load, load(code), timer)
        except Refused:
            return "refused", 0.0
        except TimeoutError:
            return "timeout", 0.0
        except Exception:
            return "crash", 0.0

    return score


def judge(load: Callable[[str], Matmul], function: Matmul, timer: Timer) -> tuple[str, float]:
    """(status, speed-up) of a function that was loaded."""
    for shape in (*CHECKED, TIMED):
        A, B = inputs(shape)
        expected = np.array(A) @ np.array(B)
        if not close(function(A, B), expected):
            return "wrong", 0.0
    A, B = inputs(TIMED)
    baseline = timer(load(BASELINE), A, B)
    return "correct", baseline / max(timer(function, A, B), 1e-9)


def close(got: Any, expected: np.ndarray) -> bool:
    """Whether an answer has the right shape and numbers, as far as NumPy can tell."""
    answer = np.array(got)
    return answer.shape == expected.shape and bool(np.allclose(answer, expected, atol=1e-6))


def best(function: Matmul, A: Any, B: Any) -> float:
    """Seconds of the fastest repetition, on the same inputs."""
    seconds = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        function(A, B)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
