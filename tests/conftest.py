"""Fixtures shared by all tests. Judges are started once a session; what they leave behind is a failure."""

import contextlib
import gc
import io
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Judge
from assay.sandbox.launch import loading

HERE = Path(__file__).parent
TIMED, ALONE = ("attacks", "rewards", "sandbox"), ("attacks",)
LONGEST = {HERE / "training/test_run.py", HERE / "fuzz/test_fuzz.py", HERE / "faults/test_endurance.py"}
"""Their tests take ten seconds and more. They begin first: at the end one worker would run them while the others idle."""


def pytest_configure():
    """As many tests at a time as there are cores, or more: a second thread of torch's would wait for its core in every operation."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background; what we start would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collecting imports every test's libraries, and they stay."""
    with loading():
        collected = yield
    gc.freeze()
    return collected


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Tests of measured times run apart from the others, and may fail twice: a busy host disturbs them, a fault of ours
    fails again."""
    for item in items:
        if "shipped_replay" in item.fixturenames:
            item.add_marker(pytest.mark.alone)
        if "honest" in item.fixturenames:  # what a verdict is worth is compared with what honest work is
            item.add_marker(pytest.mark.timed)
        if item.get_closest_marker("timed"):
            item.add_marker(pytest.mark.alone)
            if config.pluginmanager.hasplugin("rerunfailures"):
                item.add_marker(pytest.mark.flaky(reruns=2))
        folders = TIMED if item.get_closest_marker("timed") else ALONE
        if item.get_closest_marker("alone") and item.path.relative_to(HERE).parts[0] not in folders:
            raise pytest.UsageError(f"{item.nodeid} runs alone, and `make test` looks for such tests in {folders} only")
    items.sort(key=lambda item: item.path not in LONGEST)


def _command(process):
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended, whether or not somebody has waited for it
        return []


@pytest.fixture
def judges():
    """``judges(process)``: the living judge processes among its children, this process's by default."""

    def found(process=None, recursive=False):
        children = (process or psutil.Process()).children(recursive)
        return [child for child in children if "assay.sandbox.judge_program" in _command(child)]

    return found


HANG = 300
"""A guard against waiting for ever, not a claim."""


@pytest.fixture(scope="session")
def command():
    """``command(*arguments, cwd=".")``: a command of ours in this process, as the outcome of one in its own would be.

    To start an interpreter and to import takes longer than most commands do.
    """
    from assay.cli import main

    def hangs(*_):
        raise TimeoutError(f"{' '.join(sys.argv)} did not end")

    def run(*arguments, cwd="."):
        said, told, given = io.StringIO(), io.StringIO(), sys.argv
        sys.argv = ["assay", *map(str, arguments)]
        before = signal.signal(signal.SIGALRM, hangs)
        signal.alarm(HANG)
        try:
            with contextlib.chdir(cwd), contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
                main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
            sys.argv = given
        return SimpleNamespace(returncode=code, stdout=said.getvalue(), stderr=told.getvalue())

    return run


@pytest.fixture(autouse=True, scope="session")
def _no_process_is_left_behind():
    yield
    commands = map(_command, psutil.Process().children(recursive=True))
    compilers = "torch/_inductor/compile_worker"  # they stay as long as the process that compiles on a GPU
    ours = [
        words
        for words in commands
        if any("assay" in word or "worker" in word for word in words) and not any(compilers in word for word in words)
    ]
    assert not ours, f"processes left behind: {ours}"


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
    """``hostile(body, before_jail="pass")``: a judge whose worker program is replaced.

    ``body`` is the source of ``serve(channel, runner)``, which runs after the jail is on, in place of everything
    the real worker would do once it is up; ``inputs`` and ``output`` are the mapped buffers, ``answer(message)``
    is one honest trial of the candidate in ``namespace``.
    """
    judges = []

    def build(body, before_jail="pass"):
        indented = "\n".join("    " + line for line in body.splitlines())
        program = tmp_path / f"hostile{len(judges)}.py"
        program.write_text(
            "import array, ctypes, os, signal, socket, struct, sys, time, threading, mmap\n"
            "import importlib.util, resource\n"
            "from inside import jail, worker, zygote\n"
            "from inside.protocol import DONE, READY, UP\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "lock = jail.Jail.lock\n"
            "def hostile(channel, runner):\n"
            "    inputs, output, namespace = runner.inputs, runner.output, runner.namespace\n"
            "    runner.entry, answer = 'matmul', runner.answer\n"
            f"{indented}\n"
            "def serve(channel, runner):\n"
            "    os.write(channel, UP)\n"
            "    hostile(channel, runner)\n"
            "def before(self, *arguments):\n"
            f"    {before_jail}\n"
            "    lock(self, *arguments)\n"
            "worker.serve = serve; jail.Jail.lock = before\n"
            "zygote.main()\n"
        )
        judge = Judge(MATMUL, worker_program=program, policy=False)
        judges.append(judge)
        return judge

    yield build
    for judge in judges:
        judge.close()
