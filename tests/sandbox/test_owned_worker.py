"""The adversary owns the worker: what the jail leaves to a program that does as it likes.

How it speaks, when it works and what it does to shared memory: test_owned_worker_protocol.py, _time.py, _memory.py.
"""

import os

import pytest

from assay.rewards.tasks.matmul import BASELINE
from assay.sandbox import Status


def evidence(verdict):
    return " ".join(finding.evidence for finding in verdict.findings)


@pytest.mark.parametrize(
    "call",
    [
        "os.fork()",
        "libc.vfork()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "threading.Thread(target=print).start()",
        "socket.socket()",
        "socket.socketpair()",
        "os.kill(os.getppid(), 9)",
        "os.kill(0, 9)",
        "os.getpid()",
        "signal.setitimer(signal.ITIMER_REAL, 1)",
        "signal.alarm(1)",
        "signal.signal(signal.SIGALRM, print)",
        "os.sched_setaffinity(0, {0})",
        "os.sched_yield()",
        "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
        "os.nice(1)",
        "resource.setrlimit(7, (0, 0))",
        "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))",
        "libc.ptrace(16, os.getppid(), 0, 0)",
        "libc.process_vm_readv(1, 0, 0, 0, 0, 0)",
        "libc.prctl(1, 0, 0, 0, 0)",
        "libc.syscall(435, 0, 0)",
        "libc.syscall(425, 1, 0)",
        "os.execv('/bin/true', ['true'])",
        "os.chroot('/')",
        "os.setuid(0)",
        "libc.unshare(0x10000000)",
        "time.sleep(0.01)",
        "__import__('select').select([], [], [], 0.01)",
        "time.clock_settime(0, 0)",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
        "os.memfd_create('x')",
        "os.pipe()",
        "os.eventfd(0)",
        "os.ftruncate(4, 0)",
    ],
)
def test_a_call_outside_the_allow_list_kills_and_counts_as_a_cheat_once_repeated(owned, call):
    verdict = owned(f"say(READY)\nask()\n{call}\nsay(DONE)\nask()")
    assert (verdict.status, verdict.layer) == (Status.CHEAT, "jail")


@pytest.mark.parametrize(
    "call", ["os.open('/etc/passwd', 0)", "os.open('x', os.O_CREAT | os.O_RDWR)", "os.stat('/')", "os.listdir('/proc')"]
)
def test_no_file_can_be_opened(owned, call):
    assert "denied" in evidence(owned(f"try: {call}\nexcept PermissionError: say(EXCEPTION + b'denied')\nask()"))


def test_a_worker_cannot_close_its_channel_and_live_on(owned):
    assert "denied" in evidence(owned("try: os.close(3)\nexcept PermissionError: say(EXCEPTION + b'denied')\nask()"))


def test_a_kill_must_repeat_before_it_is_a_cheat(owned_judge):
    # A host that kills a worker by accident does so once: the second worker must do it again.
    body = "# the worker's own program\nload(); say(READY)\nif os.getrandom(1)[0] < 128: os.getpid()\nwhile True: say(answer(ask())[0])"
    statuses = {owned_judge.judge(body, os.urandom(16), ()).status for _ in range(12)}
    assert Status.CORRECT in statuses
    assert statuses <= {Status.CORRECT, Status.CHEAT}


def test_the_environment_is_empty(owned):
    names = evidence(owned("say(EXCEPTION + repr(dict(os.environ)).encode())\nask()"))
    assert "PATH" not in names
    assert "HOME" not in names


def test_numpy_is_absent_not_merely_forbidden(hostile):
    before = "worker.found = importlib.util.find_spec('numpy')"
    body = "os.read(channel, 1 << 17)\nos.write(channel, b'E' + repr(worker.found).encode())\nos.read(channel, 9)"
    assert "None" in evidence(hostile(body, before).judge(BASELINE, os.urandom(16), ()))


def test_a_worker_that_never_reads_does_not_block_its_judge(owned):
    assert owned("say(READY)\nwhile True: say(DONE)", (400,)).status in (Status.CRASH, Status.WRONG)
