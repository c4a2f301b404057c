"""A process in which hostile source is parsed: forked from the warm policy program, locked into the jail core."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
import unicodedata  # noqa: F401  (the parser needs it, and cannot load it in the jail)
from dataclasses import asdict

from .inside import linux
from .inside.jail import Jail
from .policy import SOURCE_LIMIT, Complaint, check_source
from .policy_c import check_c_source

ANSWER_LIMIT = 16 * 1024
ALLOWED = b"[]"
"""The answer to a source that nothing was found in."""
UNLOCKED = b"!"
"""The answer where no child could be started and enter its jail: a fault of ours, not of the source."""
_SLICES, _SLICE_SECONDS = 40, 0.05  # how long a source is waited for; a pause of the whole machine takes one slice
_ADDRESS_SPACE = 2**30
_CHANNEL = 3  # the one descriptor of a child beside the standard ones
_LOCKED = b"L"
_COMPLAINTS_LIMIT = 20
_REASON_LIMIT = 300
_SMALL_SAMPLE = "def f(A):\n    return [x for x in A]\n"


def check(source: str, language: str) -> list[Complaint]:
    """What the policy of the language has against the source."""
    return check_c_source(source) if language == "c" else check_source(source, language)


def to_answer(complaints: list[Complaint]) -> bytes:
    """The answer that tells them: 20 rows of 300 ASCII characters at most, which is within its limit."""
    rows = [{**asdict(c), "reason": ascii(c.reason)[1:-1][:_REASON_LIMIT]} for c in complaints[:_COMPLAINTS_LIMIT]]
    return json.dumps(rows).encode()


def _serve(jail: Jail | None, channel: int, language: str, unsafe: bool) -> None:
    """In the child: lock down, then read sources and answer until the other end closes."""
    try:
        if jail is None:
            raise OSError("no system calls are known of this machine")
        jail.lock(_ADDRESS_SPACE)
    except BaseException:
        if not unsafe:
            os.write(channel, UNLOCKED)
            return
    check(_SMALL_SAMPLE, language)  # brings the memory that checking writes to into this process, before anybody waits
    os.write(channel, _LOCKED)
    while message := os.read(channel, SOURCE_LIMIT + 16):
        os.write(channel, to_answer(check(message[1:].decode(), language)))


class Child:
    """One process, forked ahead of the sources that it will read.

    It stands still but for the time in which an answer of it is waited for: whatever a source may have made of it,
    it takes nothing of the core on which candidates are timed.
    """

    def __init__(self, jail: Jail | None, language: str, unsafe: bool) -> None:
        self.sources, self._locked = 0, False
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
                channel = os.dup2(theirs.fileno(), _CHANNEL)
                os.closerange(_CHANNEL + 1, 1 << 16)  # our ends of the other children's channels among them
                _serve(jail, channel, language, unsafe)
                code = 0
            finally:
                os._exit(code)
        theirs.close()

    def _receive(self, slices: int) -> bytes:
        if any(select.select([self._channel], [], [], _SLICE_SECONDS)[0] for _ in range(slices)):
            return self._channel.recv(ANSWER_LIMIT + 1)
        return b""

    def check(self, message: bytes, slices: int = _SLICES) -> bytes:
        """Its answer to a source with one byte before it; empty where it gives none within bounds, UNLOCKED where it
        did not get so far as to be given its first source: none can bring that about."""
        try:
            if not self._locked and self._receive(_SLICES) != _LOCKED:
                return UNLOCKED
        except OSError:
            return UNLOCKED
        self._locked = True
        with contextlib.suppress(OSError):
            if self.sources:
                self._signal(signal.SIGCONT)
            self.sources += 1
            self._channel.send(message)
            answer = self._receive(slices)
            self.halt()
            return answer if answer != UNLOCKED else b""
        return b""

    def halt(self) -> None:
        """Keep it from its core, whatever it does, until it is asked again or closed."""
        self._signal(signal.SIGSTOP)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, number)

    def killed(self) -> bool:
        """Whether it has been killed, which only we or the host do."""
        if not select.select([self._channel], [], [], 0)[0]:  # it runs on: the end of its channel would show
            return False
        time.sleep(_SLICE_SECONDS)  # its channel closes a little before it has ended
        end = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return end is not None and end.si_code == os.CLD_KILLED and end.si_status == signal.SIGKILL

    def close(self) -> None:
        """Kill and reap."""
        self._channel.close()
        self._signal(signal.SIGKILL)
        os.waitpid(self._pid, 0)
