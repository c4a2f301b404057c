"""``Task.validate()``: what a task must show before its verdicts mean anything, and what refuses it."""

import math
import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assay.rewards import find_task
from assay.sandbox import TaskError

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
NAMES = ("conv2d", "matmul", "prefix_sum", "softmax", "sorting", "transpose_matmul")
QUICK = ("matmul", "conv2d-numpy", "sorting-c")
"""One in every language; .ci/run proves the others too."""
VARIANTS = [
    pytest.param(
        name + suffix,
        marks=[*([needs_gcc] if suffix == "-c" else []), *([] if name + suffix in QUICK else [pytest.mark.slow])],
    )
    for suffix in ("", "-numpy", "-c")
    for name in NAMES
]
MATMUL = find_task("matmul")


@pytest.mark.timed
@pytest.mark.parametrize("name", VARIANTS)
def test_a_built_in_task_proves_itself(name):
    proof = find_task(name).validate()
    assert proof.task == name
    assert len(proof.proven) == len(set(proof.proven)) == 9
    assert proof.speedup > 1
    assert proof.overhead_ns < proof.baseline_ns


@pytest.mark.timed
def test_the_task_of_the_manual_has_twenty_lines_and_proves_itself():
    manual = (Path(__file__).parents[2] / "docs" / "tasks.md").read_text()
    source = re.search(r"```python\n(.*?)```", manual, re.DOTALL)[1]
    assert len([line for line in source.splitlines() if line]) <= 20
    names = {}
    exec(source, names)
    assert names["DISTANCES"].validate().speedup > 1


LOOP = "def matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]\n"
AROUND = "real = matmul\ndef matmul(A, B):\n"
BROKEN = {
    "wrong baseline": ({"baseline": MATMUL.wrong}, "the baseline of task mine is wrong"),
    "baseline that is wrong on one row": (
        {"baseline": LOOP + AROUND + "    return real(A, B) if len(A) > 1 else B\n"},
        "the baseline is judged wrong",
    ),
    "swapped input shapes": ({"input_shapes": lambda s: [(s[1], s[2]), (s[0], s[1])]}, "input_shapes says"),
    "swapped output shape": ({"output_shape": lambda s: (s[2], s[0])}, "output_shape says"),
    "wrong kernel that is right": ({"wrong": LOOP}, "the wrong kernel is judged correct"),
    "wrong kernel that crashes": (
        {"wrong": "def matmul(A, B):\n    return A @ B\n"},
        "the wrong kernel is judged crash",
    ),
    "no wrong kernel": ({"wrong": ""}, "give wrong="),
    "honest kernel that is wrong": ({"honest": MATMUL.wrong}, "the honest kernel is judged wrong"),
    "honest kernel that policy refuses": ({"honest": "import os\n" + LOOP}, "the honest kernel is judged cheat"),
    "honest kernel that is slow": (
        {"honest": LOOP + AROUND + "    return [real(A, B) for _ in range(4)][0]\n"},
        "slower than the baseline",
    ),
    "null kernel that is right": ({"null": LOOP}, "the null kernel is judged correct"),
    "tolerance that accepts float32": ({"tolerance": lambda a, b: 1e-5}, "rounded to float32"),
    "tolerance that is not a number": ({"tolerance": lambda a, b: math.nan}, "tolerance on shape"),
    "tolerance of another shape": ({"tolerance": lambda a, b: np.ones(3)}, "tolerance on shape"),
    "the same inputs in every trial": (
        {"inputs": lambda rng, s: MATMUL.inputs(np.random.default_rng(0), s)},
        "the same in two trials",
    ),
    "inputs that cannot be replayed": (
        {"inputs": lambda rng, s: MATMUL.inputs(np.random.default_rng(), s)},
        "more than their rng",
    ),
    "shapes that cannot be replayed": (
        {"truth_shapes": lambda rng: [(1, 1, random.SystemRandom().randint(1, 10**5))]},
        "more than their rng",
    ),
    "inputs in float32": (
        {"inputs": lambda rng, s: tuple(x.astype(np.float32) for x in MATMUL.inputs(rng, s))},
        "not a tuple of float64",
    ),
    "a shape without cells": ({"truth_shapes": lambda rng: [(1, 0, 1)]}, "1 or more"),
    "reference that is not finite": ({"reference": lambda a, b: a @ b * math.inf}, "not finite"),
    "reference of lists": ({"reference": lambda a, b: (a @ b).tolist()}, "gives list"),
    "reference that writes": ({"reference": lambda a, b: np.negative(a, out=a) @ b}, "changes its inputs"),
    "reference that raises": ({"reference": lambda a, b: a @ a @ a @ b @ a @ b}, "raised ValueError"),
    "no timed shape": ({"timed_shape": lambda rng: None}, "raised TypeError"),
    "timed shapes that are too small": ({"timed_shape": lambda rng: (12, 12, 12)}, "make them 2 ms or more"),
    "work that shrinks": ({"work": lambda s: 1e9 / (s[0] * s[1] * s[2])}, "work is not proportional"),
    "work of nothing": ({"work": lambda s: 0.0}, "make it a positive number"),
}


MEASURED = ("honest kernel that is slow", "timed shapes that are too small", "work that shrinks")


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=pytest.mark.timed if fault in MEASURED else ()) for fault in BROKEN]
)
def test_a_task_with_a_fault_is_refused_in_one_sentence_that_names_both(fault):
    changes, sentence = BROKEN[fault]
    with pytest.raises(TaskError, match="task mine") as caught:
        replace(MATMUL, name="mine", **changes).validate()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
