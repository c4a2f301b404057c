"""The warm process from which those are forked in which hostile source is parsed, as a program.

It reads no source itself. Commands of the judge, one message each: ``F`` forks a child, and is answered by its pid, its
channel and its pidfd; ``W`` and a pid asks whether that child has been killed, and is answered ``K`` or ``-``; ``B``
and a pid waits for a child that the judge has killed, without an answer. The program ends with the judge's socket.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import struct
import sys
import time
import warnings

from .inside import linux
from .inside.jail import Jail
from .policy import DEPTH_LIMIT
from .policy_child import check, serve

FORK, WAS_KILLED, BURY = b"F", b"W", b"B"
KILLED, UNFORKED = b"K", b"!"
PID = struct.Struct("<i")
_CHANNEL = 3  # the one descriptor of a child beside the standard ones
_SAMPLE = "def f(A):\n    return [[sum(x * y for x, y in zip(a, a)) for _ in range(2)] for a in A]\n"
_RECURSION_LIMIT = 10 * DEPTH_LIMIT  # a visitor takes a few frames a level
_ENDING_SECONDS, _LOOKS = 0.05, 20  # a channel closes a little before its process has ended


def _run(jail: Jail | None, theirs: socket.socket, language: str, unsafe: bool) -> None:
    """Be a child, which keeps its channel and nothing else of this process."""
    code = 1
    try:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        channel = os.dup2(theirs.fileno(), _CHANNEL)
        os.dup2(0, 2)  # /dev/null: our standard error is the judge's, and perhaps a terminal
        os.closerange(_CHANNEL + 1, 1 << 16)
        serve(jail, channel, language, unsafe)
        code = 0
    finally:
        os._exit(code)


def _fork(control: socket.socket, jail: Jail | None, language: str, unsafe: bool) -> None:
    """Fork a child, and give the judge what it is reached by. Raises OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        pid = os.fork()
        if pid == 0:
            _run(jail, theirs, language, unsafe)
        try:
            pidfd = os.pidfd_open(pid)
            try:
                socket.send_fds(control, [PID.pack(pid)], [ours.fileno(), pidfd])
            finally:
                os.close(pidfd)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise


def _killed(pid: int) -> bool:
    """Whether the child, which has closed its channel, has been killed: only the judge or the host does that."""
    for _ in range(_LOOKS):
        time.sleep(_ENDING_SECONDS)
        if end := os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return end.si_code == os.CLD_KILLED and end.si_status == signal.SIGKILL
    return False


def main(control: socket.socket, language: str, unsafe: bool) -> None:
    """Serve until the other end closes."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # inherited as ignored, no child of ours could be waited for
    sys.setrecursionlimit(_RECURSION_LIMIT)
    try:
        jail = Jail()
    except KeyError:
        jail = None
    check(_SAMPLE, language)  # whatever it caches is shared by the children
    gc.collect()
    gc.freeze()
    while message := control.recv(64):
        if message == FORK:
            try:
                _fork(control, jail, language, unsafe)
            except OSError:  # no process or descriptor is left for a child
                control.send(UNFORKED)
            continue
        (pid,) = PID.unpack(message[1:])
        if message[:1] == WAS_KILLED:
            control.send(KILLED if _killed(pid) else b"-")
        else:
            os.waitpid(pid, 0)


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError):  # the judge has gone
        main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3] == "unsafe")
