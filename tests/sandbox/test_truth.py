"""Truth is computed outside: what a worker never holds, and what it cannot change."""

import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from assay.rewards.tasks.matmul import BASELINE, MATMUL
from assay.sandbox import Judge, Schedule, Status
from assay.sandbox.inside.protocol import READY
from assay.sandbox.session import SharedBuffer

IDLE = "def matmul(A, B):\n    return [[0.0] * len(B[0]) for _ in A]\n"


def memory_of(pid):
    """Every readable byte of a stopped process."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " r" in line and "[v" not in line:
                memory.seek(start)
                try:
                    yield memory.read(end - start)
                except OSError:
                    continue


@pytest.fixture(scope="module")
def worker_after_a_trial():
    """A worker that has seen one trial without computing it, the trial, and the secret behind it."""
    secret = os.urandom(16)
    with Judge(MATMUL) as judge, judge._spares.lend(10_000, 10_000) as worker:
        assert worker.load(IDLE.encode(), "matmul").status == READY
        trial = Schedule(MATMUL, secret, "candidate").trial((24, 20, 22))
        worker.turn(trial, 1.0)
        try:
            memory = b"".join(memory_of(worker.pid))
        except PermissionError:
            pytest.skip("this user may not read its own stopped worker")
        yield memory, trial, secret


def test_the_search_finds_what_a_worker_does_hold(worker_after_a_trial):
    memory, trial, _ = worker_after_a_trial
    assert trial.inputs[0].tobytes() in memory
    assert IDLE.encode() in memory


def test_no_expected_value_is_in_the_workers_memory(worker_after_a_trial):
    memory, trial, _ = worker_after_a_trial
    words = np.frombuffer(memory, np.uint64, len(memory) // 8)
    expected = MATMUL.reference(*trial.inputs).ravel().view(np.uint64)
    assert np.isin(trial.inputs[0].ravel().view(np.uint64), words).all()  # cells would be found
    assert not np.isin(expected, words).any()


def test_no_secret_is_in_the_workers_memory(worker_after_a_trial):
    memory, _, secret = worker_after_a_trial
    assert secret not in memory
    assert secret.hex().encode() not in memory


def test_neither_baseline_nor_reference_is_in_the_workers_memory(worker_after_a_trial):
    memory, _, _ = worker_after_a_trial
    assert b"A[i][k] * B[k][j]" not in memory
    assert b"Higham" not in memory


def test_no_variable_of_the_judges_environment_is_in_the_workers_memory(worker_after_a_trial):
    memory, _, _ = worker_after_a_trial
    named = sys.executable  # how the zygote was started, and what a shell says in its variable "_"
    long = {value.encode() for value in os.environ.values() if len(value) > 24 and value != named}
    assert not [value for value in long if value in memory]


def test_the_reference_is_computed_from_the_judges_own_copy(judge, monkeypatch):
    # The shared inputs are changed on their way: an honest kernel then multiplies other matrices than were asked.
    write = SharedBuffer.write
    monkeypatch.setattr(SharedBuffer, "write", lambda buffer, arrays: write(buffer, [array + 1.0 for array in arrays]))
    assert judge.judge(BASELINE, os.urandom(16), ()).status is Status.WRONG


def test_every_trial_has_inputs_of_its_own_and_a_replay_has_the_same():
    secret = os.urandom(16)
    first, again = (Schedule(MATMUL, secret, "a") for _ in range(2))
    trials = [first.trial((6, 5, 4)) for _ in range(20)]
    assert len({trial.inputs[0].tobytes() for trial in trials}) == 20
    assert all(np.array_equal(t.inputs[1], again.trial((6, 5, 4)).inputs[1]) for t in trials)


def test_the_data_of_a_trial_do_not_depend_on_what_a_generator_drew_before_nor_on_other_threads():
    def draws(rng, shape):  # an odd number of 32-bit numbers: half a word stays in a generator that goes on
        return (rng.integers(0, 9, size=3, dtype=np.uint32) + rng.uniform(size=shape),)

    task, secret, barrier = replace(MATMUL, inputs=draws), os.urandom(16), threading.Barrier(2)
    first = Schedule(task, secret, "a").trial((4, 1, 3)).inputs[0]
    for name in ("a", "b", "a"):
        again = Schedule(task, secret, name).trial((4, 1, 3)).inputs[0]
        assert np.array_equal(again, first) == (name == "a")

    def apart(rng, shape):
        barrier.wait(10)  # by now both threads have keyed a generator
        return draws(rng, shape)

    both = [Schedule(replace(task, inputs=apart), secret, name) for name in "ab"]
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda schedule: schedule.trial((4, 1, 3)).inputs[0], both))
    assert np.array_equal(found[0], first)
    assert not np.array_equal(found[1], first)


def test_a_group_shares_its_shapes_and_no_data():
    secret = os.urandom(16)
    one, two = Schedule(MATMUL, secret, "one"), Schedule(MATMUL, secret, "two")
    assert one.truth == two.truth
    assert [one.timed_shape(i) for i in range(12)] == [two.timed_shape(i) for i in range(12)]
    assert [one.baseline_first(i) for i in range(12)] == [two.baseline_first(i) for i in range(12)]
    assert one.trial((6, 5, 4)).inputs[0].tobytes() != two.trial((6, 5, 4)).inputs[0].tobytes()


def test_in_every_second_round_the_other_side_begins():
    schedule = Schedule(MATMUL, os.urandom(16), "a")
    first = [schedule.baseline_first(number) for number in range(40)]
    assert all(one is not other for one, other in zip(first[::2], first[1::2], strict=True))
    assert len(set(first[::2])) == 2


def test_shapes_cannot_be_foreseen_from_one_batch_to_the_next():
    schedules = [Schedule(MATMUL, os.urandom(16), "a") for _ in range(20)]
    assert len({tuple(s.timed_shape(i) for i in range(8)) for s in schedules}) == 20


def test_a_verdict_names_no_secret(judge):
    secret = os.urandom(16)
    text = repr(judge.judge(IDLE, secret, ()).to_json())
    assert secret.hex() not in text
    assert not re.search(r"-?\d\.\d{6,}", text)  # and no value of an input or an output


def test_a_wrong_cell_in_a_timed_trial_is_found(judge):
    code = (
        "CALLS = []\ndef matmul(A, B):\n    CALLS.append(1)\n"
        "    C = [[sum(x * y for x, y in zip(a, b)) for b in zip(*B)] for a in A]\n"
        "    if len(CALLS) > 15:\n        C[-1][-1] += 1.0\n    return C\n"
    )
    judged = judge.judge(code, os.urandom(16), (8,))
    assert judged.status is Status.WRONG
    assert judged.trials == 16
