"""At how many pairs timing may stop, in training and where one kernel is assayed."""

import pytest

from assay.rewards import SCORING_LOOKS, TRAINING_LOOKS, looks_at
from assay.sandbox.stats import CONFIDENCE, median_interval


@pytest.mark.parametrize("pairs", range(1, 60))
def test_timing_never_takes_more_pairs_than_were_asked_for(pairs):
    looks = looks_at(pairs)
    assert looks[-1] == pairs
    assert list(looks) == sorted(set(looks))


def test_no_pairs_time_nothing():
    assert looks_at(0) == ()


@pytest.mark.parametrize("looks", [TRAINING_LOOKS, SCORING_LOOKS])
def test_as_many_pairs_as_is_usual_are_looked_at_as_is_usual(looks):
    assert looks_at(looks[-1]) == looks


@pytest.mark.parametrize("pairs", [*TRAINING_LOOKS, *SCORING_LOOKS])
def test_every_usual_look_has_pairs_enough_for_its_confidence(pairs):
    assert median_interval([float(n) for n in range(pairs)])[2] >= CONFIDENCE
