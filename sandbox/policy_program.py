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
import unicodedata  # noqa: F401  (the parser needs it, and cannot load it in the jail)
import warnings
from dataclasses import asdict

from .inside.jail import Jail
from .policy import DEPTH_LIMIT, SOURCE_LIMIT, Complaint, check_source
from .policy_process import ANSWER_LIMIT, PREPARE, UNLOCKED

_ADDRESS_SPACE = 2**30
_WALL_SECONDS = 2.0
_COMPLAINTS_LIMIT = 20
_REASON_LIMIT = 300
_SAMPLE = "def f(A):\n    return [[sum(x * y for x, y in zip(a, a)) for _ in range(2)] for a in A]\n"
_RECURSION_LIMIT = 10 * DEPTH_LIMIT  # a visitor takes a few frames a level


def _serve(jail: Jail, channel: int, language: str) -> None:
    """In the child: lock down, read one source, answer."""
    try:
        jail.lock(_ADDRESS_SPACE)
    except BaseException:
        os.write(channel, UNLOCKED)
        return
    check_source(_SAMPLE)  # brings the memory that checking writes to into this process, before anybody waits
    complaints = check_source(os.read(channel, SOURCE_LIMIT + 16).decode(), language)[:_COMPLAINTS_LIMIT]
    rows = [{**asdict(c), "reason": ascii(c.reason)[1:-1][:_REASON_LIMIT]} for c in complaints]
    os.write(channel, json.dumps(rows).encode())  # 20 rows of 300 ASCII characters: within the limit


class Child:
    """One disposable process, forked ahead of the one source that it will read."""

    def __init__(self, jail: Jail, control: socket.socket, language: str) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                control.close()
                self._channel.close()
                _serve(jail, theirs.fileno(), language)
                code = 0
            finally:
                os._exit(code)
        theirs.close()

    def check(self, source: bytes) -> bytes:
        """Its answer, or our own where it gives none within bounds."""
        answer = b""
        with contextlib.suppress(OSError):
            self._channel.send(source)
            if select.select([self._channel], [], [], _WALL_SECONDS)[0]:
                answer = self._channel.recv(ANSWER_LIMIT + 1)
        if answer:
            return answer
        refused = Complaint("limits", 0, 0, "the source could not be parsed within bounds of time and memory")
        return json.dumps([asdict(refused)]).encode()

    def close(self) -> None:
        """Kill and reap."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def main(control: socket.socket, language: str) -> None:
    """Serve until the other end closes."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_RECURSION_LIMIT)
    jail = Jail()
    check_source(_SAMPLE)  # whatever it caches is shared by the children
    gc.collect()
    gc.freeze()
    spare: Child | None = None
    while message := control.recv(SOURCE_LIMIT + 16):
        spare = spare or Child(jail, control, language)
        if message != PREPARE:
            control.send(spare.check(message[1:]))
            spare.close()
            spare = None
    if spare is not None:
        spare.close()


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])
