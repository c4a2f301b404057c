"""Which speeds can be compared: those that were measured at one speed of the host."""

from dataclasses import replace

import pytest

from assay.attacks.scores import Score, alike, nearest
from assay.sandbox import Status, Timing

TIMING = Timing(8, 0, 2.0, 1.98, 2.02, 0.95, 1, 1, 1, 2, baseline_rate=100.0)
SCORE = Score(Status.CORRECT, 2.0, None, "", TIMING)


def at(rate: float) -> Score:
    return replace(SCORE, timing=replace(TIMING, baseline_rate=rate))


@pytest.mark.parametrize(
    ("rate", "expected"), [(100.0, True), (109.0, True), (92.0, True), (111.0, False), (90.0, False)]
)
def test_speeds_are_alike_while_the_baseline_is_within_a_tenth(rate, expected):
    assert alike(TIMING, replace(TIMING, baseline_rate=rate)) is expected
    assert alike(replace(TIMING, baseline_rate=rate), TIMING) is expected


def test_what_was_not_timed_is_like_anything():
    assert alike(None, TIMING)
    assert alike(TIMING, None)


def test_a_timing_that_tells_no_rate_is_like_anything():
    assert alike(TIMING, replace(TIMING, baseline_rate=0.0))


def test_the_nearest_reading_is_the_one_with_the_most_similar_baseline():
    readings = [at(140.0), at(103.0), at(80.0)]
    assert nearest(readings, at(100.0)) is readings[1]
    assert nearest(readings, at(200.0)) is readings[0]


def test_a_reading_that_was_not_timed_is_not_the_nearest_of_several():
    readings = [at(140.0), replace(SCORE, timing=None)]
    assert nearest(readings, at(100.0)) is readings[0]


def test_where_nothing_was_timed_the_last_reading_counts():
    readings = [replace(SCORE, timing=None, reward=reward) for reward in (1.0, 2.0)]
    assert nearest(readings, at(100.0)) is readings[1]
    assert nearest(readings, readings[0]) is readings[1]
