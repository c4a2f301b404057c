"""The adversary owns the worker and moves its work to where it hopes that no clock runs.

No test asserts seconds: what an attack is sure to be worth is compared with what honest work may be worth.
"""

import os

import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Status

pytestmark = pytest.mark.timed

TURNS = "load(); say(READY)\nwhile True:\n    message = ask()\n"
SPIN = "for _ in range(60_000): pass\n"
REST = "lock = _thread.allocate_lock(); lock.acquire()\ndef rest(seconds): lock.acquire(timeout=seconds)\n"


def test_work_done_after_done_is_billed_or_lost(owned, gains_nothing):
    # Done is sent first. On one core the judge is not woken before the worker blocks, so the right data may be there
    # in time; then every nanosecond of it is billed.
    verdict = owned(TURNS + "    say(DONE)\n    answer(message)", (20,))
    assert verdict.status in (Status.CORRECT, Status.WRONG, Status.CRASH)
    gains_nothing(verdict)


def test_work_done_after_done_for_as_long_as_it_takes_is_no_faster(owned, gains_nothing):
    # The answer to each question is finished in the next turn, when nobody will look at it any more.
    verdict = owned(TURNS + f"    say(DONE)\n    {SPIN}    answer(message)", (20,))
    gains_nothing(verdict)


def test_spinning_after_done_is_billed_to_the_spinner(owned, honest):
    verdict = owned(TURNS + f"    status, _ = answer(message)\n    say(status)\n    {SPIN}", (20,))
    assert verdict.status is Status.CORRECT
    assert verdict.timing.speedup < 0.95 * honest.timing.speedup


def test_sleeping_after_done_gains_nothing(owned, gains_nothing):
    # A worker cannot sleep but by waiting for a lock; the stop comes before the end of the wait.
    verdict = owned(REST + TURNS + "    status, _ = answer(message)\n    say(status)\n    rest(0.001)", (20,))
    gains_nothing(verdict)


@pytest.mark.parametrize("turn", ["{nap}; {work}; say(status)", "{work}; {nap}; say(status)"], ids=["before", "after"])
def test_sleeping_beside_the_work_is_billed(owned, honest, turn):
    # It sleeps for two fifths of what the work is billed on this host just now: 1 / 1.4 of its speed is left.
    nap = 0.4e-9 * honest.timing.billed_ns
    body = turn.format(nap=f"rest({nap})", work="status, _ = answer(message)")
    verdict = owned(REST + TURNS + f"    {body}", (20,))
    if verdict.status is Status.CORRECT:  # on a loaded host the waits may outweigh the work: hidden work
        assert verdict.timing.speedup < 0.85 * honest.timing.speedup
    else:
        assert verdict.status in (Status.CHEAT, Status.TIMEOUT)


def test_a_turn_that_mostly_sleeps_is_hidden_work(owned):
    verdict = owned(REST + TURNS + "    rest(0.012)\n    status, _ = answer(message)\n    say(status)", (20,))
    assert verdict.status in (Status.CHEAT, Status.TIMEOUT)


def test_a_worker_that_idles_within_its_turns_is_cut_off_early(owned):
    verdict = owned(REST + TURNS + "    rest(0.4)\n    status, _ = answer(message)\n    say(status)", (40,))
    assert verdict.status in (Status.TIMEOUT, Status.CHEAT)
    assert verdict.trials < 8


def test_inputs_cannot_be_worked_on_before_the_turn(owned, gains_nothing):
    # The worker does not wait for its question: it watches the input buffer, and computes as soon as that changes.
    body = (
        "load(); say(READY)\nmessage = ask()\nwhile True:\n    status, _ = answer(message)\n    seen = bytes(inputs[:64])\n"
        "    say(status)\n    while inputs[:64] == seen: pass\n    message = ask()"
    )
    verdict = owned(body, (20,))
    assert verdict.status is Status.CORRECT
    gains_nothing(verdict)


def test_the_inputs_of_the_next_trial_never_show_before_its_turn(owned_judge, owned):
    # What changed while the worker spun after done changed in a turn: the question is there at once.
    body = (
        "load(); say(READY)\nmessage = ask()\nwhile True:\n    status, _ = answer(message)\n"
        "    seen = bytes(inputs[:64])\n    say(status)\n    spins = 0\n"
        "    while inputs[:64] == seen: spins += 1\n"
        "    before = time.monotonic_ns()\n    message = ask()\n"
        "    if time.monotonic_ns() - before > 50_000_000: say(EXCEPTION + b'early')"
    )
    assert owned(body, (20,)).status is Status.CORRECT


def test_work_gathered_in_one_turn_makes_no_other_faster(owned, gains_nothing):
    body = (
        "count = 0\n"
        + TURNS
        + "    count += 1\n    for _ in range(4 if count == 9 else 1): status, _ = answer(message)\n    say(status)"
    )
    verdict = owned(body, (20,))
    assert verdict.status is Status.CORRECT
    gains_nothing(verdict)


def test_work_gathered_in_a_few_turns_that_a_median_discards_lowers_the_reward(owned, honest):
    # Five of twenty turns take five times as long: the median would not see them, the ratio of the totals does.
    body = (
        "count = 0\n"
        + TURNS
        + "    count += 1\n    for _ in range(5 if count % 4 == 0 else 1): status, _ = answer(message)\n    say(status)"
    )
    verdict = owned(body, (20,))
    assert verdict.status is Status.CORRECT
    assert verdict.timing.low < 0.75 * honest.timing.high


def test_writing_on_after_done_changes_no_answer_for_the_better(owned, gains_nothing):
    body = (
        TURNS + "    say(DONE)\n    answer(message)\n    offset = unpack_trial(message)[3]\n"
        "    right = output[offset:offset + 4].tolist()\n"
        "    for i in range(20_000): output[offset + i % 4] = right[i % 4]"
    )
    gains_nothing(owned(body, (8,)))


def test_wrong_numbers_written_after_done_cannot_hide_or_help(owned, gains_nothing):
    body = (
        TURNS
        + "    status, _ = answer(message)\n    say(status)\n    output[:] = array.array('d', bytes(8)) * len(output)"
    )
    gains_nothing(owned(body, (8,)))


def test_a_worker_that_believes_its_own_clock_convinces_nobody(owned, gains_nothing):
    body = (
        "time.perf_counter = time.monotonic = time.process_time = lambda: 0.0\n"
        + TURNS
        + "    status, _ = answer(message)\n    say(status + b' in 1 ns')"
    )
    verdict = owned(body, (20,))
    assert verdict.status is Status.CORRECT
    gains_nothing(verdict)


def test_a_thread_from_before_the_jail_computes_on_the_same_bill(prepared, gains_nothing):
    # It is not held by the allow-list of system calls; it is held by the stop, the core and the clock of its process.
    setup = (
        "global work, go, done\nwork, go, done = [], threading.Semaphore(0), threading.Semaphore(0)\n"
        "def helper():\n    while True:\n        go.acquire()\n        work.pop()()\n        done.release()\n"
        "threading.Thread(target=helper, daemon=True).start()"
    )
    behave = "work.append(lambda: answer(message)); go.release(); done.acquire(); say(DONE)"
    gains_nothing(prepared(setup, TURNS + f"    {behave}", (20,)))


def test_a_thread_from_before_the_jail_gains_nothing_by_working_after_done(prepared, gains_nothing):
    setup = (
        "global work, go\nwork, go = [], threading.Semaphore(0)\n"
        "def helper():\n    while True:\n        go.acquire()\n        work.pop()()\n"
        "threading.Thread(target=helper, daemon=True).start()"
    )
    behave = "work.append(lambda message=message: answer(message)); go.release(); say(DONE)"
    gains_nothing(prepared(setup, TURNS + f"    {behave}", (8,)))


@pytest.mark.parametrize(
    "thrash",
    [
        "say(status)\n    field[::64]",
        "field[::4096]\n    say(status)",
        "say(status)\n    mmap.mmap(-1, 1 << 22).write(bytes(1 << 22))",
    ],
    ids=["every-line-after-done", "every-page-before-done", "fresh-memory-after-done"],
)
def test_a_copy_that_thrashes_the_cache_before_the_turn_of_the_baseline_is_no_faster(owned, thrash):
    # More than twenty pairs: each of four rounds, by five new pairs of workers.
    secret, field = os.urandom(16), "field = bytearray(1 << 25)\n"
    plain = owned(field + TURNS + "    status, _ = answer(message)\n    say(status)", (21,), secret)
    thrashing = owned(field + TURNS + "    status, _ = answer(message)\n    " + thrash, (21,), secret)
    assert plain.status is Status.CORRECT
    if thrashing.status is Status.CORRECT:
        assert thrashing.timing.low <= plain.timing.high * (1 + MATMUL.dead_band)
