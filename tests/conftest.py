"""Fixtures shared by all tests. Judges are started once a session; what they leave behind is a failure."""

import os

import psutil
import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Judge
from assay.sandbox.zygote import WORKER_PROGRAM


@pytest.fixture(autouse=True, scope="session")
def _no_process_is_left_behind():
    yield
    left = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    ours = [p for p in left if any("assay" in word or "worker" in word for word in p.cmdline())]
    assert not ours, f"processes left behind: {[p.cmdline() for p in ours]}"


@pytest.fixture(scope="session")
def judge():
    with Judge(MATMUL) as judge:
        yield judge


@pytest.fixture(scope="session")
def verdict(judge):
    """``verdict(code, looks=())`` judges with a fresh secret."""

    def run(code, looks=()):
        return judge.judge(code, os.urandom(16), looks)

    return run


@pytest.fixture
def hostile(tmp_path):
    """``hostile(body, setup="")``: a judge whose worker program is replaced.

    ``body`` is the source of ``serve(channel, inputs, output, namespace)``, which runs after the jail is on, in
    place of everything the real worker would do; ``worker`` is the real module.
    """
    judges = []
    worker = WORKER_PROGRAM

    def build(body, before_jail="pass"):
        indented = "\n".join("    " + line for line in body.splitlines())
        program = tmp_path / f"hostile{len(judges)}.py"
        program.write_text(
            "import array, ctypes, os, signal, socket, struct, sys, time, threading, mmap\n"
            "import importlib.util\n"
            f"spec = importlib.util.spec_from_file_location('worker', {str(worker)!r})\n"
            "worker = importlib.util.module_from_spec(spec); spec.loader.exec_module(worker)\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "READY, DONE = worker.READY, worker.DONE\n"
            "honest_serve, lock_down = worker.serve, worker.lock_down\n"
            f"def serve(channel, inputs, output, namespace):\n{indented}\n"
            "def before(limit):\n"
            f"    {before_jail}\n"
            "    lock_down(limit)\n"
            "worker.serve = serve; worker.lock_down = before\n"
            "worker.zygote(socket.socket(fileno=int(sys.argv[1])))\n"
        )
        judge = Judge(MATMUL, worker_program=program, policy=False)
        judges.append(judge)
        return judge

    yield build
    for judge in judges:
        judge.close()
