"""evalplus' ``untrusted_check`` with its own comparison, as its evaluation calls it.

As control, its ``reliability_guard`` is taken out.
"""

from __future__ import annotations

import contextlib
import os

os.environ["EVALPLUS_MAX_MEMORY_BYTES"] = str(1 << 30)  # its own setting; its default is more than the fence gives
with contextlib.suppress(OSError):
    os.mkdir("/dev/shm")  # the fence's /dev is bare, and the locks of multiprocessing live here

import evalplus.eval as evalplus  # pyright: ignore[reportMissingImports]
from arena_inside.problem import (  # pyright: ignore[reportMissingImports]
    CHECKED,
    TIME_LIMIT,
    TIMED,
    inputs,
    product,
)


def score(code):
    pairs = [inputs(shape) for shape in (*CHECKED, TIMED)]
    status, _ = evalplus.untrusted_check(
        "humaneval",
        code,
        [list(pair) for pair in pairs],
        "matmul",
        expected=[product(A, B) for A, B in pairs],
        atol=1e-6,
        ref_time=[0.001] * len(pairs),
        fast_check=True,
        min_time_limit=TIME_LIMIT / len(pairs),
    )
    if status == evalplus.PASS:
        return "correct", 1.0
    return ("timeout" if status == evalplus.TIMEOUT else "wrong"), 0.0


def make(control):
    if control:
        evalplus.reliability_guard = lambda *_args, **_options: None
    return score
