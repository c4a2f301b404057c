"""The billing window and the buffers, on real workers."""

import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest

from assay.rewards.tasks.matmul import BASELINE, MATMUL
from assay.sandbox.buffers import SharedBuffer
from assay.sandbox.clocks import Bill, Reading
from assay.sandbox.inside.protocol import DONE, READY
from assay.sandbox.session import Worker
from assay.sandbox.task import Schedule
from assay.sandbox.zygote import Zygote

SHAPE = (40, 40, 40)


@pytest.fixture(scope="module")
def zygote():
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
def worker(zygote):
    with Worker(zygote, 2 * 1600, 20 * 1600) as worker:
        assert worker.load(BASELINE.encode(), "matmul").status == READY
        yield worker


@pytest.fixture
def trials():
    schedule = Schedule(MATMUL, os.urandom(16), "test")
    return lambda: schedule.trial(SHAPE)


def test_a_worker_holds_its_channel_and_no_other_descriptor(worker):
    held = {fd: os.readlink(f"/proc/{worker.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{worker.pid}/fd")}
    assert sorted(held) == ["0", "1", "2", "3"]
    assert {held["0"], held["1"], held["2"]} == {"/dev/null"}
    assert held["3"].startswith("socket:")


@pytest.mark.timed
def test_a_worker_that_spins_after_done_is_billed_for_its_cpu_time(trials, tmp_path, hostile):
    body = (
        "source = os.read(channel, 1 << 17).partition(b'\\0')[2]\nexec(source, namespace)\nos.write(channel, READY)\n"
        "while True:\n"
        "    status, _ = answer(os.read(channel, 999))\n"
        "    os.write(channel, status)\n"
        "    for _ in range(200_000): pass\n"
    )
    judge = hostile(body)
    with Worker(judge._spares.zygote, 2 * 1600, 20 * 1600) as worker:
        worker.load(BASELINE.encode(), "matmul")
        worker._clock.stop()
        billed, start = 0, worker._clock.read().cpu
        for _ in range(8):
            billed += worker.turn(trials(), 1.0).bill.cpu
        time.sleep(0.02)  # what it could still do after the window, it would do now
        worker._clock.stop()
        true = worker._clock.read().cpu - start
    assert billed >= 0.95 * true


def test_a_worker_runs_only_in_its_turn(worker, trials):
    worker.turn(trials(), 1.0)
    before = worker._clock.read()
    time.sleep(0.02)
    assert worker._clock.state() == "T"
    assert worker._clock.read().cpu == before.cpu


def test_waiting_for_other_work_is_billed_and_preemption_is_not():
    assert Bill(cpu=1, wall=10, delay=2).billed == 8
    assert Bill(cpu=9, wall=10, delay=5).billed == 9


def test_what_the_judge_waits_while_the_worker_computes_is_no_time_to_sleep_in():
    # The worker takes the core from the judge for 3, computes for 8 in all and sleeps for 2.
    asleep = Reading(cpu=3, wall=3, judge_waited=3)
    after = Reading(cpu=8, wall=10, judge_waited=3)
    assert Bill.between(Reading(0, 0), after, asleep=asleep).billed == 10


def test_a_core_that_somebody_else_has_before_the_judge_lies_down_is_not_billed():
    # The worker answers after 1, and the judge, which has not slept yet, gets its core 4 later.
    after = asleep = Reading(cpu=1, wall=5, judge_waited=5)
    assert Bill.between(Reading(0, 0), after, asleep=asleep).billed == 1


def test_judge_and_worker_waiting_for_one_core_at_once_is_one_delay():
    # Both wait for 3, then the worker sleeps for 3 and computes for 6.
    asleep = Reading(cpu=0, wall=3, waited=3, judge_waited=3)
    after = Reading(cpu=6, wall=12, waited=3, judge_waited=3)
    assert Bill.between(Reading(0, 0), after, asleep=asleep).billed == 9


def test_the_judges_own_work_is_not_billed():
    assert Bill.between(Reading(0, 0), Reading(cpu=6, wall=8, judge_ran=2)).billed == 6


def test_the_output_is_poisoned_before_each_trial(worker, trials):
    turn = worker.turn(trials(), 1.0)
    assert turn.status == DONE
    untouched = worker._output.read(1600 * 3, (4,))
    worker._output.fill(1600, 1600, float("nan"))
    assert np.isnan(worker._output.read(1600, (4,))).all()
    assert not np.isnan(turn.output).any()
    assert untouched.shape == (4,)


def test_the_output_is_a_private_copy(worker, trials):
    turn = worker.turn(trials(), 1.0)
    kept = turn.output.copy()
    worker._output.fill(0, 1600, 7.0)
    assert (turn.output == kept).all()


def test_identical_inputs_give_identical_outputs_to_baseline_and_candidate(zygote, trials):
    trial, outputs = trials(), []
    for _ in range(2):
        with Worker(zygote, 2 * 1600, 1600) as worker:
            worker.load(BASELINE.encode(), "matmul")
            outputs.append(worker.turn(trial, 1.0).output)
    assert (outputs[0] == outputs[1]).all()


@pytest.mark.parametrize("action", ["os.ftruncate(fd, 0)", "os.ftruncate(fd, 1 << 20)", "fcntl.fcntl(fd, 1033, 0)"])
def test_a_buffer_can_be_neither_resized_nor_resealed(action):
    buffer = SharedBuffer("test", 16, read_only=False)
    code = f"import os, fcntl, sys; fd = int(sys.argv[1]); {action}"
    done = subprocess.run([sys.executable, "-c", code, str(buffer.fd)], pass_fds=[buffer.fd], capture_output=True)
    buffer.close()
    assert b"PermissionError" in done.stderr


@pytest.mark.parametrize("action", ["mmap.mmap(fd, 0)", "os.pwrite(fd, b'x', 0)"])
def test_an_input_buffer_can_be_neither_mapped_writable_nor_written(action):
    buffer = SharedBuffer("test", 16, read_only=True)
    code = f"import os, mmap, sys; fd = int(sys.argv[1]); {action}"
    done = subprocess.run([sys.executable, "-c", code, str(buffer.fd)], pass_fds=[buffer.fd], capture_output=True)
    buffer.write([np.ones(16)])  # the judge still can
    buffer.close()
    assert b"PermissionError" in done.stderr


def test_closing_a_worker_ends_its_process(zygote):
    worker = Worker(zygote, 16, 16)
    worker.close()
    with Worker(zygote, 16, 16):  # the zygote answers in order: by now it has reaped the first
        assert not os.path.exists(f"/proc/{worker.pid}")


def test_the_zygote_and_its_workers_die_with_the_judge(tmp_path):
    code = (
        "import os, sys\nfrom assay.rewards.tasks.matmul import MATMUL\nfrom assay.sandbox import Judge\n"
        "from assay.sandbox.session import Worker\n"
        "judge = Judge(MATMUL)\nworker = Worker(judge._spares.zygote, 8, 8)\n"
        "print(judge._spares.zygote._process.pid, judge._policy._program.process.pid, worker.pid, flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    pids = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    assert len(pids) == 3
    deadline = time.monotonic() + 10
    alive = pids
    while alive and time.monotonic() < deadline:
        alive = [pid for pid in alive if os.path.exists(f"/proc/{pid}") and _state(pid) != "Z"]
        time.sleep(0.02)
    assert not alive


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def test_schedules_of_one_secret_share_shapes_and_differ_in_data():
    secret = random.randbytes(16)
    one, two = Schedule(MATMUL, secret, "one"), Schedule(MATMUL, secret, "two")
    assert one.truth == two.truth
    assert one.timed_shape(3) == two.timed_shape(3)
    assert (one.trial(SHAPE).inputs[0] != two.trial(SHAPE).inputs[0]).any()


def test_schedules_of_two_secrets_share_no_data():
    one, two = (Schedule(MATMUL, os.urandom(16), "same") for _ in range(2))
    assert (one.trial(SHAPE).inputs[0] != two.trial(SHAPE).inputs[0]).all()
