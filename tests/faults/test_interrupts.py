"""A user interrupts a verdict (Ctrl-C in a notebook) and goes on with the same judge: no later verdict is another's."""

import contextlib
import os
import shutil
import sys
from functools import partial

import pytest

from assay.rewards.benchmark.trivial import CODE, TRIVIAL
from assay.rewards.tasks import find_task
from assay.sandbox import Judge, Status
from assay.sandbox.policy_process import PolicyChecker

HACK = "import os\n" + CODE
WRONG = "def double(values):\n    return [value for value in values]\n"
EXPECTED = {CODE: Status.CORRECT, HACK: Status.CHEAT, WRONG: Status.WRONG}
EXCHANGES = {"send", "sendmsg", "recv", "recvmsg", "poll", "pidfd_send_signal"}
"""What asks another process something, or hears of it."""


class Interrupt:
    """Raises KeyboardInterrupt after the ``number``-th exchange; counts them where it is None."""

    def __init__(self, number=None):
        self.number, self.seen = number, 0

    def __call__(self, frame, event, argument):
        if event == "c_return" and argument.__name__ in EXCHANGES:
            self.seen += 1
            if self.seen == self.number:
                raise KeyboardInterrupt


def interrupted(work, number=None):
    """Do the work, or a part of it; how many exchanges there were."""
    interrupt = Interrupt(number)
    with contextlib.suppress(KeyboardInterrupt):
        sys.setprofile(interrupt)
        try:
            work()
        finally:
            sys.setprofile(None)
    return interrupt.seen


@pytest.mark.parametrize("code", EXPECTED, ids=["honest", "hack", "wrong"])
def test_after_an_interrupt_at_any_point_every_verdict_is_that_of_its_own_code(code):
    def work():
        judge.judge(code, os.urandom(16), ())
        judge.prepare()

    with Judge(TRIVIAL) as judge:
        work()
        for number in range(1, interrupted(work) + 1, 1 if code == CODE else 4):
            interrupted(work, number)
            for other, status in EXPECTED.items():
                assert judge.judge(other, os.urandom(16), ()).status is status, number


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_after_an_interrupt_at_any_point_no_library_is_that_of_another_source():
    task = find_task("softmax-c")
    with Judge(task) as judge:
        judge.judge(task.wrong, os.urandom(16), ())
        for number in range(3, interrupted(lambda: judge.judge(task.wrong, os.urandom(16), ())) + 1, 3):
            interrupted(lambda: judge.judge(task.wrong, os.urandom(16), ()), number)
            assert judge.judge(task.honest, os.urandom(16), ()).status is Status.CORRECT, number


@pytest.mark.parametrize("source", [CODE, HACK])
def test_after_an_interrupt_at_any_point_the_policy_answers_to_what_it_is_asked(source):
    with PolicyChecker() as checker:
        for work in (partial(checker.check, source), checker.prepare):
            checker.check(CODE)
            for number in range(1, interrupted(work) + 1):
                interrupted(work, number)
                assert [finding.check for finding in checker.check(HACK)] == ["forbidden"]
                assert checker.check(CODE) == ()


def test_an_interrupted_source_is_read_no_further():
    with PolicyChecker() as checker:
        checker.check(CODE)
        program = checker._program.process
        interrupted(partial(checker.check, CODE), 2)  # it has been sent
        assert program.poll() is not None  # its children end with it
        assert checker.check(HACK)
