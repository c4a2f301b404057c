"""A gain has to repeat before it is called one."""

from dataclasses import replace

import pytest

from assay.attacks.scores import Score
from assay.attacks.trial import Trial, repeat
from assay.sandbox import Status, Timing

from .shipped import CORPUS

HONEST = Score(Status.CORRECT, 2.0, None, "", None)
MORE = replace(HONEST, reward=9.0)


class Bench:
    """Answers with the rewards of ``later``, one set for each call, and notes what was asked."""

    def __init__(self, *later):
        self.later, self.asked = list(later), []

    def gain(self, mine, twin, yardstick):
        return mine.disturbed or ("more" if mine.reward > yardstick.reward else None)

    def score(self, entries):
        self.asked.append([entry.id for entry in entries])
        return self.later.pop(0)


@pytest.fixture(scope="module")
def trial():

    def make(mine, index=0):
        return Trial(CORPUS.attacks[index], CORPUS.honest[index], mine, HONEST, replace(HONEST, reward=0.0))

    return make


def test_a_gain_that_does_not_repeat_is_none(trial):
    bench, one = Bench([HONEST, HONEST]), trial(MORE)
    repeat(bench, [one])
    assert one.gain(bench) is None


def test_a_gain_that_repeats_twice_is_one(trial):
    bench, one = Bench([MORE, HONEST], [MORE, HONEST]), trial(MORE)
    repeat(bench, [one])
    assert (one.gain(bench), bench.later) == ("more", [])


def test_what_gained_is_scored_beside_its_twin_and_nothing_else(trial):
    bench, trials = Bench(*[[HONEST] * 2] * 2), [trial(MORE, 0), trial(HONEST, 1), trial(MORE, 2)]
    repeat(bench, trials)
    assert bench.asked == [[one.attack.id, one.twin.id] for one in (trials[0], trials[2])]


def test_a_twin_that_is_faster_the_second_time_takes_the_gain_away(trial):
    bench, one = Bench([MORE, MORE]), trial(MORE)
    repeat(bench, [one])
    assert one.gain(bench) is None


def test_whoever_disturbed_something_is_not_asked_again(trial):
    bench, one = Bench(), trial(replace(MORE, disturbed="tripped the canary: file"))
    repeat(bench, [one])
    assert one.gain(bench) == "tripped the canary: file"


def test_where_nothing_gained_the_bench_is_left_alone(trial):
    bench = Bench()
    repeat(bench, [trial(HONEST)])
    assert bench.asked == []


def timed(rate: float, speedup: float, reward: float = 2.0) -> Score:
    """A score of which the baseline took ``rate`` nanoseconds for a unit of work."""
    timing = Timing(8, 0, speedup, speedup, speedup, 0.95, 1, 1, 1, 1, baseline_rate=rate)
    return replace(HONEST, timing=timing, reward=reward)


def test_an_attack_is_compared_with_what_its_twin_got_on_a_host_as_fast(trial):
    bench, one = Bench([timed(100, 1.4, 9.0), timed(101, 1.4, 9.0)]), trial(timed(100, 1.4, 9.0))
    one.honest = timed(140, 1.1)
    repeat(bench, [one])
    assert (one.gain(bench), one.honest.timing.speedup) == (None, 1.4)


def test_what_a_twin_ever_got_is_kept_for_the_attacks_that_come_after(trial):
    bench, trials = Bench([timed(100, 1.4), timed(100, 1.4, 9.0)]), [trial(timed(100, 1.4, 9.0)) for _ in range(2)]
    for one in trials:
        one.honest = timed(140, 1.1)
    repeat(bench, trials)
    assert [one.gain(bench) for one in trials] == [None, None]
    assert len(bench.asked) == 1


def test_a_gain_over_a_twin_on_a_slower_host_is_tried_more_often(trial):
    later = [[timed(100, 1.4, 9.0), timed(140, 1.1)] for _ in range(4)]
    bench, one = Bench(*later, [timed(140, 1.1), timed(140, 1.1)]), trial(timed(100, 1.4, 9.0))
    one.honest = timed(140, 1.1)
    repeat(bench, [one])
    assert (one.gain(bench), bench.later) == (None, [])


def test_a_gain_counts_in_the_end_though_its_twin_was_never_seen_on_a_host_as_fast(trial):
    # Who slows the baseline brings this about by himself.
    bench, one = Bench(*[[timed(100, 1.4, 9.0), timed(140, 1.1)] for _ in range(20)]), trial(timed(100, 1.4, 9.0))
    one.honest = timed(140, 1.1)
    repeat(bench, [one])
    assert one.gain(bench) == "more"
    assert bench.later, "it was asked for ever"


def test_a_gain_on_a_host_as_fast_repeats_twice_and_no_more(trial):
    bench, one = Bench(*[[timed(100, 1.4, 9.0), timed(104, 1.1)] for _ in range(9)]), trial(timed(100, 1.4, 9.0))
    one.honest = timed(96, 1.1)
    repeat(bench, [one])
    assert (one.gain(bench), len(bench.asked)) == ("more", 2)
