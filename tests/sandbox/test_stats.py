"""Statistics of paired times, against simulation and by construction."""

import math
import random

import pytest

from assay.sandbox.stats import Looks, Pair, median_interval, speedup


def pairs(ratios, baseline=3_000_000):
    return [Pair(baseline, int(baseline / ratio), 1.0) for ratio in ratios]


@pytest.mark.parametrize("n", [6, 8, 10, 20, 40])
def test_the_interval_holds_the_median_as_often_as_it_says(n):
    rng, inside, runs = random.Random(n), 0, 4000
    for _ in range(runs):
        low, high, confidence = median_interval([rng.expovariate(1.0) for _ in range(n)])
        inside += low <= math.log(2) <= high
    assert confidence >= 0.92
    assert inside / runs == pytest.approx(confidence, abs=0.02)


def test_too_few_pairs_give_the_whole_range_and_admit_its_confidence():
    assert median_interval([3.0, 1.0, 2.0]) == (1.0, 3.0, 0.75)


def test_one_unlucky_turn_of_eight_moves_neither_estimate_nor_bound():
    steady = speedup(pairs([2.0] * 8))
    unlucky = speedup(pairs([2.0] * 7 + [0.2]))
    assert unlucky.estimate == pytest.approx(steady.estimate)
    assert unlucky.low == pytest.approx(steady.low, rel=1e-6)


def test_work_piled_into_the_trials_a_median_discards_is_billed():
    hidden = speedup(pairs([20.0] * 6 + [0.1] * 2))
    assert hidden.low < 1.0


def test_a_pair_with_an_unusual_baseline_is_thrown_away_and_counted():
    disturbed = [*pairs([2.0] * 9), Pair(6_000_000, 1_500_000, 1.0)]
    assert speedup(disturbed).discarded == 1
    assert speedup(disturbed).estimate == pytest.approx(2.0)


def test_shapes_of_different_work_are_calibrated_by_rate():
    mixed = [Pair(work * 50, work * 25, float(work)) for work in range(30_000, 60_000, 3_000)]
    assert speedup(mixed).discarded == 0


def test_timing_stops_only_at_the_looks():
    progress, stopped = Looks([10, 20], band=0.03), []
    for number, pair in enumerate(pairs([1.5, 1.0] * 20), start=1):
        if progress.add(pair):
            stopped.append(number)
            break
    assert stopped == [20]


def test_a_narrow_interval_stops_at_the_first_look():
    progress = Looks([10, 20], band=0.03)
    assert [progress.add(pair) for pair in pairs([1.5] * 10)] == [False] * 9 + [True]


def test_a_clear_loser_stops_at_the_first_look():
    progress = Looks([10, 20], band=0.03)
    assert [progress.add(pair) for pair in pairs([0.5, 0.6] * 5)][-1]


def test_a_look_counts_no_more_pairs_than_it_is_for_however_the_median_moves():
    looks = Looks((4,), 0.03)
    ended = [looks.add(Pair(baseline, 100, 1.0)) for baseline in (100, 100, 100, 120, 120, 120)]
    assert ended == [False] * 5 + [True]  # three were usable until the median moved, then all six
    assert (looks.estimate().used, looks.estimate().discarded) == (4, 2)


def test_a_pair_of_several_rounds_is_their_sum():
    progress = Looks([2], band=0.03, rounds=2)
    stopped = [progress.add(Pair(3_000, 1_000, 10.0)), progress.add(Pair(1_000, 1_000, 20.0))]
    stopped += [progress.add(Pair(2_000, 1_000, 30.0)), progress.add(Pair(2_000, 1_000, 0.0))]
    assert [pair[:3] for pair in progress.pairs] == [(4_000, 2_000, 30.0), (4_000, 2_000, 30.0)]
    assert stopped == [False, False, False, True]


def test_one_disturbed_round_in_each_of_many_pairs_moves_no_estimate():
    progress = Looks([10], band=0.03, rounds=4)
    for candidate in (1_000, 1_000, 1_040, 1_000) * 8 + (1_000,) * 8:
        progress.add(Pair(2_000, candidate, 1.0))
    found = progress.estimate()
    assert found.estimate == pytest.approx(2.0)
    assert found.low == pytest.approx(2.0 / 1.01)  # the interval is the pairs' own


def test_who_is_too_slow_is_not_waited_for_until_a_pair_is_full():
    progress = Looks([10], band=0.03, rounds=4)
    for _ in range(5):
        progress.add(Pair(1_000, 11_000, 1.0))
    assert len(progress.pairs) == 1
    assert progress.beyond(10)
