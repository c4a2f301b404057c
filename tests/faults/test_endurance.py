"""Long use and kills at random points, in short; ``slow`` tests and benchmarks/endurance.py do it at length."""

import shutil
import tempfile

import pytest

pytestmark = pytest.mark.alone


def test_verdicts_by_the_hundred_leave_nothing_behind(endurance):
    assert endurance.flaws(endurance.verdicts(300)) == []


def test_kills_of_all_that_a_judge_starts_cost_no_candidate_anything(endurance):
    assert endurance.flaws(endurance.kills_inside(20, seed=1)) == []


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_kills_of_all_that_a_judge_of_c_starts_cost_no_candidate_anything(endurance, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = endurance.kills_inside(18, seed=4, task="matmul-c")
    assert found["killed"].keys() >= {"compiler", "serving compiler", "gcc"}
    assert endurance.flaws(found) == []
    assert not list(tmp_path.glob("assay-scratch-*"))


def test_kills_of_judges_cost_no_candidate_anything_and_leave_no_orphan(endurance):
    assert endurance.flaws(endurance.kills_of_judges(10, seed=2)) == []


def test_judges_at_once_do_not_disturb_each_other(endurance):
    assert endurance.flaws(endurance.judges(4, each=10)) == []


@pytest.mark.slow
def test_verdicts_by_the_thousand_leave_nothing_behind(endurance):
    assert endurance.flaws(endurance.verdicts(5000)) == []


@pytest.mark.slow
def test_kills_by_the_hundred_cost_no_candidate_anything(endurance):
    assert endurance.flaws(endurance.kills(200, seed=3)) == []


@pytest.mark.slow
def test_twenty_judges_at_once_do_not_disturb_each_other(endurance):
    assert endurance.flaws(endurance.judges(20)) == []
