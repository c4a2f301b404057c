"""A judge whose every candidate may be the worker itself: its text is what the worker runs, once it is locked up."""

import os
import textwrap

import pytest

from assay.rewards.tasks.matmul import BASELINE, MATMUL
from assay.sandbox import Judge, Status

MARK = "# the worker's own program\n"

# What a hostile text finds: say(bytes) and ask() speak and listen on the channel; answer(message) is one honest trial
# of the baseline, once load() has run; inputs and output are the mapped buffers, unpack_trial reads a message.
PROGRAM = f"""
import _thread, array, ctypes, fcntl, mmap, os, random, resource, signal, socket, struct, sys, threading, time
from inside import jail, linux, seccomp, worker, zygote
from inside.protocol import DONE, EXCEPTION, READY, UP, unpack_trial

libc = ctypes.CDLL(None, use_errno=True)

def serve(channel, runner):
    def say(message):
        return os.write(channel, message)
    def ask():
        return os.read(channel, 4096)
    def load():
        runner.load({BASELINE!r}.encode(), "matmul")
    say(UP)
    entry, _, source = os.read(channel, 1 << 17).partition(b"\\0")
    if source.startswith({MARK!r}.encode()):
        names = dict(globals(), channel=channel, inputs=runner.inputs, output=runner.output, source=source)
        exec(source, dict(names, say=say, ask=ask, load=load, answer=runner.answer))
        os._exit(0)
    status, text = runner.load(source, entry.decode())
    say(status + text)
    while message := ask():
        status, text = runner.answer(message)
        say(status + text)

worker.serve = serve
"""
# For an attacker who was there before the jail: nothing that a worker inherits is closed (descriptors 4 and 5 are
# inputs and output, 100 is /proc), and SETUP runs before the lock.
PREPARED = """
os.dup2(os.open("/proc", os.O_PATH | os.O_DIRECTORY), 100)
os.closerange = lambda low, high: None
lock = jail.Jail.lock
def before(self, *arguments):
{setup}
    lock(self, *arguments)
jail.Jail.lock = before
"""
START = "zygote.main()\n"
BEHAVE = "load(); say(READY)\nwhile True:\n    status, _ = answer(ask())\n    say(status)\n"


@pytest.fixture(scope="session")
def owned_judge(tmp_path_factory):
    program = tmp_path_factory.mktemp("owned") / "program.py"
    program.write_text(PROGRAM + START)
    with Judge(MATMUL, worker_program=program, policy=False) as judge:
        yield judge


@pytest.fixture(scope="session")
def owned(owned_judge):
    """``owned(body, looks=())``: the verdict on a worker that runs ``body``; asserts that the judge judges on."""

    def run(body, looks=(), secret=None):
        verdict = owned_judge.judge(MARK + body, secret or os.urandom(16), looks)
        after = owned_judge.judge(BASELINE, os.urandom(16), ())
        assert after.status is Status.CORRECT, after.findings
        assert verdict.status is not Status.INFRA, verdict.findings
        return verdict

    return run


@pytest.fixture
def prepared(tmp_path):
    """``prepared(setup, body, looks=())``: the same for a worker that ran ``setup`` before its jail was locked, and
    holds every descriptor that it was born with."""

    def run(setup, body, looks=()):
        program = tmp_path / "prepared.py"
        program.write_text(PROGRAM + PREPARED.format(setup=textwrap.indent(setup, "    ")) + START)
        with Judge(MATMUL, worker_program=program, policy=False) as judge:
            verdict = judge.judge(MARK + body, os.urandom(16), looks)
            after = judge.judge(BASELINE, os.urandom(16), ())
        assert after.status is Status.CORRECT, after.findings
        assert verdict.status is not Status.INFRA, verdict.findings
        return verdict

    return run


@pytest.fixture
def honest(owned):
    """The verdict on a worker that is owned and behaves, timed on 20 pairs, just before it is compared with."""
    verdict = owned(BEHAVE, (20,))
    assert verdict.status is Status.CORRECT, verdict.findings
    return verdict


@pytest.fixture
def gains_nothing(honest):
    """Asserts that a verdict is not correct, or that what it is sure to be worth is what honest work may be worth."""

    def check(verdict):
        if verdict.status is Status.CORRECT:
            assert verdict.timing.low <= honest.timing.high * (1 + MATMUL.dead_band), verdict.timing

    return check
