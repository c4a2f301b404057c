"""Something happens to the processes of the policy: no source is refused for it, and nothing of them stays behind."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time

import psutil
import pytest

from assay.sandbox import InfraError, policy_process
from assay.sandbox.policy_process import PolicyChecker

HONEST = "def f(A):\n    return [[x + 1 for x in row] for row in A]\n"
HACK = "import os\n"


@pytest.fixture
def checker():
    with PolicyChecker() as checker:
        assert checker.check(HONEST) == ()
        yield checker


def children(checker):
    return psutil.Process(checker._program.process.pid).children()


def works(checker):
    return checker.check(HONEST) == () and [finding.check for finding in checker.check(HACK)] == ["forbidden"]


def test_a_program_that_could_not_be_started_again_is_started_at_the_next_check(checker, monkeypatch):
    def fails(*_):
        raise InfraError("no process is left")

    os.kill(checker._program.process.pid, signal.SIGKILL)
    with monkeypatch.context() as patch:
        patch.setattr(policy_process, "_Program", fails)
        for _ in range(2):
            with pytest.raises(InfraError, match="no process is left"):
                checker.check(HACK)  # which a process decides that the program must fork
    assert works(checker)


def test_a_program_that_does_not_answer_in_time_is_replaced(checker, monkeypatch):
    monkeypatch.setattr(policy_process, "_REPLY_SECONDS", 0.2)
    checker._program._socket.settimeout(0.2)
    stopped = checker._program.process
    os.kill(stopped.pid, signal.SIGSTOP)
    checker.prepare()
    assert stopped.poll() is not None
    monkeypatch.undo()
    assert works(checker)


@pytest.mark.parametrize("continued", [True, False])
def test_children_that_somebody_else_stops_refuse_nothing(checker, continued):
    checker.prepare()
    group = checker._program.process.pid
    os.killpg(group, signal.SIGSTOP)
    if continued:
        os.kill(group, signal.SIGCONT)
    assert checker.check(HONEST + "# one\n") == ()
    os.kill(group, signal.SIGCONT)
    assert works(checker)


@pytest.mark.parametrize("room", [0, 1])
def test_no_descriptor_for_a_child_is_a_fault_of_ours_and_leaves_no_zombie(checker, room):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(next_one := os.dup(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_one + room, before[1]))
    try:
        for _ in range(4):
            with pytest.raises(InfraError):
                checker.check(HACK)
            checker.prepare()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert works(checker)
    assert psutil.STATUS_ZOMBIE not in {child.status() for child in children(checker)}


def test_no_descriptor_in_the_program_is_a_fault_of_ours_and_leaves_no_zombie(checker):
    program = checker._program.process.pid
    try:
        used = os.listdir(f"/proc/{program}/fd")
    except PermissionError:
        pytest.skip("this user cannot count the program's descriptors")
    before = resource.prlimit(program, resource.RLIMIT_NOFILE)
    free = [number for number in range(100) if str(number) not in used]
    resource.prlimit(program, resource.RLIMIT_NOFILE, (free[2], before[1]))  # for a channel, and not for a pidfd
    for _ in range(4):
        with pytest.raises(InfraError):
            checker.check(HACK)
    resource.prlimit(program, resource.RLIMIT_NOFILE, before)
    assert works(checker)
    assert checker._program.process.pid == program
    assert psutil.STATUS_ZOMBIE not in {child.status() for child in children(checker)}


def test_a_source_that_our_own_system_call_does_not_send_is_not_refused(checker):
    class Full:
        def __init__(self, channel):
            self._channel = channel

        def send(self, *_):
            raise OSError(errno.ENOBUFS, "no buffer space")

        def __getattr__(self, name):
            return getattr(self._channel, name)

    checker.prepare()
    for reader in checker._readers._fresh:
        reader._channel = Full(reader._channel)
    with pytest.raises(InfraError):
        checker.check(HACK)  # which the one that has read before refuses, so that a fresh one decides
    checker.prepare()


def test_a_caller_that_ignores_the_ends_of_its_children_is_served():
    code = """
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from assay.rewards.benchmark.trivial import CODE, TRIVIAL
from assay.sandbox import Judge
with Judge(TRIVIAL) as judge:
    program = judge._policy._program.process.pid
    for number in range(4):
        for code in ("import os", CODE):
            print(judge.judge(f"{code}\\n# {number}", os.urandom(16), ()).status.value)
            judge.prepare()
    print(program == judge._policy._program.process.pid)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["cheat", "correct"] * 4 + ["True"], done.stderr


def test_children_are_not_inherited_by_what_the_caller_starts(checker):
    checker.prepare()
    time.sleep(0.1)
    readers = checker._readers._open
    assert readers
    assert not any(os.get_inheritable(fd) for one in readers for fd in (one._pidfd, one._channel.fileno()))
