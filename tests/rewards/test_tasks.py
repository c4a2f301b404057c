"""The built-in tasks: tolerances, data, what they catch and accept; how tasks of other packages are found."""

import heapq
import json
import math
import os
import random
from itertools import accumulate, pairwise

import numpy as np
import pytest

from assay.rewards import UnknownTaskError, find_task
from assay.rewards.tasks.sorting import EXTREME, FEW, RANDOM
from assay.sandbox import Judge, Schedule, Status, Task
from assay.sandbox.examine import mismatch

NAMES = ("conv2d", "matmul", "prefix_sum", "softmax", "sorting", "transpose_matmul")


def trials(task, seeds=5):
    """Every truth shape and a timed one, of a few secrets."""
    for seed in range(seeds):
        schedule = Schedule(task, bytes([seed]) * 16, "tests")
        yield from (schedule.trial(shape) for shape in [*schedule.truth, schedule.timed_shape(0)])


@pytest.fixture(scope="module")
def judged():
    """``judged(name, code)``: the verdict on truth alone; one judge a task."""
    judges = {}

    def run(name, code):
        if name not in judges:
            judges[name] = Judge(find_task(name))
        return judges[name].judge(code, os.urandom(16), ())

    yield run
    for judge in judges.values():
        judge.close()


# --- tolerances ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_what_float32_computes_is_refused_wherever_it_differs(name):
    task, differ = find_task(name), 0
    for trial in trials(task):
        with np.errstate(over="ignore"):
            single = task.reference(*(x.astype(np.float32) for x in trial.inputs)).astype(float)
        if not np.array_equal(single, task.reference(*trial.inputs)):
            differ += 1
            assert mismatch(task, trial, single)
    assert differ > 20


def cells(function, *shape):
    return np.array([function(*index) for index in np.ndindex(*shape)]).reshape(shape)


def pairwise_sum(values):
    values = list(values)
    half = len(values) // 2
    return values[0] if len(values) == 1 else pairwise_sum(values[:half]) + pairwise_sum(values[half:])


def kahan(values):
    total = rest = 0.0
    for value in values:
        term = value - rest
        after = total + term
        rest, total = (after - total) - term, after
    return total


SUMS = (math.fsum, pairwise_sum, kahan, lambda values: sum(reversed(list(values))))


def products(add):
    return lambda a, b: cells(lambda i, j: add(a[:, i] * b[:, j]), a.shape[1], b.shape[1])


def correlations(add):
    def conv(x, k):
        (r, s), shape = k.shape, (x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1)
        return cells(lambda i, j: add((x[i : i + r, j : j + s] * k).ravel()), *shape)

    return conv


def fourier(x, k):
    product = np.fft.rfft2(x) * np.conj(np.fft.rfft2(k, x.shape))
    return np.fft.irfft2(product, x.shape)[: x.shape[0] - k.shape[0] + 1, : x.shape[1] - k.shape[1] + 1]


def each_row(function):
    return lambda x: np.array([function(row.tolist()) for row in x])


def normalised(add, shift=max, power=math.exp):
    def row_softmax(row):
        powers = [power(v - shift(row)) for v in row]
        return [p / add(powers) for p in powers]

    return each_row(row_softmax)


def log_sum(row):
    largest = max(row)
    total = largest + math.log(sum(math.exp(v - largest) for v in row))
    return [math.exp(v - total) for v in row]


def online(row):
    largest, total = row[0], 0.0
    for value in row:
        new = max(largest, value)
        total, largest = total * math.exp(largest - new) + math.exp(value - new), new
    return [math.exp(v - largest) * (1 / total) for v in row]


def doubling(values):
    """Hillis and Steele's scan: log n rounds, in each of which every element adds the one 2^round before it."""
    step = 1
    while step < values.size:
        values = np.concatenate([values[:step], values[step:] + values[:-step]])
        step *= 2
    return values


def bucketed(values):
    """Distribution into buckets, each sorted by itself; zeros lose their signs."""
    buckets = {}
    for value in values.tolist():
        buckets.setdefault(math.floor(math.atan(value) * 8), []).append(value + 0.0)
    return np.array([value for key in sorted(buckets) for value in sorted(buckets[key], reverse=True)[::-1]])


OTHER_WAYS = {
    "transpose_matmul": [products(add) for add in SUMS],
    "conv2d": [*(correlations(add) for add in SUMS), fourier],
    "softmax": [
        *(normalised(add) for add in SUMS),
        normalised(sum, power=lambda v: math.e**v),
        normalised(sum, power=lambda v: 2 ** (v * math.log2(math.e))),
        normalised(sum, shift=lambda row: (max(row) + min(row)) / 2),
        each_row(log_sum),
        each_row(online),
    ],
    "prefix_sum": [
        lambda x: np.array([math.fsum(x[: i + 1]) for i in range(x.size)]),
        lambda x: np.array([pairwise_sum(x[: i + 1]) for i in range(x.size)]),
        lambda x: np.array([sum(x[i::-1]) for i in range(x.size)]),
        lambda x: np.array(list(accumulate(x.tolist()))),
        lambda x: np.array([kahan(x[: i + 1].tolist()) for i in range(x.size)]),
        doubling,
    ],
    "sorting": [
        lambda x: np.array(sorted(x.tolist())),
        lambda x: np.array(list(heapq.merge(sorted(x[::2].tolist()), sorted(x[1::2].tolist())))),
        lambda x: -np.sort(-x)[::-1],
        bucketed,
    ],
}


@pytest.mark.parametrize(("name", "way"), [(name, way) for name in OTHER_WAYS for way in OTHER_WAYS[name]])
def test_another_order_of_summing_is_right(name, way):
    task = find_task(name)
    for trial in trials(task, seeds=2):
        assert mismatch(task, trial, way(*trial.inputs)) is None, trial.shape


def test_fourier_transforms_keep_a_margin_to_the_tolerance():
    task = find_task("conv2d")
    for trial in trials(task, seeds=40):
        error = np.abs(fourier(*trial.inputs) - task.reference(*trial.inputs))
        assert (error <= task.tolerance(*trial.inputs) / 2).all(), trial.shape


# --- what each task must catch and must accept --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("softmax", "from math import exp\ndef softmax(X):\n    return [[exp(v) / sum(map(exp, r)) for v in r] for r in X]"),
        ("softmax", "from math import exp\ndef softmax(X):\n    m = max(map(max, X))\n    E = [[exp(v - m) for v in r] for r in X]\n    return [[e / sum(r) for e in r] for r in E]"),
        ("softmax", "from math import exp\ndef softmax(X):\n    E = [[exp(v - max(r)) for v in r] for r in X]\n    t = sum(map(sum, E))\n    return [[e / t for e in r] for r in E]"),
        ("softmax", "from math import exp\nfrom array import array\ndef softmax(X):\n    E = [array('f', [exp(v - max(r)) for v in r]) for r in X]\n    return [[e / sum(r) for e in r] for r in E]"),
        ("conv2d", "def conv2d(x, k):\n    n = len(k)\n    return [[sum(x[i + u][j + v] * k[u][v] for u in range(n) for v in range(n)) for j in range(len(x[0]) - n + 1)] for i in range(len(x) - n + 1)]"),
        ("prefix_sum", "from array import array\nfrom itertools import accumulate\ndef prefix_sum(x):\n    return list(accumulate(array('f', x)))"),
        ("prefix_sum", "def prefix_sum(x):\n    return x"),
        ("sorting", "def sort(x):\n    return sorted(x, key=abs)"),
        ("sorting", "def sort(x):\n    return sorted(x, reverse=True)"),
        ("sorting", "def sort(x):\n    return sorted(set(x))"),
        ("sorting", "def sort(x):\n    return [sorted(x)[0]] * len(x)"),
        ("sorting", "def sort(x):\n    return sorted(round(v, 12) for v in x)"),
        ("sorting", "def sort(x):\n    for i in range(len(x) - 1):\n        if x[i] > x[i + 1]:\n            x[i], x[i + 1] = x[i + 1], x[i]\n    return x"),
        ("transpose_matmul", "def transpose_matmul(A, B):\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]"),
    ],
)  # fmt: skip
def test_a_sloppy_kernel_is_not_correct(judged, name, code):
    assert judged(name, code).status in (Status.WRONG, Status.CRASH)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sorting", "def sort(x):\n    x.sort()\n    return x"),
        ("sorting", "def sort(x):\n    if not x:\n        return []\n    p, *r = x\n    return sort([v for v in r if v < p]) + [p] + sort([v for v in r if v >= p])"),
        ("sorting", "from heapq import heapify, heappop\ndef sort(x):\n    heapify(x)\n    return [heappop(x) for _ in range(len(x))]"),
        ("sorting", "from bisect import insort\ndef sort(x):\n    y = []\n    for v in x:\n        insort(y, v)\n    return y"),
        ("sorting", "import struct\ndef key(v):\n    n = struct.unpack('>q', struct.pack('>d', v))[0]\n    return n if n >= 0 else -(n & 0x7FFFFFFFFFFFFFFF)\ndef sort(x):\n    return sorted(x, key=key)"),
        ("prefix_sum", "def prefix_sum(x):\n    for i in range(1, len(x)):\n        x[i] += x[i - 1]\n    return x"),
        ("prefix_sum", "def prefix_sum(x):\n    return [sum(x[: i + 1]) for i in range(len(x))]"),
        ("conv2d", "from operator import mul\ndef conv2d(x, k):\n    s = len(k[0])\n    flat = [v for r in k for v in r]\n    return [[sum(map(mul, flat, [v for r in x[i : i + len(k)] for v in r[j : j + s]])) for j in range(len(x[0]) - s + 1)] for i in range(len(x) - len(k) + 1)]"),
        ("transpose_matmul", "def transpose_matmul(A, B):\n    C = [[0.0] * len(B[0]) for _ in A[0]]\n    for a, b in zip(A, B):\n        for i, x in enumerate(a):\n            C[i] = [c + x * y for c, y in zip(C[i], b)]\n    return C"),
    ],
)  # fmt: skip
def test_another_honest_kernel_is_correct(judged, name, code):
    verdict = judged(name, code)
    assert verdict.status is Status.CORRECT, verdict.findings


def test_data_for_sorting_hold_duplicates_negatives_zeros_of_both_signs_and_extremes():
    task, rng = find_task("sorting"), np.random.default_rng(3)
    shapes = (2000, RANDOM), (41, FEW), (128, EXTREME)
    (values,), (few,), (extreme,) = (task.inputs(rng, shape) for shape in shapes)
    assert len(set(values)) < len(values)
    assert values.min() < 0 < values.max()
    assert {math.copysign(1, v) for v in values if v == 0} == {-1.0, 1.0}
    assert len(set(few)) <= 3
    assert np.isfinite(extreme).all()
    assert np.abs(extreme).max() > 1e250
    assert np.abs(extreme[extreme != 0]).min() < 1e-250


def test_the_order_of_a_sorted_list_is_not_checked_between_zeros_but_one_bit_of_a_value_is():
    task = find_task("sorting")
    for trial in trials(task):
        expected = task.reference(*trial.inputs)
        assert mismatch(task, trial, np.where(expected == 0, -expected, expected)) is None
        assert mismatch(task, trial, np.nextafter(expected, np.inf))


@pytest.mark.parametrize("name", NAMES)
def test_truth_holds_a_single_value_and_an_odd_and_an_uneven_shape(name):
    task = find_task(name)
    for seed in range(30):
        shapes = [task.input_shapes(shape) for shape in task.truth_shapes(random.Random(seed))]
        sides = [[side for array in arrays for side in array] for arrays in shapes]
        assert any(set(trial) == {1} for trial in sides)
        assert any(all(side % 2 for side in trial) and max(trial) > 1 for trial in sides)
        assert any(len(set(trial)) > 1 or len(trial) == 1 for trial in sides)


def test_the_prefixes_cancel_by_a_factor_of_a_thousand():
    (values,) = find_task("prefix_sum").inputs(np.random.default_rng(1), (400,))
    sums = np.abs(np.cumsum(values))
    assert sums.max() > 500 * sums[-1]
    assert any(abs(later) * 500 < abs(sooner) for sooner, later in pairwise(sums))


# --- from the command line and from other packages ----------------------------------------------------------


@pytest.mark.parametrize("name", ["conv2d", "sorting"])  # of two inputs and of one; each is judged in all languages
def test_a_task_is_scored_from_the_command_line(name, tmp_path, command):
    (tmp_path / "kernel.py").write_text(find_task(name).honest)
    done = command("score", "kernel.py", "--task", name, "--pairs", "6", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["status"], record["task"]) == ("correct", name)
    assert record["reward"] > 1.25


def test_an_unknown_task_is_told_all_the_known_ones():
    with pytest.raises(UnknownTaskError) as caught:
        find_task("matmull")
    assert all(name in str(caught.value) for name in NAMES)


def test_a_task_of_an_installed_package_is_found_by_name_and_by_path(tmp_path, monkeypatch):
    (tmp_path / "their_tasks.py").write_text("from assay import find_task\nTHEIRS = find_task('matmul')\n")
    (tmp_path / "theirs-1.dist-info").mkdir()
    (tmp_path / "theirs-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    lines = "[assay.tasks]\ntheirs = their_tasks:THEIRS\nbroken = no_such_module:TASK\n"
    (tmp_path / "theirs-1.dist-info" / "entry_points.txt").write_text(lines)
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(find_task("theirs"), Task)
    assert find_task("theirs") is find_task("their_tasks:THEIRS")
    with pytest.raises(UnknownTaskError, match="no_such_module"):
        find_task("broken")
    with pytest.raises(UnknownTaskError, match="theirs"):
        find_task("nothing")
