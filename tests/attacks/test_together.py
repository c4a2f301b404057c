"""Attacks of one control that share a run of it."""

from dataclasses import replace

import pytest

from assay.attacks.controls.run import ControlResult, ControlScore
from assay.attacks.proof import Prover
from assay.attacks.together import may_share, together
from assay.attacks.weaknesses import closure
from assay.sandbox import Status

from .shipped import CORPUS

ATTACKS = CORPUS.attacks
KERNELS = {kernel.id: kernel for kernel in CORPUS.honest}
LOST = ControlScore(Status.CRASH, 0.0, 0.0)


@pytest.fixture
def prover():
    """``prover(attacks)`` notes each run: how many codes were scored in it."""
    opened = []

    def make(attacks):
        twins = {attack.id: KERNELS[attack.twin or "sum-map-mul"] for attack in attacks}
        made = Prover(attacks, twins, KERNELS["sum-map-mul"], KERNELS["wrong-missing-last-term"])
        opened.append(made)
        scores, made.runs = made._scores, []

        def counted(codes, weaknesses, **options):
            made.runs.append(len(codes))
            return scores(codes, weaknesses, **options)

        made._scores = counted
        return made

    yield make
    for made in opened:
        made.close()


def several(gain="fake-speed"):
    """Two attacks that share a run."""
    return next(run for run in together([a for a in ATTACKS if a.gain == gain]) if len(run) > 1)[:2]


def test_every_attack_is_in_one_run():
    assert sorted(attack.id for run in together(ATTACKS) for attack in run) == sorted(attack.id for attack in ATTACKS)


def test_a_run_has_one_control():
    for run in together(ATTACKS):
        assert len({closure(attack.control) for attack in run}) == 1


@pytest.mark.parametrize("gain", ["escape", "theft", "denial", "contamination"])
def test_an_attack_of_which_canaries_or_siblings_tell_is_by_itself(gain):
    assert not any(may_share(replace(attack, gain=gain)) for attack in ATTACKS)


@pytest.mark.parametrize(
    "weakness", ["shared-process", "group-process", "host-reachable", "pickled-answer", "unlimited"]
)
def test_an_attack_that_reaches_its_scorer_is_by_itself(weakness):
    assert not any(may_share(replace(attack, control=(weakness, *attack.control))) for attack in ATTACKS)


def test_groups_and_sequences_are_by_themselves():
    assert not any(may_share(attack) for attack in ATTACKS if attack.form != "single")


def test_attacks_that_fall_in_one_run_need_no_other(prover):
    found = prover(attacks := several("fake-correctness"))  # no speed is compared, so no noise decides
    assert all(proof.fell for proof in found.prove_run(attacks))
    assert found.runs == [len(attacks) + 1]  # with the honest kernel that they are compared with


def test_a_harmless_one_among_attacks_is_tried_by_itself_and_does_not_fall(prover):
    attack, other = several("fake-correctness")
    harmless = replace(other, payload=KERNELS["wrong-missing-last-term"].payload)
    found = prover([attack, harmless])
    fell, did_not = found.prove_run([attack, harmless])
    assert (fell.fell, did_not.fell) == (True, False)
    assert found.runs.count(1) >= 2


def test_a_run_that_is_lost_counts_for_nobody(prover):
    found = prover(attacks := several())
    scores = found._scores

    def lost_at_first(codes, weaknesses, **options):
        if not found.runs:
            found.runs.append(0)
            return ControlResult((LOST,) * len(codes), (), True)
        return scores(codes, weaknesses, **options)

    found._scores = lost_at_first
    assert all(proof.fell for proof in found.prove_run(attacks))
    assert found._firsts == {}
    assert found.runs.count(1) >= len(attacks)
