"""A machine or container that stands still in the middle of a trial is nobody's fault."""

import os
import random
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from assay.sandbox import Status
from assay.sandbox.clocks import Bill, Reading

MS = 1_000_000


def pause(processes, seconds):
    """Stop all, then let all go on, each time in any order."""
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for process in random.sample(processes, len(processes)):
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        if number == signal.SIGSTOP:
            time.sleep(seconds)


@pytest.mark.parametrize("turn", range(3))
def test_an_honest_kernel_is_right_though_everything_stood_still_for_longer_than_its_time(remote, ask, tree, turn):
    ask(remote)
    found = []
    thread = threading.Thread(target=lambda: found.append(ask(remote, looks=(20,))))
    thread.start()
    time.sleep(random.random() * 0.1)
    pause(tree(remote), 0.8)
    thread.join()
    assert found[0].status in (Status.CORRECT, Status.INFRA), found[0].findings


def test_a_source_is_not_refused_because_its_checker_stood_still(remote, ask, parts):
    ask(remote)
    policy = parts(remote)
    processes = [*policy["policy"], *policy["policy child"]]
    found = []
    thread = threading.Thread(target=lambda: found.append(ask(remote)))
    for process in policy["policy child"]:  # the source lies before it unread
        process.suspend()
    thread.start()
    time.sleep(0.1)
    pause(processes, 2.5)
    thread.join()
    assert found[0].status is Status.CORRECT, found[0].findings


def test_a_worker_that_somebody_stopped_is_no_timeout(remote, ask, endurance):
    ask(remote)
    judge, stopped = psutil.Process(remote._process.pid), set()
    over = threading.Event()

    def stop_the_first():
        while not over.is_set() and not stopped:
            for worker in endurance.parts(judge)["worker"]:
                if worker.status() == psutil.STATUS_RUNNING:
                    worker.suspend()
                    stopped.add(worker.pid)
                    break

    thread = threading.Thread(target=stop_the_first)
    thread.start()
    busy = endurance.FAST.replace("    T =", "    for _ in range(1000000):\n        pass\n    T =")
    verdicts = [ask(remote, busy)]
    while not stopped and len(verdicts) < 50:  # finding a worker that runs takes a busy host longer than a verdict
        verdicts.append(ask(remote, busy))
    over.set()
    thread.join()
    assert stopped
    assert all(verdict.status in (Status.CORRECT, Status.INFRA) for verdict in verdicts), verdicts


def test_time_in_which_the_judge_stood_still_is_not_billed():
    before = Reading(cpu=0, wall=0)
    after = Reading(cpu=3 * MS, wall=1003 * MS, judge_ran=1 * MS)
    assert Bill.between(before, after, slept=3 * MS).billed < 5 * MS


def test_time_through_which_the_judge_slept_is_billed():
    before = Reading(cpu=0, wall=0)
    after = Reading(cpu=3 * MS, wall=1003 * MS, judge_ran=1 * MS)
    assert Bill.between(before, after, slept=1002 * MS).billed == 1002 * MS


def test_cpu_time_is_billed_whether_the_judge_stood_still_or_not():
    before = Reading(cpu=0, wall=0)
    after = Reading(cpu=900 * MS, wall=1003 * MS, judge_ran=1 * MS)
    assert Bill.between(before, after, slept=3 * MS).billed == 900 * MS


def test_a_worker_that_waits_is_not_taken_for_a_machine_that_stands_still(hostile, endurance):
    body = (
        "source = os.read(channel, 1 << 17).partition(b'\\0')[2]\nexec(source, namespace)\nimport _thread\n"
        "lock = _thread.allocate_lock(); lock.acquire()\nos.write(channel, READY)\n"
        "while True:\n"
        "    message = os.read(channel, 999)\n"
        "    lock.acquire(timeout=0.3)\n"
        "    os.write(channel, answer(message)[0])\n"
    )
    verdict = hostile(body).judge(endurance.FAST, os.urandom(16), (40,))
    assert verdict.status in (Status.TIMEOUT, Status.CHEAT)


@pytest.mark.slow
def test_a_worker_that_the_host_hardly_lets_run_is_no_timeout(group, remote, ask, parts):
    bounded = group(Path("/sys/fs/cgroup/cpu"))
    (bounded / "cpu.cfs_period_us").write_text("600000")
    (bounded / "cpu.cfs_quota_us").write_text("3000")
    ask(remote)
    found = parts(remote)
    for process in [*found["worker"], *found["serving zygote"]]:
        (bounded / "cgroup.procs").write_text(str(process.pid))
    verdicts = [ask(remote, looks=(5,)) for _ in range(2)]
    assert {verdict.status for verdict in verdicts} <= {Status.CORRECT, Status.INFRA}, verdicts
