"""The judge's end of the zygote: start it, have workers forked, have them reaped.

The zygote is *executed*, never forked, so that nothing of the judge is in its memory. A program to run in place
of the real one is a parameter: the hostile workers of the tests and the ablation of the attacks bring their own.
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

import numpy as np

from .cgroup import ControlGroup
from .errors import InfraError
from .inside.jail import ADDRESS_SPACE

INSIDE = Path(__file__).with_name("inside")
_REPLY_SECONDS = 10.0
_REPLY_BYTES = 4096
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Forked(NamedTuple):
    """A worker: its pid here, a pidfd, and its pid as the zygote knows it."""

    pid: int
    pidfd: int
    zygote_pid: int


class Zygote:
    """A running zygote for one language, in a control group where the host allows one.

    ``report`` tells for each protection that was tried in it why it is not there, or an empty string; ``group``
    is the control group, or why there is none. Raises InfraError where it does not start or no longer answers.
    """

    def __init__(self, language: str = "python", program: Path | None = None) -> None:
        self.language = language
        try:
            self.group: ControlGroup | str = ControlGroup()
        except OSError as error:
            self.group = str(error)
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            raise InfraError(f"the zygote could not be started: {error}") from error
        command = [sys.executable, "-I", "-S", "-B", "-W", "ignore", str(INSIDE), str(theirs.fileno())]
        command += [language, str(Path(np.__file__).parent.parent)]
        try:
            self._process = subprocess.Popen(
                [*command, str(program)] if program else command,
                pass_fds=[theirs.fileno()],
                env=_ENVIRONMENT,  # threads of BLAS would be killed, not run
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
        try:
            self._admit()
            hello = self._receive(_REPLY_BYTES)
        except InfraError:
            hello = b""
        if hello[:1] != b"Z":
            self.close()
            raise InfraError("the zygote did not start")
        self.report = dict(line.split("=", 1) for line in hello[1:].decode().splitlines())

    @property
    def lacking(self) -> dict[str, str]:
        """The protections that it does not give, each with the reason."""
        named = {name: reason for name, reason in self.report.items() if reason}
        return named | ({"cgroup": self.group} if isinstance(self.group, str) else {})

    def _admit(self) -> None:
        """Put the process into its group before it forks anything, then let it go on."""
        if isinstance(self.group, ControlGroup):
            try:
                self.group.add(self._process.pid)
            except OSError as error:
                self.group.close()
                self.group = f"{self.group.path}: {error.strerror}"
        self._send(b"G")

    def _send(self, message: bytes, descriptors: list[int] | None = None) -> None:
        try:
            socket.send_fds(self._socket, [message], descriptors or [])
        except OSError as error:
            raise InfraError(f"the zygote does not answer: {error}") from error

    def _receive(self, size: int) -> bytes:
        try:
            return self._socket.recv(size)
        except OSError as error:
            raise InfraError(f"the zygote does not answer: {error}") from error

    def fork(self, descriptors: list[int]) -> Forked:
        """A new worker that holds channel, input and output; the caller owns the pidfd."""
        self._send(b"F" + struct.pack("<Q", ADDRESS_SPACE), descriptors)
        try:
            message, received, flags, _ = socket.recv_fds(self._socket, 256, 1)
        except OSError as error:
            raise InfraError(f"the zygote does not answer: {error}") from error
        if flags & socket.MSG_CTRUNC:
            raise InfraError("no descriptor is left for a new worker; raise the limit of this shell (ulimit -n)")
        if not received:
            reason = message[1:].decode(errors="replace") or "it ended"
            raise InfraError(f"the zygote could not fork: {reason}")
        os.set_inheritable(received[0], False)
        return Forked(_pid_of(received[0]), received[0], struct.unpack("<i", message)[0])

    def provide(self, worker: Forked, library: bytes) -> None:
        """Put a compiled candidate where its worker can load it. Raises InfraError."""
        memory = os.memfd_create("library", os.MFD_CLOEXEC)
        try:
            os.write(memory, library)
            self._send(b"L" + struct.pack("<i", worker.zygote_pid), [memory])
            answer = self._receive(_REPLY_BYTES)
        finally:
            os.close(memory)
        if answer != b"L":
            raise InfraError(f"the zygote could not take a library: {answer[1:].decode(errors='replace')}")

    def reap(self, worker: Forked) -> int:
        """Wait for a killed or ended worker; its wait status."""
        self._send(b"W" + struct.pack("<i", worker.zygote_pid))
        status = self._receive(4)
        if len(status) != 4:
            raise InfraError("the zygote ended")
        return struct.unpack("<i", status)[0]

    def forget(self, worker: Forked) -> None:
        """Have a killed worker reaped, without waiting for it."""
        self._send(b"K" + struct.pack("<i", worker.zygote_pid))

    def close(self) -> None:
        """End the zygote and every worker of it, and see it gone. Safe to call twice."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):  # the process we started may only have waited for the one that serves
            self._socket.shutdown(socket.SHUT_WR)
            while self._socket.recv(_REPLY_BYTES):
                pass
        self._socket.close()
        if isinstance(self.group, ControlGroup):
            self.group.close()


def _pid_of(pidfd: int) -> int:
    """The pid behind a pidfd in our own namespace, whatever the zygote calls it."""
    info = os.open(f"/proc/self/fdinfo/{pidfd}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        fields = dict(line.split(b":", 1) for line in os.read(info, 4096).splitlines())
    finally:
        os.close(info)
    if (pid := int(fields.get(b"Pid", b"0"))) > 0:
        return pid
    os.close(pidfd)
    raise InfraError("the new worker ended before it was seen")
