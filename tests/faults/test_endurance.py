"""Long use and kills at random points, in short; ``slow`` tests and benchmarks/endurance.py do it at length."""

import json
import os
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def apart(endurance, tmp_path):
    """``apart(work)``: what ``work`` of the benchmark found, in a process that has no other children and files."""

    def run(work):
        program = f"import endurance, json; print(json.dumps(endurance.{work}))"
        folder = os.path.dirname(endurance.__file__)
        settings = {**os.environ, "PYTHONPATH": folder, "TMPDIR": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", program], env=settings, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_verdicts_by_the_hundred_leave_nothing_behind(endurance, apart):
    assert endurance.flaws(apart("verdicts(300)")) == []


def test_kills_of_all_that_a_judge_starts_cost_no_candidate_anything(endurance, apart):
    assert endurance.flaws(apart("kills_inside(10, seed=1)")) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_kills_of_all_that_a_judge_of_c_starts_cost_no_candidate_anything(endurance, apart, tmp_path):
    found = apart("kills_inside(18, seed=4, task='matmul-c')")
    assert found["killed"].keys() >= {"compiler", "serving compiler", "gcc"}
    assert endurance.flaws(found) == []
    assert not list(tmp_path.glob("assay-scratch-*"))


def test_kills_of_judges_cost_no_candidate_anything_and_leave_no_orphan(endurance, apart):
    assert endurance.flaws(apart("kills_of_judges(10, seed=2)")) == []


def test_judges_at_once_do_not_disturb_each_other(endurance, apart):
    assert endurance.flaws(apart("judges(4, each=10)")) == []


@pytest.mark.slow
def test_verdicts_by_the_thousand_leave_nothing_behind(endurance, apart):
    assert endurance.flaws(apart("verdicts(5000)")) == []


@pytest.mark.slow
def test_kills_by_the_hundred_cost_no_candidate_anything(endurance, apart):
    assert endurance.flaws(apart("kills(200, seed=3)")) == []


@pytest.mark.slow
def test_twenty_judges_at_once_do_not_disturb_each_other(endurance, apart):
    assert endurance.flaws(apart("judges(20)")) == []
