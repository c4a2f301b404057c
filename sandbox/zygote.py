"""The judge's end of the zygote: start it, have workers forked, have them reaped.

The zygote is *executed*, never forked, so that nothing of the judge is in its memory. The program it runs is
a parameter: the hostile workers of the tests and the ablation of the attacks bring their own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from .errors import InfraError
from .worker import ADDRESS_SPACE

WORKER_PROGRAM = Path(__file__).with_name("worker.py")
_REPLY_SECONDS = 10.0


class Forked(NamedTuple):
    """A worker: its pid here, a pidfd, and its pid as the zygote knows it."""

    pid: int
    pidfd: int
    zygote_pid: int


class Zygote:
    """A running zygote. Raises InfraError where it does not start or no longer answers."""

    def __init__(self, program: Path = WORKER_PROGRAM) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-S", "-B", "-W", "ignore", str(program), str(theirs.fileno())]
        try:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env={},
                cwd="/",
                process_group=0,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        except OSError as error:
            ours.close()
            raise InfraError(f"the zygote could not be started: {error}") from error
        finally:
            theirs.close()
        ours.settimeout(_REPLY_SECONDS)
        self._socket = ours
        if self._receive(1) != b"Z":
            self.close()
            raise InfraError("the zygote did not start")

    def _receive(self, size: int) -> bytes:
        try:
            return self._socket.recv(size)
        except OSError as error:
            raise InfraError(f"the zygote does not answer: {error}") from error

    def fork(self, descriptors: list[int]) -> Forked:
        """A new worker that holds channel, input and output; the caller owns the pidfd."""
        try:
            socket.send_fds(self._socket, [b"F" + struct.pack("<Q", ADDRESS_SPACE)], descriptors)
            message, received, _, _ = socket.recv_fds(self._socket, 256, 1)
        except OSError as error:
            raise InfraError(f"the zygote does not answer: {error}") from error
        if not received:
            raise InfraError(f"the zygote could not fork: {message[1:].decode(errors='replace')}")
        return Forked(_pid_of(received[0]), received[0], struct.unpack("<i", message)[0])

    def reap(self, worker: Forked) -> int:
        """Wait for a killed or ended worker; its wait status."""
        try:
            self._socket.send(b"W" + struct.pack("<i", worker.zygote_pid))
        except OSError as error:
            raise InfraError(f"the zygote does not answer: {error}") from error
        return struct.unpack("<i", self._receive(4))[0]

    def close(self) -> None:
        """End the zygote and, through their parent-death signal, every worker of it. Safe to call twice."""
        self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def _pid_of(pidfd: int) -> int:
    """The pid behind a pidfd in our own namespace, whatever the zygote calls it."""
    info = Path(f"/proc/self/fdinfo/{pidfd}").read_text()
    for line in info.splitlines():
        if line.startswith("Pid:"):
            pid = int(line.split()[1])
            if pid > 0:
                return pid
    os.close(pidfd)
    raise InfraError("the new worker ended before it was seen")
