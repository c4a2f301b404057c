"""The adversary owns the worker and turns on what it shares with the judge: buffers, descriptors, memory, calls."""

import os

import pytest

from assay.rewards.tasks.matmul import BASELINE
from assay.sandbox import Status

READY = "load(); say(READY)\n"
TURNS = READY + "while True:\n    message = ask()\n"
REPORT = "say(EXCEPTION + repr(os.remembered).encode())\nask()"
REMEMBER = "os.remembered = []\n"  # `os` is where setup leaves what the worker's own text will look at
ATTEMPT = (
    REMEMBER
    + "try:\n    {}\n    os.remembered.append('it worked')\nexcept (OSError, ValueError) as error:\n    os.remembered.append(error)"
)

# Descriptors, before the jail: 3 is the channel, 4 and 5 are inputs and output. Writing through a private mapping or
# reading is no attack.
BEFORE = {
    "truncate the inputs": "os.ftruncate(4, 0)",
    "truncate the output": "os.ftruncate(5, 0)",
    "grow the output": "os.ftruncate(5, 1 << 30)",
    "write to the inputs": "os.pwrite(4, bytes(8), 0)",
    "map the inputs writable": "mmap.mmap(4, 0)",
    "map the inputs writable through another opening": "mmap.mmap(os.open('self/fd/4', os.O_RDWR, dir_fd=100), 0)",
    "seal the output against the judge": "fcntl.fcntl(5, 1033, 8)",
    "punch a hole into the inputs": "linux.call('fallocate', 4, 3, 0, 4096)",
}
AFTER = {
    "truncate": "os.ftruncate(5, 0)",
    "seal": "fcntl.fcntl(5, 1033, 8)",
    "point the channel at a buffer": "os.dup2(5, 3)",
    "point a buffer at the channel": "os.dup2(3, 5)",
    "send a descriptor along": "linux.call('sendmsg', 3, ctypes.create_string_buffer(56), 0)",
    "receive a descriptor": "linux.call('recvmsg', 3, ctypes.create_string_buffer(56), 0)",
    "punch a hole": "linux.call('fallocate', 5, 3, 0, 4096)",
    "write to the inputs": "os.pwrite(4, bytes(8), 0)",
    "pull the mapping away by a fault handler": "linux.syscall(323, 0)",
    "shut the channel": "linux.call('shutdown', 3, 2)",
    "queue work in the kernel": "linux.syscall(425, 4, ctypes.create_string_buffer(120))",
}


def evidence(verdict):
    return " ".join(finding.evidence for finding in verdict.findings)


@pytest.mark.parametrize("what", BEFORE)
def test_a_buffer_withstands_one_who_had_it_before_the_jail(prepared, what):
    told = evidence(prepared(ATTEMPT.format(BEFORE[what]), REPORT))
    assert "PermissionError" in told or "not permitted" in told
    assert "it worked" not in told


@pytest.mark.parametrize("what", AFTER)
def test_a_descriptor_kept_through_the_jail_is_of_no_use(prepared, what):
    verdict = prepared("pass", READY + f"ask()\n{AFTER[what]}\nsay(DONE)\nask()")
    assert (verdict.status, verdict.layer) == (Status.CHEAT, "jail")


def test_writing_to_a_kept_buffer_instead_of_computing_is_wrong(prepared):
    assert prepared("pass", READY + "while ask():\n    os.write(5, bytes(4096))\n    say(DONE)").status is Status.CRASH


def test_an_input_buffer_mapped_privately_changes_nothing_that_the_judge_compares_with(prepared):
    # The worker gives itself easy inputs, on which its output is right.
    setup = REMEMBER + "os.remembered = mmap.mmap(4, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)"
    body = (
        "say(READY)\nwhile True:\n    (m, k), (_, n) = unpack_trial(ask())[0]\n    os.remembered[:] = bytes(len(os.remembered))\n"
        "    output[:] = array.array('d', bytes(8)) * len(output)\n    say(DONE)"
    )
    assert prepared(setup, body).status is Status.WRONG


def test_zeros_do_not_pass_for_the_product_of_inputs_that_were_wiped(owned):
    body = "ask()\ntry:\n    inputs[:8] = bytes(8)\n    say(EXCEPTION + b'written')\nexcept TypeError:\n    say(EXCEPTION + b'refused')\nask()"
    assert "refused" in evidence(owned("say(READY)\n" + body))


def test_the_input_buffer_cannot_be_made_writable(owned):
    body = (
        "class Buffer(ctypes.Structure): _fields_ = [('x%d' % i, ctypes.c_void_p) for i in range(13)]\n"
        "buffer = Buffer()\nctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(inputs), ctypes.byref(buffer), 0)\n"
        "libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]\n"
        "failed = libc.mprotect(buffer.x0, 4096, 3)\nsay(EXCEPTION + (b'refused' if failed else b'writable')); ask()"
    )
    assert "refused" in evidence(owned(body))


def test_a_write_to_the_mapped_inputs_kills_the_writer(owned):
    body = (
        "class Buffer(ctypes.Structure): _fields_ = [('x%d' % i, ctypes.c_void_p) for i in range(13)]\n"
        "buffer = Buffer()\nctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(inputs), ctypes.byref(buffer), 0)\n"
        "ask()\nctypes.memset(buffer.x0, 0, 4096)\nsay(DONE)"
    )
    verdict = owned("say(READY)\n" + body)
    assert verdict.status is Status.CRASH
    assert "signal 11" in evidence(verdict)


def test_an_output_buffer_unmapped_by_its_owner_harms_only_the_owner(owned):
    body = (
        "class Buffer(ctypes.Structure): _fields_ = [('x%d' % i, ctypes.c_void_p) for i in range(13)]\n"
        "buffer = Buffer()\nctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(output), ctypes.byref(buffer), 0)\n"
        "libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]\nask()\nlibc.munmap(buffer.x0, 4096)\nsay(DONE)\nask()"
    )
    assert owned("say(READY)\n" + body).status is Status.WRONG


def test_descriptors_sent_over_the_channel_do_not_reach_the_judge(hostile):
    body = "os.read(channel, 1 << 17)\nos.write(channel, READY)\nos.read(channel, 999)"
    before = "socket.send_fds(socket.socket(fileno=os.dup(3)), [UP], [0, 3] * 60)"
    judge = hostile(body, before)
    held = len(os.listdir("/proc/self/fd"))
    verdicts = [judge.judge(BASELINE, os.urandom(16), ()) for _ in range(5)]
    judge._spares.bury()
    assert len(os.listdir("/proc/self/fd")) <= held
    assert {verdict.status for verdict in verdicts} == {Status.CRASH}


@pytest.mark.parametrize("step", ["", READY, READY + "ask()\n"])
@pytest.mark.parametrize(
    "hoard",
    [
        "hoard = []\nwhile True: hoard.append(bytearray(1 << 24))",
        "hoard = []\nwhile True: hoard.append([hoard] * 1000)",
        "hoard = []\nwhile True: hoard.append(mmap.mmap(-1, 1 << 26))",
        "x = 'x'\nwhile True: x += x",
        "sys.setrecursionlimit(10**9)\ndef deep(): return deep() + 1\ndeep()",
        "sys.setrecursionlimit(10**9)\nx = ()\nfor _ in range(1_000_000): x = (x,)\nhash(x)",
    ],
    ids=["bytes", "lists", "mappings", "text", "stack", "nesting"],
)
def test_memory_exhausted_at_any_step_is_the_fault_of_the_candidate(owned, hoard, step):
    assert owned(step + hoard).status in (Status.CRASH, Status.TIMEOUT)


def test_memory_exhausted_and_given_back_in_every_turn_gains_nothing(owned, gains_nothing):
    body = TURNS + (
        "    hoard = []\n    try:\n        while True: hoard.append(mmap.mmap(-1, 1 << 26))\n    except OSError: hoard.clear()\n"
        "    status, _ = answer(message)\n    say(status)"
    )
    verdict = owned(body, (8,))
    assert verdict.status is Status.CORRECT
    gains_nothing(verdict)


@pytest.mark.parametrize(
    "trap",
    [
        "signal.signal(signal.SIGSYS, lambda *_: say(DONE))",
        "signal.signal(signal.SIGSEGV, lambda *_: say(DONE))",
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})",
        "signal.sigwait({signal.SIGCONT})",
        "libc.sigaltstack(0, 0)",
        "libc.prctl(22, 2, ctypes.create_string_buffer(16), 0, 0)",
        "linux.syscall(317, 1, 8, ctypes.create_string_buffer(16))",
        "linux.syscall(435, ctypes.create_string_buffer(88), 88)",
        "linux.syscall(58)",
        "linux.syscall(334, 0, 32, 0, 0)",
    ],
)
def test_a_worker_cannot_trap_its_calls_once_it_is_locked_up(owned, trap):
    verdict = owned(READY + f"ask()\n{trap}\nsay(DONE)\nask()")
    assert (verdict.status, verdict.layer) == (Status.CHEAT, "jail")


def test_a_handler_from_before_the_jail_does_not_catch_the_kill(prepared):
    setup = "signal.signal(signal.SIGSYS, lambda *_: None)\nsignal.signal(signal.SIGCONT, lambda *_: None)"
    verdict = prepared(setup, READY + "ask()\ntry: os.getppid()\nfinally: say(DONE)\nask()")
    assert (verdict.status, verdict.layer) == (Status.CHEAT, "jail")


def filtered(action):
    """Setup that has the kernel treat the worker's getrandom calls by ``action``, by a filter of its own."""
    return (
        "linux.prctl(38, 1)\nnumber = seccomp._ALLOWED[os.uname().machine]['getrandom']\n"
        f"steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, {action}), (0x06, 0, 0, 0x7FFF0000)]\n"
        "packed = b''.join(struct.pack('HBBI', *step) for step in steps)\n"
        "seccomp.install(ctypes.create_string_buffer(packed, len(packed)))"
    )


def test_work_in_a_handler_of_trapped_calls_is_on_the_same_bill(prepared, gains_nothing):
    setup = "signal.signal(signal.SIGSYS, lambda *_: os.work and os.work.pop()())\nos.work = []\n" + filtered(
        0x00030000
    )
    body = TURNS + (
        "    os.work.append(lambda: answer(message))\n    try: os.getrandom(1)\n    except OSError: pass\n    say(DONE)"
    )
    verdict = prepared(setup, body, (20,))
    assert verdict.status is Status.CORRECT
    gains_nothing(verdict)


def test_a_call_left_to_a_supervisor_who_never_answers_is_a_timeout(prepared):
    setup = filtered(0x7FC00000).replace("seccomp.install(", "buffer = (").replace("len(packed)))", "len(packed)))")
    setup += (
        "\nfilters = seccomp._Program(len(packed) // 8, ctypes.addressof(buffer))\n"
        "linux.syscall({'x86_64': 317, 'aarch64': 277}[os.uname().machine], 1, 8, ctypes.byref(filters))"
    )
    assert prepared(setup, TURNS + "    os.getrandom(1)\n    say(DONE)").status is Status.TIMEOUT


def test_a_filter_that_forges_the_results_of_calls_fools_only_its_owner(prepared):
    assert prepared(filtered(0x00050000), TURNS + "    os.getrandom(1)\n    say(DONE)").status is Status.WRONG
