"""The task matmul: tolerance, shapes, baseline."""

import math
import random

import numpy as np
import pytest

from assay.rewards.tasks.matmul import MATMUL, inputs, reference, timed_shape, tolerance, truth_shapes

RNG = np.random.default_rng(7)


def strassen(a, b):
    """Strassen down to single cells, on sides padded to a power of two."""
    n = len(a)
    if n == 1:
        return a * b
    h = n // 2
    (p, q), (r, s) = ((a[:h, :h], a[:h, h:]), (a[h:, :h], a[h:, h:]))
    (t, u), (v, w) = ((b[:h, :h], b[:h, h:]), (b[h:, :h], b[h:, h:]))
    m1, m2, m3 = strassen(p + s, t + w), strassen(r + s, t), strassen(p, u - w)
    m4, m5, m6, m7 = strassen(s, v - t), strassen(p + q, w), strassen(r - p, t + u), strassen(q - s, v + w)
    return np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])


def padded_strassen(a, b):
    side = 1 << math.ceil(math.log2(max(*a.shape, *b.shape)))
    pad = [np.pad(x, [(0, side - x.shape[0]), (0, side - x.shape[1])]) for x in (a, b)]
    return strassen(*pad)[: a.shape[0], : b.shape[1]]


SHAPES = [(1, 1, 1), (2, 2, 2), (5, 7, 3), (16, 16, 16), (33, 40, 48)]


@pytest.mark.parametrize("shape", SHAPES)
def test_strassen_down_to_single_cells_is_within_tolerance(shape):
    worst = 0.0
    for _ in range(3):
        a, b = inputs(RNG, shape)
        worst = max(worst, np.max(np.abs(padded_strassen(a, b) - reference(a, b)) / tolerance(a, b)))
    assert worst < 0.5


@pytest.mark.parametrize("shape", [*SHAPES, (3, 96, 4)])
def test_exact_and_reordered_sums_are_within_tolerance(shape):
    a, b = inputs(RNG, shape)
    exact = np.array([[math.fsum(x * y for x, y in zip(r, c, strict=True)) for c in b.T] for r in a])
    backwards = np.array([[sum(x * y for x, y in reversed(list(zip(r, c, strict=True)))) for c in b.T] for r in a])
    for result in (exact, backwards):
        assert (np.abs(result - reference(a, b)) <= tolerance(a, b)).all()


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_computing_in_fewer_bits_is_outside_tolerance(shape):
    a, b = inputs(RNG, shape)
    single = (a.astype(np.float32) @ b.astype(np.float32)).astype(float)
    fixed = (np.round(a * 2**28) @ np.round(b * 2**28)) / 2**56  # integers packed into 28 bits each
    for result in (single, fixed):
        assert not (np.abs(result - reference(a, b)) <= tolerance(a, b)).all()


def test_shapes_for_truth_hold_a_single_cell_an_odd_and_a_non_square_one_up_to_96():
    for seed in range(50):
        shapes = truth_shapes(random.Random(seed))
        assert (1, 1, 1) in shapes
        assert any(len(set(shape)) > 1 for shape in shapes)
        assert any(all(side % 2 for side in shape) and max(shape) > 1 for shape in shapes)
        assert all(1 <= side <= 96 for shape in shapes for side in shape)
        assert any(max(shape) >= 64 for shape in shapes)


def test_shapes_for_time_have_sides_of_32_to_48():
    sides = {side for seed in range(200) for side in timed_shape(random.Random(seed))}
    assert (min(sides), max(sides)) == (32, 48)


def test_the_baseline_is_the_textbook_loop():
    assert "C[i][j] += A[i][k] * B[k][j]" in MATMUL.baseline
