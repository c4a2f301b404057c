"""kill -9 of each process of ours: it comes back, nobody is blamed, nothing is left behind."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Judge, JudgePool, Status
from assay.sandbox.cgroup import ControlGroup
from assay.sandbox.session import Worker

SLOW = "def matmul(A, B):\n    while True:\n        pass\n"
KINDS = ("worker", "zygote", "serving zygote", "policy", "policy child")


def wait_gone(processes):
    return psutil.wait_procs(processes, timeout=10)[1]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_killed_between_verdicts_is_back_for_the_next(remote, ask, parts, kind):
    ask(remote)
    for process in parts(remote)[kind]:
        process.kill()
    assert ask(remote).status is Status.CORRECT
    assert ask(remote).status is Status.CORRECT


@pytest.mark.parametrize("kind", KINDS)
def test_the_killed_and_all_below_are_gone_and_not_kept_as_zombies(remote, ask, parts, kind):
    ask(remote)
    victims = parts(remote)[kind]
    below = [child for victim in victims for child in victim.children(recursive=True)]
    for process in victims:
        process.kill()
    ask(remote)
    ask(remote)
    assert not wait_gone([*victims, *below])


@pytest.fixture
def judge_of_a_dying_zygote(monkeypatch, endurance):
    """A judge whose zygote is killed, once, when it waits for a worker to come up: its namespace buries the worker."""
    come_up = Worker.come_up

    def after_the_end(worker):
        monkeypatch.setattr(Worker, "come_up", come_up)
        below = endurance.parts(psutil.Process())
        victims = [*below["zygote"], *below["serving zygote"]]
        for process in victims:
            process.kill()
        assert not wait_gone([*below["serving zygote"], *below["worker"]])
        come_up(worker)

    with Judge(MATMUL) as judge:
        yield judge, lambda: monkeypatch.setattr(Worker, "come_up", after_the_end)


def test_a_spare_worker_that_is_buried_before_it_came_up_is_replaced(judge_of_a_dying_zygote, ask):
    judge, kill_at_the_next = judge_of_a_dying_zygote
    ask(judge)
    kill_at_the_next()
    judge.prepare()
    assert ask(judge).status is Status.CORRECT


def test_a_worker_that_is_buried_before_it_came_up_costs_no_candidate_anything(judge_of_a_dying_zygote, ask):
    judge, kill_at_the_next = judge_of_a_dying_zygote
    ask(judge)
    kill_at_the_next()
    assert ask(judge).status is Status.CORRECT


def test_a_killed_judge_leaves_no_process_behind(remote, ask, tree, parts):
    ask(remote)
    parts(remote)
    all_of_them = tree(remote)
    os.kill(remote._process.pid, signal.SIGKILL)
    remote._process.wait()
    assert not wait_gone(all_of_them[1:])


def test_a_killed_judge_leaves_no_process_behind_even_of_those_that_stand_still(remote, ask, tree, parts):
    ask(remote)
    found = parts(remote)
    all_of_them = tree(remote)
    for kind in ("worker", "zygote", "serving zygote", "policy child"):
        for process in found[kind]:
            process.suspend()
    os.kill(remote._process.pid, signal.SIGKILL)
    remote._process.wait()
    assert not wait_gone(all_of_them[1:])


def test_a_killed_policy_program_takes_its_children_with_it(remote, ask, parts):
    ask(remote)
    found = parts(remote)
    children = found["policy child"]
    assert children
    for child in children:
        child.suspend()
    found["policy"][0].kill()
    assert not wait_gone(children)


def test_a_judge_killed_with_a_verdict_in_flight_is_replaced_and_asked_again(endurance, tree, judges):
    before = set(judges())
    with JudgePool(MATMUL, workers=1) as pool:
        pool.ready()
        answer = pool.submit([SLOW], os.urandom(16), ())[0]
        time.sleep(0.1)
        (judge,) = set(judges()) - before
        below = judge.children(recursive=True)
        judge.kill()
        assert answer.result(60).status is Status.TIMEOUT
        assert not wait_gone(below)


def test_a_judge_killed_again_and_again_is_a_fault_of_ours_and_not_a_hang(endurance, judges):
    before = set(judges())
    with JudgePool(MATMUL, workers=1) as pool:
        pool.ready()
        answer = pool.submit([SLOW], os.urandom(16), ())[0]
        while not answer.done():
            for judge in set(judges()) - before:
                judge.kill()
            time.sleep(0.02)
        verdict = answer.result()
        assert verdict.status is Status.INFRA
        assert "ended" in verdict.findings[0].evidence
        assert pool.submit([endurance.FAST], os.urandom(16), ())[0].result(60).status is Status.CORRECT


def test_control_groups_of_killed_judges_are_removed_and_those_of_living_ones_are_not(tmp_path):
    own = next(
        line[3:].lstrip("/") for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")
    )
    parent = tmp_path / own
    parent.mkdir(parents=True, exist_ok=True)
    (parent / "cgroup.controllers").write_text("")
    old, now = time.monotonic_ns() - int(1e12), time.monotonic_ns()
    dead, young, alive = (parent / f"assay-{n}" for n in (f"4194305-{old}", f"4194305-{now}", f"{os.getpid()}-{old}"))
    for group in (dead, young, alive):
        group.mkdir()
    with pytest.raises(OSError, match=r"memory\.max"):  # a plain folder has no controllers
        ControlGroup(tmp_path)
    assert [group.exists() for group in (dead, young, alive)] == [False, True, True]
