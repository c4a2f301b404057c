"""Fixtures of the fault tests: judges in processes of their own, which can be killed, paused and starved."""

import contextlib
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assay.rewards.tasks.matmul import MATMUL
from assay.sandbox import Status
from assay.sandbox.server import JudgeProcess

LACKING = Path(__file__).with_name("lacking.py")


@pytest.fixture(scope="session")
def endurance():
    """The benchmark script: what it measures at length is tested here in short."""
    path = Path(__file__).parents[2] / "benchmarks" / "endurance.py"
    if not path.exists():
        pytest.skip("benchmarks/ is not beside these tests")
    spec = importlib.util.spec_from_file_location("endurance", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def remote():
    """A judge in a process of its own, which may be starved without starving the tests."""
    with JudgeProcess(MATMUL) as judge:
        judge.ready()
        yield judge


@pytest.fixture
def ask(endurance):
    """``ask(judge, code=honest, looks=())``: a verdict on fresh data."""

    def run(judge, code=endurance.FAST, looks=()):
        return judge.judge(code, os.urandom(16), looks)

    return run


@pytest.fixture
def never_blamed(ask):
    """``never_blamed(judge, times)``: that honest kernels are right or a fault of ours; the reasons of the latter."""

    def run(judge, times=3):
        verdicts = [ask(judge) for _ in range(times)]
        assert {verdict.status for verdict in verdicts} <= {Status.CORRECT, Status.INFRA}, verdicts
        return [verdict.findings[0].evidence for verdict in verdicts if verdict.status is Status.INFRA]

    return run


@pytest.fixture
def tree():
    """``tree(judge)``: the process of a remote judge and all below it."""

    def run(judge):
        process = psutil.Process(judge._process.pid)
        return [process, *process.children(recursive=True)]

    return run


@pytest.fixture
def parts(endurance):
    """``parts(judge)``: the processes below a remote judge by what they are, once it is at rest: after its answer it
    buries some of them and forks others."""

    def run(judge):
        deadline, before = time.monotonic() + 10, None
        while time.monotonic() < deadline:
            found = endurance.parts(psutil.Process(judge._process.pid))
            whole = all(found[kind] for kind in ("worker", "zygote", "serving zygote", "policy", "policy child"))
            if whole and found == before:
                return found
            before = found
            time.sleep(0.05)
        raise AssertionError(f"the judge never had all its processes: {found}")

    return run


@pytest.fixture
def group(tmp_path):
    """``group(hierarchy)``: a control group of version 1, for hosts that have those. Ask for it before judges: they
    must have left it."""
    made = []

    def make(hierarchy):
        path = hierarchy / f"test-{tmp_path.name}"
        try:
            path.mkdir()
        except OSError as error:
            pytest.skip(f"no control group can be made: {error}")
        made.append(path)
        return path

    yield make
    for path in made:
        for pid in (path / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                (path.parent / "cgroup.procs").write_text(pid)
        deadline = time.monotonic() + 10
        while path.exists():
            try:
                path.rmdir()
            except OSError:  # the kernel is still burying the last process
                assert time.monotonic() < deadline
                time.sleep(0.02)


@pytest.fixture
def host():
    """``host(names, *arguments)``: the outcome of a command of ours on a host that lacks what is named."""

    def run(names, *arguments):
        command = [sys.executable, str(LACKING), *names.split(), "--"]
        program = "from assay.cli import main; main()"
        command += [sys.executable, "-c", program, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    return run


@pytest.fixture
def kernel(tmp_path, endurance):
    """A file with an honest kernel."""
    path = tmp_path / "kernel.py"
    path.write_text(endurance.FAST)
    return path
