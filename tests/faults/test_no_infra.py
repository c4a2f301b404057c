"""A reward of None is for faults of ours alone: there is no way for a candidate to bring one about."""

import contextlib
import os
import threading

import psutil
import pytest

from assay.sandbox import Status

STEPS = {
    "having the source": "",
    "loaded": "os.write(channel, READY)\n",
    "asked": "os.write(channel, READY)\nos.read(channel, 999)\n",
    "right once": (
        "exec(honest, namespace)\nos.write(channel, READY)\n"
        "os.write(channel, answer(os.read(channel, 999))[0])\nos.read(channel, 999)\n"
    ),
}
# The owner of the worker does what the source says; to a source that is not the owner's it is a good worker.
OWNED = """
source = os.read(channel, 1 << 17).partition(b'\\0')[2]
honest = {honest!r}
if source.startswith(b'# owned'):
    exec(source, {{**globals(), **locals()}})
exec(source, namespace)
os.write(channel, READY)
while True:
    os.write(channel, answer(os.read(channel, 999))[0])
"""
DEEDS = {
    "exit in peace": "os._exit(0)",
    "exit as if killed": "os._exit(137)",
    "exit as if stopped": "os._exit(19)",
    "crash": "ctypes.string_at(0)",
    "abort": "os.abort()",
    "kill itself": "os.kill(0, 9)",
    "kill itself as the kernel knows it": "libc.syscall(62, 1, 9)",
    "stop itself": "os.kill(1, 19)",
    "stop itself by its thread": "libc.syscall(234, 1, 1, 19)",
    "overflow the stack": "sys.setrecursionlimit(10**9)\nf = lambda x: list(map(f, [x]))\nf(0)",
    "use up the memory": "kept = []\nwhile True: kept.append(bytearray(1 << 20))",
    "use up the address space": "kept = []\nwhile True: kept.append(mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))",
    "use up the memory and go on": "kept = []\ntry:\n    while True: kept.append(bytearray(1 << 16))\nexcept MemoryError:\n    os.write(channel, DONE)\n    while True: pass",
    "close the channel": "os.close(channel)\nwhile True: pass",
    "close the channel and exit": "try:\n    os.close(channel)\nfinally:\n    os._exit(0)",
    "shut the channel down": "socket.socket(fileno=channel).shutdown(2)",
    "say nothing": "os.read(channel, 999)",
    "say nothing, busily": "while True: pass",
    "say nothing at length": "os.write(channel, b'')",
    "say that it is up": "os.write(channel, UP)\nos.read(channel, 999)",
    "say what only judges say": "os.write(channel, b'+')\nos.read(channel, 999)",
    "say infra": "os.write(channel, b'infra')\nos.read(channel, 999)",
    "say all there is": "for status in range(256): os.write(channel, bytes([status]))",
    "say it with descriptors": "socket.send_fds(socket.socket(fileno=channel), [DONE], [0, 1, 2])",
    "say it at once as often as it goes": "while True: os.write(channel, DONE)",
    "unmap what the judge shares with it": "start = ctypes.addressof(ctypes.c_char.from_buffer(output.cast('B')))\nlibc.munmap(ctypes.c_void_p(start), ctypes.c_size_t(4096))\noutput[0] = 1.0",
    "write beyond the output": "output.release()\nos.write(channel, DONE)\nos.read(channel, 999)",
    "change the output for ever": "os.write(channel, DONE)\nwhile True:\n    for i in range(len(output)): output[i] = float('nan')",
}


@pytest.fixture
def owned(hostile, endurance):
    """A judge whose workers belong to candidates that begin with ``# owned``."""
    return hostile(OWNED.format(honest=endurance.FAST))


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_a_worker_that_is_owned_brings_no_infra_about_at_any_step(owned, endurance, deed):
    found = {step: owned.judge(f"# owned\n{before}{deed}", os.urandom(16), (8,)) for step, before in STEPS.items()}
    statuses = {step: verdict.status for step, verdict in found.items()}
    assert Status.INFRA not in statuses.values(), found
    assert Status.CORRECT not in statuses.values(), found
    assert owned.judge(endurance.FAST, os.urandom(16), ()).status is Status.CORRECT


def test_a_candidate_whose_workers_always_die_by_kill_is_to_blame_where_the_baseline_lives(owned, endurance):
    """As it is where a host ends whatever uses so much memory."""
    over = threading.Event()

    def kill_the_owned():
        while not over.is_set():
            for worker in endurance.parts(psutil.Process())["worker"]:
                with contextlib.suppress(psutil.Error):
                    if worker.memory_info().rss > 150 << 20:
                        worker.kill()

    thread = threading.Thread(target=kill_the_owned)
    thread.start()
    kept = "os.write(channel, READY)\nkept = bytearray(b'x') * (200 << 20)\nwhile True: pass"
    verdict = owned.judge("# owned\n" + kept, os.urandom(16), ())
    over.set()
    thread.join()
    assert (verdict.status, verdict.findings[0].check) == (Status.CRASH, "disruption"), verdict.findings


KERNELS = {
    "memory at once": "def matmul(A, B):\n    return bytearray(1 << 40)",
    "memory little by little": "def matmul(A, B):\n    kept = []\n    while True:\n        kept.append([0.0] * 10000)",
    "memory when loaded": "kept = []\nwhile True:\n    kept.append([0.0] * 10000)",
    "memory kept from trial to trial": "kept = []\ndef matmul(A, B):\n    kept.append(bytearray(1 << 27))\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]",
    "an answer as large as memory": "def matmul(A, B):\n    return [[0.0] * 10**7 for _ in A]",
    "an answer that is itself": "def matmul(A, B):\n    C = []\n    C.append(C)\n    return C",
    "an answer that is deep": "def matmul(A, B):\n    C = []\n    for _ in range(10**6):\n        C = [C]\n    return C",
    "an error as large as memory": "def matmul(A, B):\n    raise ValueError('x' * 10**8)",
    "an error that cannot be told": "class E(Exception):\n    def __str__(self):\n        raise self\ndef matmul(A, B):\n    raise E",
    "an error that exhausts": "class E(Exception):\n    def __str__(self):\n        return 'x' * 10**10\ndef matmul(A, B):\n    raise E",
    "an error that never ends": "class E(Exception):\n    def __str__(self):\n        while True:\n            pass\ndef matmul(A, B):\n    raise E",
    "exit when loaded": "raise SystemExit(137)",
    "exit in a trial": "def matmul(A, B):\n    raise SystemExit(137)",
    "recursion without end": "def matmul(A, B):\n    return matmul(B, A)",
    "a name that is no function": "matmul = [].append",
    "a generator": "def matmul(A, B):\n    yield from A",
    "a coroutine": "async def matmul(A, B):\n    return A",
    "right until it is timed": "n = []\ndef matmul(A, B):\n    n.append(1)\n    if len(n) > 8:\n        raise MemoryError\n    return [[sum(a * b for a, b in zip(r, c)) for c in zip(*B)] for r in A]",
}


@pytest.mark.parametrize("code", KERNELS.values(), ids=KERNELS)
def test_a_kernel_brings_no_infra_about(verdict, code):
    judged = verdict(code, looks=(8,))
    assert judged.status not in (Status.INFRA, Status.CORRECT), judged.findings


SOURCES = {
    "deep": "x = " + "(" * 190 + ")" * 190,
    "deeper than the parser goes": "(" * 50_000,
    "many names": "\n".join(f"a{i} = {i}" for i in range(9000)),
    "a number without end": "x = " + "9" * 120_000,
    "a product without end": "x = " + " * ".join(["9" * 4000] * 20),
    "a power without end": "x = 9 ** 9 ** 9 ** 9",
    "strings without end": "x = 'y' " + "* 10**9" * 20,
    "nested functions": "".join(" " * i + f"def f{i}():\n" for i in range(99)) + " " * 99 + "pass",
    "nested comprehensions": "x = " + "[" * 60 + "1" + " for a in b]" * 60,
    "nested lambdas": "x = " + "lambda: " * 2000 + "1",
    "nested strings": "x = f'{" * 40 + "1" + "}'" * 40,
    "operators": "x = " + "-" * 60_000 + "1",
    "attributes": "x = a" + ".b" * 30_000,
    "bytes that are no text": "\udcff\udc80",
    "NUL": "x = 1\0",
    "an answer of the checker's own": "!",
    "a decoding that lies": "# -*- coding: rot13 -*-\nqrs zngzhy(N, O): erghea N",
}


@pytest.mark.parametrize("code", SOURCES.values(), ids=SOURCES)
def test_a_source_brings_no_infra_about(verdict, code):
    assert verdict(code).status not in (Status.INFRA, Status.CORRECT)
