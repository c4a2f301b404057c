"""The disposable process in which hostile source is parsed, as a program.

One warm process forks a child for each source, ahead of it if asked; the child locks itself into the jail core,
checks, answers and exits. A child that crashes, hangs or is killed has refused the source. An answer forged by an
exploit of the parser passes this layer only: three remain.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import unicodedata  # noqa: F401  (the parser needs it, and cannot load it in the jail)
import warnings
from dataclasses import asdict

from .inside import linux
from .inside.jail import Jail
from .policy import DEPTH_LIMIT, SOURCE_LIMIT, Complaint, check_source
from .policy_c import check_c_source

ANSWER_LIMIT = 16 * 1024
PREPARE = b"P"
"""What has a child forked ahead of the source that it will check."""
UNLOCKED = b"!"
"""The answer where no child could be started and enter its jail: a fault of ours, not of the source."""
_ADDRESS_SPACE = 2**30
_SLICES, _SLICE_SECONDS = 40, 0.05  # how long a source is waited for; a pause of the whole machine takes one slice
_LOCKED = b"L"
_COMPLAINTS_LIMIT = 20
_REASON_LIMIT = 300
_SAMPLE = "def f(A):\n    return [[sum(x * y for x, y in zip(a, a)) for _ in range(2)] for a in A]\n"
_SMALL_SAMPLE = "def f(A):\n    return [x for x in A]\n"
_RECURSION_LIMIT = 10 * DEPTH_LIMIT  # a visitor takes a few frames a level


def _check(source: str, language: str) -> list[Complaint]:
    return check_c_source(source) if language == "c" else check_source(source, language)


def _serve(jail: Jail | None, channel: int, language: str, unsafe: bool) -> None:
    """In the child: lock down, read one source, answer."""
    try:
        if jail is None:
            raise OSError("no system calls are known of this machine")
        jail.lock(_ADDRESS_SPACE)
    except BaseException:
        if not unsafe:
            os.write(channel, UNLOCKED)
            return
    _check(_SMALL_SAMPLE, language)  # brings the memory that checking writes to into this process, before anybody waits
    os.write(channel, _LOCKED)
    complaints = _check(os.read(channel, SOURCE_LIMIT + 16).decode(), language)[:_COMPLAINTS_LIMIT]
    rows = [{**asdict(c), "reason": ascii(c.reason)[1:-1][:_REASON_LIMIT]} for c in complaints]
    os.write(channel, json.dumps(rows).encode())  # 20 rows of 300 ASCII characters: within the limit
    os.read(channel, 1)  # to end takes time on the core where somebody waits for this answer


def _refused() -> bytes:
    reason = "the source could not be parsed within bounds of time and memory"
    return json.dumps([asdict(Complaint("limits", 0, 0, reason))]).encode()


class Child:
    """One disposable process, forked ahead of the one source that it will read."""

    def __init__(self, jail: Jail | None, control: socket.socket, language: str, unsafe: bool) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
                control.close()
                self._channel.close()
                _serve(jail, theirs.fileno(), language, unsafe)
                code = 0
            finally:
                os._exit(code)
        theirs.close()

    def _receive(self) -> bytes:
        if any(select.select([self._channel], [], [], _SLICE_SECONDS)[0] for _ in range(_SLICES)):
            return self._channel.recv(ANSWER_LIMIT + 1)
        return b""

    def check(self, source: bytes) -> bytes:
        """Its answer; empty where it gives none within bounds, UNLOCKED where it did not get so far as to be given
        the source: none can bring that about."""
        try:
            if self._receive() != _LOCKED:
                return UNLOCKED
        except OSError:
            return UNLOCKED
        with contextlib.suppress(OSError):
            self._channel.send(source)
            answer = self._receive()
            return answer if answer != UNLOCKED else b""
        return b""

    def killed(self) -> bool:
        """Whether it has been killed, which only we or the host do."""
        if not select.select([self._channel], [], [], 0)[0]:  # it runs on: the end of its channel would show
            return False
        time.sleep(_SLICE_SECONDS)  # its channel closes a little before it has ended
        end = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return end is not None and end.si_code == os.CLD_KILLED and end.si_status == signal.SIGKILL

    def halt(self) -> None:
        """Keep it from its core, whatever it does, until it is closed: that can wait until nobody waits."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGSTOP)

    def close(self) -> None:
        """Kill and reap."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def main(control: socket.socket, language: str, unsafe: bool) -> None:
    """Serve until the other end closes."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_RECURSION_LIMIT)
    try:
        jail = Jail()
    except KeyError:
        jail = None
    _check(_SAMPLE, language)  # whatever it caches is shared by the children
    gc.collect()
    gc.freeze()
    spare: Child | None = None
    done: list[Child] = []
    while message := control.recv(SOURCE_LIMIT + 16):
        try:
            if spare is None:
                _bury(done)
                spare = Child(jail, control, language, unsafe)
            if message == PREPARE:
                continue
            answer = spare.check(message[1:])
            if answer in (b"", UNLOCKED) and spare.killed():  # by somebody, or for want of memory: once more
                _bury([spare])
                spare = None
                spare = Child(jail, control, language, unsafe)
                answer = spare.check(message[1:])
        except OSError:  # no process or descriptor is left for a child
            answer = UNLOCKED
        if spare is not None and message != PREPARE:
            spare.halt()
            done.append(spare)
            spare = None
        if message != PREPARE:
            control.send(answer or _refused())
    _bury([*done, spare] if spare else done)


def _bury(children: list[Child]) -> None:
    while children:
        children.pop().close()


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError):  # the judge has gone
        main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3] == "unsafe")
