"""The disposable process in which hostile source is parsed, as a program.

One warm process forks a child for each source; the child locks itself into the jail core, checks, answers and
exits. A child that crashes, hangs or is killed has refused the source. An answer forged by an exploit of the
parser passes this layer only: three remain.
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

from .inside.jail import Jail
from .policy import DEPTH_LIMIT, SOURCE_LIMIT, Complaint, check_source
from .policy_process import ANSWER_LIMIT, UNLOCKED

_ADDRESS_SPACE = 2**30
_WALL_SECONDS = 2.0
_COMPLAINTS_LIMIT = 20
_REASON_LIMIT = 300
_RECURSION_LIMIT = 10 * DEPTH_LIMIT  # a visitor takes a few frames a level


def _child(jail: Jail, source: bytes, answer_fd: int) -> None:
    try:
        jail.lock(_ADDRESS_SPACE)
    except BaseException:
        os.write(answer_fd, UNLOCKED)
        return
    complaints = check_source(source.decode())[:_COMPLAINTS_LIMIT]
    rows = [{**asdict(c), "reason": ascii(c.reason)[1:-1][:_REASON_LIMIT]} for c in complaints]
    os.write(answer_fd, json.dumps(rows).encode())  # 20 rows of 300 ASCII characters: within the limit


def _kill(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _check_in_child(jail: Jail, source: bytes) -> bytes:
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(receive)
            _child(jail, source, send)
            code = 0
        finally:
            os._exit(code)
    os.close(send)
    answer, deadline = b"", time.monotonic() + _WALL_SECONDS
    try:
        while len(answer) < ANSWER_LIMIT and (left := deadline - time.monotonic()) > 0:
            if not select.select([receive], [], [], left)[0]:
                break
            chunk = os.read(receive, ANSWER_LIMIT)
            if not chunk:
                break
            answer += chunk
    finally:
        os.close(receive)
        _kill(pid)
    if answer:
        return answer
    refused = Complaint("limits", 0, 0, "the source could not be parsed within bounds of time and memory")
    return json.dumps([asdict(refused)]).encode()


def main(control: socket.socket) -> None:
    """Serve until the other end closes."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_RECURSION_LIMIT)
    jail = Jail()
    gc.collect()
    gc.freeze()
    while message := control.recv(SOURCE_LIMIT + 16):
        control.send(_check_in_child(jail, message[1:]))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
