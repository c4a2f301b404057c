"""Every task in every language: a kernel of one kind is judged the same in all three."""

import os
import random
import re
import shutil

import pytest

from assay.rewards import find_task
from assay.rewards.tasks import task_names
from assay.sandbox import Judge, Status

NAMES = ("conv2d", "matmul", "prefix_sum", "softmax", "sorting", "transpose_matmul")
SUFFIXES = {"python": "", "numpy": "-numpy", "c": "-c"}
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
BEYOND = {
    "python": "def {entry}(*inputs):\n    return inputs[0][1 << 20]\n",
    "numpy": "def {entry}(*inputs):\n    return inputs[0][1 << 20]\n",
    "c": "#include <stddef.h>\n{signature}\n{{\n    *(double *)1 = 0.0;\n}}\n",
}
QSORT = """\
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sort(size_t n, const double *values, double *sorted)
{
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
}
"""


def crashing(task):
    signature = re.search(r"^void .*\)$", task.null, re.MULTILINE)
    return BEYOND[task.language].format(entry=task.entry, signature=signature and signature[0])


def test_every_task_has_a_variant_in_every_language():
    assert {name + suffix for name in NAMES for suffix in SUFFIXES.values()} <= set(task_names())
    for name in NAMES:
        for language, suffix in SUFFIXES.items():
            task = find_task(name + suffix)
            assert (task.name, task.language, task.entry) == (name + suffix, language, find_task(name).entry)
            assert task.truth_shapes is find_task(name).truth_shapes
            assert task.tolerance is find_task(name).tolerance


PAIRS = [
    pytest.param(
        name,
        language,
        marks=[*([needs_gcc] if language == "c" else []), *([] if number % 3 == place else [pytest.mark.slow])],
    )
    for number, name in enumerate(NAMES)
    for place, language in enumerate(SUFFIXES)
]
"""Every task once and every language twice; .ci/run takes the others too."""


@pytest.mark.parametrize(("name", "language"), PAIRS)
def test_right_wrong_and_crashing_kernels_get_the_same_status_in_every_language(name, language):
    task = find_task(name + SUFFIXES[language])
    with Judge(task) as judge:
        codes = task.baseline, task.honest, task.wrong, task.null, crashing(task)
        found = [judge.judge(code, os.urandom(16), ()).status for code in codes]
    assert found == [Status.CORRECT, Status.CORRECT, Status.WRONG, Status.WRONG, Status.CRASH]


@needs_gcc
def test_the_sort_of_the_c_library_is_honest():
    task = find_task("sorting-c")
    with Judge(task) as judge:
        verdict = judge.judge(QSORT, os.urandom(16), (4,))
    assert verdict.status is Status.CORRECT, verdict.findings


def test_no_candidate_is_told_what_kind_of_data_it_will_sort():
    for suffix in SUFFIXES.values():
        task = find_task("sorting" + suffix)
        assert all(len(task.parameters(shape)) == 1 < len(shape) for shape in task.truth_shapes(random.Random(1)))
