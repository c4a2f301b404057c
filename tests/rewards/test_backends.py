"""Backends: fair turns, bounded hands, callbacks, cancellation and endings, on judges of this machine."""

import asyncio
import gc
import itertools
import subprocess
import sys
import threading
import time
from concurrent.futures import Future

import psutil
import pytest

from assay.rewards import Scorer, find_task
from assay.rewards.backends import LocalBackend, collect, find_backend
from assay.sandbox import InfraError, IsolationError, JudgePool, Status, UsageError, Verdict
from assay.sandbox.dispatch import Dispatcher, SeatLost

GOOD = "def matmul(A, B):\n    return [[sum(x * y for x, y in zip(r, c)) for c in zip(*B)] for r in A]\n"
SECRET = bytes(16)


def good(number, prefix="g"):
    """A correct kernel that no other equals."""
    return f"# {prefix}{number}\n{GOOD}"


class Desk:
    """A seat whose candidates the test answers itself."""

    def __init__(self):
        self.held, self.seen = [], []

    def judge(self, code, secret, looks):
        self.held.append((code, Future()))
        self.seen.append((code, secret, looks))
        return self.held[-1][1]

    def answer(self, outcome=None):
        code, answer = self.held.pop(0)
        if isinstance(outcome, BaseException):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome or Verdict(Status.CORRECT, "t", code))
        return code


def seated(count, **options):
    dispatcher, desks = Dispatcher("t", **options), [Desk() for _ in range(count)]
    for desk in desks:
        dispatcher.add(desk)
    return dispatcher, desks


def numbered(prefix, count):
    return [f"{prefix}{n}" for n in range(count)]


def test_a_judge_is_handed_one_candidate_at_a_time():
    dispatcher, desks = seated(3)
    dispatcher.submit(numbered("a", 100), SECRET, ())
    assert [len(desk.held) for desk in desks] == [1, 1, 1]
    desks[1].answer()
    assert [len(desk.held) for desk in desks] == [1, 1, 1]


def test_a_prefetch_is_small_and_ends_before_the_batch_does():
    dispatcher, desks = seated(2, prefetch=1)
    answers = dispatcher.submit(numbered("a", 100), SECRET, ())
    assert [len(desk.held) for desk in desks] == [2, 2]
    for desk in itertools.cycle(desks):
        if sum(not answer.done() for answer in answers) == 2:
            break
        desk.answer()
    assert [len(desk.held) for desk in desks] == [1, 1]


def test_a_small_batch_does_not_wait_for_a_large_one():
    dispatcher, (desk,) = seated(1)
    dispatcher.submit(numbered("large", 50), SECRET, ())
    small = dispatcher.submit(numbered("small", 2), SECRET, ())
    for _ in range(5):
        desk.answer()
    assert all(answer.done() for answer in small)


def test_each_batch_keeps_its_secret_and_its_looks():
    dispatcher, (desk,) = seated(1)
    dispatcher.submit(["a0", "a1"], b"a" * 16, (8,))
    dispatcher.submit(["b0", "b1"], b"b" * 16, ())
    for _ in range(4):
        desk.answer()
    assert {code[0]: (secret, looks) for code, secret, looks in desk.seen} == {
        "a": (b"a" * 16, (8,)),
        "b": (b"b" * 16, ()),
    }


def test_equal_candidates_are_judged_once_in_a_batch_and_again_in_the_next():
    dispatcher, (desk,) = seated(1)
    twice = dispatcher.submit(["same", "same"], SECRET, ())
    again = dispatcher.submit(["same"], SECRET, ())
    desk.answer()
    desk.answer()
    assert not desk.held
    assert [answer.done() for answer in twice + again] == [True] * 3


def test_what_is_taken_back_is_not_judged():
    dispatcher, (desk,) = seated(1)
    answers = dispatcher.submit(numbered("a", 5), SECRET, ())
    assert [answer.cancel() for answer in answers] == [False, True, True, True, True]
    dispatcher.submit(["b"], SECRET, ())
    assert [desk.answer(), desk.answer()] == ["a0", "b"]
    assert not desk.held


def test_a_candidate_of_a_lost_judge_goes_to_another_before_all_others():
    dispatcher, (first, second) = seated(2)
    answers = dispatcher.submit(numbered("a", 4), SECRET, ())
    first.answer(SeatLost("gone"))
    second.answer()
    assert second.answer() == "a0"
    while second.held:
        second.answer()
    assert [answer.result().status for answer in answers] == [Status.CORRECT] * 4
    assert not first.held


def test_candidates_wait_for_a_judge_that_comes_later():
    dispatcher, _ = seated(0)
    answers = dispatcher.submit(["a"], SECRET, ())
    desk = Desk()
    dispatcher.add(desk)
    desk.answer()
    assert answers[0].result().status is Status.CORRECT


def test_a_candidate_that_loses_every_judge_is_a_fault_of_ours_and_not_endless():
    dispatcher, desks = seated(20)
    (answer,) = dispatcher.submit(["a"], SECRET, ())
    while not answer.done():
        next(desk for desk in desks if desk.held).answer(SeatLost("gone"))
    assert answer.result().status is Status.INFRA
    assert sum(len(desk.seen) for desk in desks) < 20


def test_without_judges_a_fault_of_ours_is_a_verdict_and_a_refusal_is_raised():
    dispatcher, _ = seated(0)
    (waiting,) = dispatcher.submit(["a"], SECRET, ())
    dispatcher.refuse(InfraError("no node is left"))
    (late,) = dispatcher.submit(["b"], SECRET, ())
    assert {waiting.result().status, late.result().status} == {Status.INFRA}
    assert late.result().findings[0].evidence == "no node is left"
    dispatcher.refuse(IsolationError("too open"))
    with pytest.raises(IsolationError, match="too open"):
        dispatcher.submit(["c"], SECRET, ())[0].result()


def test_what_is_asked_of_a_closed_pool_is_one_sentence():
    with JudgePool(find_task("matmul"), workers=1) as pool:
        pass
    for ask in (pool.ready, pool.submit(["a"], SECRET, ())[0].result):
        with pytest.raises(UsageError, match="closed"):
            ask()


def test_a_pool_that_nobody_holds_ends_its_threads_and_judges(judges):
    before, threads = set(judges()), set(threading.enumerate())
    pool = JudgePool(find_task("matmul"), workers=1)
    pool.ready()
    (judge,) = set(judges()) - before
    del pool
    gc.collect()
    while (judge.is_running() and judge.status() != psutil.STATUS_ZOMBIE) or set(threading.enumerate()) - threads:
        time.sleep(0.05)


async def test_a_callbacks_error_surfaces_only_when_no_candidate_of_the_batch_is_judged():
    dispatcher, (first, second) = seated(2)

    def fail(count):
        raise ZeroDivisionError("of the callback")

    batch = asyncio.create_task(collect(dispatcher.submit(numbered("a", 9), SECRET, ()), fail))
    await asyncio.sleep(0)
    first.answer()
    await asyncio.sleep(0.05)
    assert not batch.done()
    assert len(second.held) == 1
    for desk in (first, second):  # one may have been handed out before the callback ran
        while desk.held:
            desk.answer()
    with pytest.raises(ZeroDivisionError, match="of the callback"):
        await batch
    assert len(first.seen) + len(second.seen) <= 3


async def test_a_cancelled_batch_ends_at_once_and_hands_out_no_more():
    dispatcher, (desk,) = seated(1)
    batch = asyncio.create_task(collect(dispatcher.submit(numbered("a", 9), SECRET, ())))
    await asyncio.sleep(0)
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    desk.answer()
    assert not desk.held


@pytest.fixture(scope="module")
def scorer():
    with Scorer(looks=()) as scorer:
        scorer.ready()
        yield scorer


def texts(codes):
    return [f"```python\n{code}```" for code in codes]


async def test_batches_under_way_share_the_judges(scorer):
    large, progress = asyncio.create_task(scorer.agrade(texts(good(n) for n in range(100)))), []
    small = await scorer.agrade(texts([good(0, "small")]), None, progress.append)
    assert not large.done()
    assert [g.verdict.status for g in small + await large] == [Status.CORRECT] * 101
    assert progress == [1]


async def test_a_cancelled_grade_leaves_a_scorer_that_grades(scorer):
    seen = []
    task = asyncio.create_task(scorer.agrade(texts(good(n, "c") for n in range(40)), None, seen.append))
    while not seen:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    counted = len(seen)
    assert (await scorer.agrade(texts([good(0)])))[0].reward == 1.25
    assert len(seen) == counted


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_callbacks_error_is_raised_and_the_scorer_grades_on(scorer, asynchronous):
    def fail(count):
        raise ZeroDivisionError

    batch = texts(good(n) for n in range(5))
    with pytest.raises(ZeroDivisionError):
        await scorer.agrade(batch, None, fail) if asynchronous else scorer.grade(batch, None, fail)
    assert [g.reward for g in await scorer.agrade(batch)] == [1.25] * 5


def test_progress_counts_every_copy_once(scorer):
    seen = []
    scorer.grade([*texts([good(0), good(0), good(1)]), "no code"], None, seen.append)
    assert sorted(seen) == [1, 2]


async def test_grade_works_inside_a_running_loop_as_in_a_notebook(scorer):
    assert scorer.grade(texts([good(0)]))[0].reward == 1.25


def test_a_judge_killed_in_mid_batch_loses_nothing(judges):
    before = set(judges())
    with Scorer(looks=(), workers=1) as scorer:
        scorer.ready()
        (judge,) = set(judges()) - before

        def kill(count):
            if judge.is_running():
                judge.kill()

        graded = scorer.grade(texts(good(n) for n in range(6)), None, kill)
    assert [g.reward for g in graded] == [1.25] * 6


async def test_closing_ends_who_waits_and_leaves_no_judge(judges):
    before = set(judges())
    scorer = Scorer(looks=(), workers=1)
    waiting = asyncio.create_task(scorer.agrade(texts(good(n) for n in range(20))))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(scorer.close)
    with pytest.raises(UsageError, match="closed"):
        await waiting
    with pytest.raises(UsageError, match="closed"):
        await scorer.agrade(texts([good(0)]))
    scorer.close()
    assert set(judges()) == before


INTERRUPTED = """
import asyncio, os, signal, sys
from assay import Scorer
seen = []
def grade(scorer):
    batch = ["```python\\n# %d\\ndef matmul(A, B):\\n    return [[0.0] * len(B[0]) for _ in A]\\n```" % n for n in range(3000)]
    try:
        scorer.grade(batch, None, lambda n: seen.append(n) or (len(seen) == 1 and os.kill(os.getpid(), signal.SIGINT)))
    except KeyboardInterrupt:
        print("interrupted", len(seen) < 3000)
async def main(scorer):
    grade(scorer)
with Scorer(looks=(), workers=1) as scorer:
    if sys.argv[1] == "loop":
        asyncio.new_event_loop().run_until_complete(main(scorer))
    else:
        grade(scorer)
    print(scorer.grade(["```python\\ndef matmul(A, B):\\n    return [[0.0] * len(B[0]) for _ in A]\\n```"])[0].reward)
"""


@pytest.mark.parametrize("place", ["plain", "loop"])
def test_an_interrupt_ends_a_batch_and_not_the_scorer(tmp_path, place):
    (tmp_path / "script.py").write_text(INTERRUPTED)
    command = [sys.executable, "script.py", place]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["interrupted", "True", "0.25"], done.stderr


LEFT = """
import atexit, psutil, threading, time
from assay import Scorer
seen = []
batch = ["```python\\n# %d\\ndef matmul(A, B):\\n    return [[0.0] * len(B[0]) for _ in A]\\n```" % n for n in range(3000)]
scorer = Scorer(looks=(), workers=1)
threading.Thread(target=scorer.grade, args=(batch, None, seen.append), daemon=True).start()
while not seen:
    time.sleep(0.01)
print(*(p.pid for p in psutil.Process().children(recursive=True)))
atexit.register(lambda: print(len(seen) < 3000))
"""


def test_a_process_that_ends_in_mid_batch_waits_for_nothing_and_leaves_nothing(tmp_path):
    (tmp_path / "script.py").write_text(LEFT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    *pids, unfinished = done.stdout.split()
    assert (done.returncode, done.stderr, unfinished) == (0, "", "True")
    assert len(pids) > 1
    while any(psutil.pid_exists(int(pid)) for pid in pids):  # a judge ends with the candidate in its hands
        time.sleep(0.05)


class Recorder(LocalBackend):
    """A user's own backend."""

    def __init__(self, task, *, workers=None, unsafe=False, **options):
        Recorder.options = options
        super().__init__(task, workers=workers, unsafe=unsafe)


def test_a_backend_of_the_users_own_gets_all_options_untouched():
    with Scorer(looks=(), backend=Recorder, workers=1, require="L2", anything=[1]) as scorer:
        assert scorer.grade(texts([GOOD]))[0].reward == 1.25
    assert Recorder.options == {"require": "L2", "anything": [1]}


def test_a_backend_is_found_by_dotted_path():
    assert find_backend("assay.rewards.backends.local:LocalBackend") is LocalBackend


@pytest.mark.parametrize("name", ["cloud", "no.module:Backend", "assay.rewards:nothing"])
def test_an_unknown_backend_is_one_sentence(name):
    with pytest.raises(UsageError, match=name.split(":")[0]) as caught:
        Scorer(backend=name)
    assert "\n" not in str(caught.value)


def test_a_pool_answers_in_the_order_of_the_codes():
    codes = [good(0), "import os", good(1), "def matmul(A, B):\n    return 1\n"]
    with JudgePool(find_task("matmul")) as pool:
        statuses = [answer.result().status for answer in pool.submit(codes, SECRET, ())]
    assert statuses == [Status.CORRECT, Status.CHEAT, Status.CORRECT, statuses[3]]
    assert statuses[3] not in (Status.CORRECT, Status.INFRA)
