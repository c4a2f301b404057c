"""The adversary owns the worker: the program itself is replaced by one that speaks the protocol as it likes."""

import os

import pytest

from assay.rewards.tasks.matmul import BASELINE
from assay.sandbox import Status

# The worker is stopped after its first answer: the one too many arrives before the stop (spoken out of turn) or as
# the next trial's answer (wrong data).
UNEARNED = (Status.CRASH, Status.WRONG)
READ_SOURCE = "source = os.read(channel, 1 << 17).partition(b'\\0')[2]\nexec(source, namespace)\n"


def judged(judge, looks=()):
    return judge.judge(BASELINE, os.urandom(16), looks)


def evidence(verdict):
    return " ".join(finding.evidence for finding in verdict.findings)


def test_an_owned_worker_that_behaves_is_correct(hostile):
    body = READ_SOURCE + (
        "os.write(channel, READY)\n"
        "while True:\n"
        "    status, _ = answer(os.read(channel, 999))\n"
        "    os.write(channel, status)\n"
    )
    assert judged(hostile(body)).status is Status.CORRECT


def test_saying_done_without_computing_is_wrong(hostile):
    body = "os.read(channel, 1 << 17)\nos.write(channel, READY)\nwhile os.read(channel, 999): os.write(channel, DONE)"
    verdict = judged(hostile(body))
    assert verdict.status is Status.WRONG
    assert "not finite" in evidence(verdict)  # the output buffer was poisoned


def test_answering_before_the_question_earns_nothing(hostile):
    body = "os.read(channel, 1 << 17)\nos.write(channel, READY)\nos.write(channel, DONE)\nos.read(channel, 999)"
    assert judged(hostile(body)).status in UNEARNED


def test_a_second_answer_to_one_question_earns_nothing(hostile):
    body = (
        "os.read(channel, 1 << 17)\nos.write(channel, READY)\nos.read(channel, 999)\n"
        "os.write(channel, DONE)\nos.write(channel, DONE)\nos.read(channel, 999)"
    )
    assert judged(hostile(body)).status in UNEARNED


@pytest.mark.parametrize("status", [b"", b"?", b"infra", b"\xff" * 5000, b"R"])
def test_a_status_outside_the_alphabet_is_never_a_fault_of_ours(hostile, status):
    body = f"os.read(channel, 1 << 17)\nos.write(channel, READY)\nos.read(channel, 999)\nos.write(channel, {status!r})\nos.read(channel, 9)"
    assert judged(hostile(body)).status is Status.CRASH


def test_a_flood_of_answers_does_not_hang_the_judge(hostile):
    body = "os.read(channel, 1 << 17)\nwhile True: os.write(channel, READY)"
    assert judged(hostile(body)).status is Status.CRASH


def test_never_answering_is_a_timeout(hostile):
    assert judged(hostile("os.read(channel, 1 << 17)\nwhile True: pass")).status is Status.TIMEOUT


def test_blocking_for_ever_is_a_timeout(hostile):
    body = "os.read(channel, 1 << 17)\nos.write(channel, READY)\nos.read(channel, 999)\nos.read(channel, 999)"
    assert judged(hostile(body)).status is Status.TIMEOUT


@pytest.mark.parametrize(
    "when", ["", "os.write(channel, READY)\n", "os.write(channel, READY)\nos.read(channel, 999)\n"]
)
def test_exiting_at_any_step_is_a_crash(hostile, when):
    assert judged(hostile(f"os.read(channel, 1 << 17)\n{when}os._exit(0)")).status is Status.CRASH


def test_output_written_after_done_does_not_count(hostile):
    body = READ_SOURCE + (
        "os.write(channel, READY)\n"
        "while True:\n"
        "    message = os.read(channel, 999)\n"
        "    os.write(channel, DONE)\n"
        "    status, _ = answer(message)\n"
    )
    # Done is sent first. On one core the judge is not woken before the worker blocks, so the right data may
    # be there in time; then every nanosecond of it must be billed.
    verdict = judged(hostile(body), looks=(8,))
    if verdict.status is Status.CORRECT:
        assert verdict.timing.high > 0.9
        assert verdict.timing.low < 1.1
    else:
        assert verdict.status in (Status.WRONG, Status.CRASH)


@pytest.mark.parametrize(
    "call",
    [
        "os.fork()",
        "threading.Thread(target=print).start()",
        "socket.socket()",
        "os.kill(os.getppid(), 9)",
        "signal.setitimer(signal.ITIMER_REAL, 1)",
        "signal.signal(signal.SIGALRM, print)",
        "os.sched_setaffinity(0, {0})",
        "os.nice(1)",
        "resource.setrlimit(7, (0, 0))",
        "libc.ptrace(16, os.getppid(), 0, 0)",
        "libc.process_vm_readv(1, 0, 0, 0, 0, 0)",
        "libc.prctl(1, 0, 0, 0, 0)",
        "libc.syscall(435, 0, 0)",
        "libc.syscall(425, 1, 0)",
        "os.execv('/bin/true', ['true'])",
        "time.sleep(0.01)",
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
        "os.memfd_create('x')",
        "os.ftruncate(4, 0)",
    ],
)
def test_a_call_outside_the_allow_list_kills_and_counts_as_a_cheat_once_repeated(hostile, call):
    verdict = judged(
        hostile(
            f"os.read(channel, 1 << 17)\nos.write(channel, READY)\nos.read(channel, 999)\n{call}\nos.write(channel, DONE)\nos.read(channel, 9)"
        )
    )
    assert (verdict.status, verdict.layer) == (Status.CHEAT, "jail")


@pytest.mark.parametrize(
    "call", ["os.open('/etc/passwd', 0)", "os.open('x', os.O_CREAT | os.O_RDWR)", "os.stat('/')", "os.listdir('/proc')"]
)
def test_no_file_can_be_opened(hostile, call):
    body = f"os.read(channel, 1 << 17)\ntry:\n    {call}\n    os.write(channel, READY)\nexcept PermissionError:\n    os.write(channel, b'E' + b'denied')\nos.read(channel, 9)"
    assert "denied" in evidence(judged(hostile(body)))


def test_the_input_buffer_cannot_be_made_writable(hostile):
    body = (
        "os.read(channel, 1 << 17)\n"
        "address = ctypes.addressof(ctypes.c_char.from_buffer_copy(b'x'))\n"
        "base = ctypes.pythonapi\n"
        "view = ctypes.py_object(inputs)\n"
        "class Buffer(ctypes.Structure): _fields_ = [('buf', ctypes.c_void_p)] + [('x%d' % i, ctypes.c_void_p) for i in range(12)]\n"
        "buffer = Buffer()\n"
        "base.PyObject_GetBuffer(view, ctypes.byref(buffer), 0)\n"
        "libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]\n"
        "failed = libc.mprotect(buffer.buf, 4096, 3)\n"
        "os.write(channel, b'E' + (b'refused' if failed else b'writable'))\n"
        "os.read(channel, 9)"
    )
    assert "refused" in evidence(judged(hostile(body)))


def test_the_environment_is_empty(hostile):
    body = "os.read(channel, 1 << 17)\nos.write(channel, b'E' + repr(dict(os.environ)).encode())\nos.read(channel, 9)"
    names = evidence(judged(hostile(body)))
    assert "PATH" not in names
    assert "HOME" not in names


def test_numpy_is_absent_not_merely_forbidden(hostile):
    before = "worker.found = importlib.util.find_spec('numpy')"
    body = "os.read(channel, 1 << 17)\nos.write(channel, b'E' + repr(worker.found).encode())\nos.read(channel, 9)"
    assert "None" in evidence(judged(hostile(body, before)))


def test_the_judge_judges_on_after_every_hostile_worker(hostile):
    judge = hostile("os._exit(3)")
    assert [judged(judge).status for _ in range(3)] == [Status.CRASH] * 3


def test_inputs_differ_between_trials_and_candidates(hostile):
    body = (
        "os.read(channel, 1 << 17)\nos.write(channel, READY)\nos.read(channel, 999)\n"
        "os.write(channel, b'E' + bytes(inputs[:8]).hex().encode())\nos.read(channel, 9)"
    )
    judge = hostile(body)
    secret = os.urandom(16)
    seen = {evidence(judge.judge(f"x = {i}", secret, ())) for i in range(4)}
    assert len(seen) == 4
    assert evidence(judge.judge("x = 0", secret, ())) in seen  # and a replay repeats them


def test_a_worker_that_idles_within_its_turns_is_cut_off_early(hostile):
    body = READ_SOURCE + (
        "import _thread\nlock = _thread.allocate_lock(); lock.acquire()\nos.write(channel, READY)\n"
        "while True:\n"
        "    message = os.read(channel, 999)\n"
        "    lock.acquire(timeout=0.4)\n"
        "    status, _ = answer(message)\n"
        "    os.write(channel, status)\n"
    )
    verdict = judged(hostile(body), looks=(40,))
    assert verdict.status in (Status.TIMEOUT, Status.CHEAT)
    assert verdict.trials < 8


def test_a_worker_that_never_reads_does_not_block_its_judge(hostile):
    body = "os.read(channel, 1 << 17)\nos.write(channel, READY)\nwhile True: os.write(channel, DONE)"
    assert judged(hostile(body), looks=(400,)).status in (Status.CRASH, Status.WRONG)
