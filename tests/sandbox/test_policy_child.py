"""The processes that read hostile sources: one that a source has made its own has no other source refused."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from assay.sandbox import policy_process, policy_readers
from assay.sandbox.policy_process import PolicyChecker

HONEST = "def f(A):\n    return [[x + 1 for x in row] for row in A]\n"
HACK = "import os\n"
OWN = "# this source owns the process that reads it\n"
# The policy's program, but for a parser with a hole: after OWN its process runs BODY instead of checking.
RIGGED = """
import os, socket, sys, time
from assay.sandbox import policy_child, policy_program
from assay.sandbox.policy import Complaint
sound, owned = policy_child.check, False

def to_all(message):
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, message)
        except OSError:
            pass

def check(source, language):
    global owned
    if owned:
        {body}
    owned = source.startswith({own!r})
    return sound(source, language)

policy_child.check = check
policy_program.main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], False)
"""
LIES = {
    "refuses": "return [Complaint('forbidden', 1, 0, 'import of os')]",
    "blames the syntax": "return [Complaint('syntax', 1, 0, 'invalid')]",
    "says that it is not locked": "policy_child.to_answer = lambda complaints: policy_child.UNLOCKED",
    "answers garbage": "policy_child.to_answer = lambda complaints: b'\\xff' * 100",
    "answers nothing": "policy_child.to_answer = lambda complaints: b''",
    "floods": "policy_child.to_answer = lambda complaints: b'[' * 65536",
    "ends": "os._exit(0)",
    "raises": "raise MemoryError",
    "is killed by the jail": "os.fork()",
    "answers late": "[None for _ in iter(lambda: time.process_time() < 0.6, False)]",
    "never answers": "[None for _ in iter(int, 1)]",
}


@pytest.fixture
def rigged(tmp_path, monkeypatch):
    """``rigged(body, sources=1000)``: a checker whose child runs ``body`` once it has read OWN."""
    checkers = []

    def start(body="pass", sources=1000):
        program = tmp_path / "rigged.py"
        program.write_text(RIGGED.format(body=body, own=OWN))
        monkeypatch.setattr(policy_readers, "_SOURCES", sources)
        monkeypatch.setattr(policy_process, "module_command", lambda _, *rest: [sys.executable, str(program), *rest])
        checkers.append(PolicyChecker())
        return checkers[-1]

    yield start
    for checker in checkers:
        checker.close()


def children(checker):
    return {child.pid for child in psutil.Process(checker._program.process.pid).children()}


@pytest.mark.parametrize("lie", LIES)
def test_a_source_that_owns_its_reader_has_no_later_one_refused_nor_called_a_fault_of_ours(rigged, lie):
    checker = rigged(LIES[lie])
    assert checker.check(OWN + HONEST) == ()
    for _ in range(3):
        assert checker.check(HONEST) == ()
        assert [finding.check for finding in checker.check(HACK)] == ["forbidden"]
    assert checker._program.process.poll() is None  # the program around it is the one that was started


def test_an_owned_reader_that_answers_without_reading_does_not_hold_up_the_judge(rigged):
    checker = rigged("while True: os.write(3, policy_child.ALLOWED)")
    assert checker.check(OWN + HONEST) == ()
    with ThreadPoolExecutor(1) as thread:
        several = thread.submit(lambda: [checker.check(HONEST + "# unread\n" * 1_000) for _ in range(60)])
        try:
            assert several.result(60) == [()] * 60  # more than a channel holds
        except TimeoutError:
            checker._program.process.kill()
            raise


@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("message", [b"\0import os", b"!", b"P", b""])
def test_an_owned_reader_reaches_no_other_and_not_the_program(rigged, message, ahead):
    checker = rigged(f"to_all({message!r})")
    for source in (OWN + HONEST, HONEST, HONEST, HONEST):
        if ahead:
            checker.prepare()  # what decides later is there already, and has read nothing
        assert checker.check(source) == ()
        assert [finding.check for finding in checker.check(HACK)] == ["forbidden"]


def test_an_owned_reader_has_no_stream_of_the_judges(rigged, capfd):
    checker = rigged("for stream in (0, 1, 2): os.write(stream, b'owned')")
    for source in (OWN + HONEST, HONEST, HONEST):
        assert checker.check(source) == ()
    assert "owned" not in "".join(capfd.readouterr())


def test_an_owned_reader_that_lies_once_is_not_asked_again(rigged):
    checker = rigged(LIES["refuses"])
    assert checker.check(OWN + HONEST) == ()
    owned = children(checker)
    assert checker.check(HONEST) == ()
    checker.prepare()
    assert checker.check(HONEST) == ()
    assert not owned & children(checker)


def test_sources_that_pass_are_read_by_one_process(rigged):
    checker = rigged()
    assert checker.check(HONEST) == ()
    reader = children(checker)
    assert len(reader) == 1
    for number in range(5):
        assert checker.check(f"{HONEST}# {number}\n") == ()
    assert children(checker) == reader


def test_a_refused_source_is_read_again_by_a_process_that_has_read_nothing_before(rigged):
    checker = rigged()
    assert checker.check(HONEST) == ()
    reader = children(checker)
    assert checker.check(HACK)
    assert reader < children(checker)


@pytest.mark.parametrize("refused", [HACK, "def f(:\n", "x = " + "(" * 500])
def test_a_reader_that_refuses_what_a_new_one_refuses_reads_on(rigged, refused):
    checker = rigged()
    assert checker.check(HONEST) == ()
    reader = children(checker)
    first, second = checker.check(refused), checker.check(refused)
    assert first == second != ()
    assert checker.check(HONEST) == ()
    assert reader < children(checker)


def test_a_process_reads_a_bounded_number_of_sources(rigged):
    checker = rigged(sources=3)
    seen = set()
    for _ in range(7):
        assert checker.check(HONEST) == ()
        seen |= children(checker)
    assert len(seen) == 3


def test_a_long_source_is_the_last_that_its_process_reads(rigged):
    checker = rigged()
    assert checker.check(HONEST + "# long\n" * 3_000) == ()
    reader = children(checker)
    assert checker.check(HONEST) == ()
    assert not reader & children(checker)


@pytest.mark.parametrize("source", [HONEST, HACK, ""])
def test_a_reader_stands_still_while_no_answer_of_it_is_waited_for(rigged, source):
    checker = rigged()
    checker.check(source)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        states = {psutil.Process(pid).status() for pid in children(checker)}
        if states == {psutil.STATUS_STOPPED}:
            return
        time.sleep(0.01)
    raise AssertionError(states)
