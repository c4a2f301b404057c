"""A gain has to repeat before it is called one."""

from dataclasses import replace

import pytest

from assay.attacks.catalogue import SHIPPED, load
from assay.attacks.scores import Score
from assay.attacks.trial import Trial, repeat
from assay.sandbox import Status

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
    shipped = load(SHIPPED)

    def make(mine, index=0):
        return Trial(shipped.attacks[index], shipped.honest[index], mine, HONEST, replace(HONEST, reward=0.0))

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
