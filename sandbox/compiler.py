"""The judge's end of the compile jail (inside/compiler.py): a candidate's C source goes in, a library comes back."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys

from .cgroup import ControlGroup
from .errors import InfraError, IsolationError, UsageError
from .inside.compiler import LIBRARY_BYTES, WALL_SECONDS
from .inside.protocol import TEXT_LIMIT
from .isolation import Isolation
from .policy import SOURCE_LIMIT
from .scratch import Scratch
from .verdict import Finding
from .zygote import INSIDE

_REPLY_SECONDS = 2 * WALL_SECONDS + 10.0
_REPLY_BYTES = 4096
_SAMPLE = '#include <math.h>\n#include <stdlib.h>\ndouble sample(double x) { return sqrt(fabs(x)) + atof("1"); }\n'
_WAY_OUT = "install a C compiler (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc glibc-devel)"


def _refusal(text: str) -> Finding:
    return Finding("compile", False, "judge", text)


def _printable(raw: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 else "?" for b in raw[:TEXT_LIMIT])


class Compiler:
    """A running compile jail; a context manager. One source at a time.

    ``report`` tells of each of its protections why it is not there, or an empty string. Raises UsageError where
    there is no working gcc, InfraError where the jail cannot be started.
    """

    def __init__(self) -> None:
        gcc = shutil.which("gcc")
        if gcc is None:
            raise UsageError(f"tasks in C need gcc, which is not installed here; {_WAY_OUT}")
        self._gcc = gcc
        try:
            self.group: ControlGroup | str = ControlGroup()
        except OSError as error:
            self.group = str(error)
        self._scratch: Scratch | None = None
        try:
            self._start()
            if isinstance(found := self.compile(_SAMPLE), Finding):
                raise UsageError(f"gcc does not compile a sample here ({found.evidence}); {_WAY_OUT}")
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(_REPLY_SECONDS)
        command = [sys.executable, "-I", "-S", "-B", "-W", "ignore", str(INSIDE), str(theirs.fileno()), "compiler", ""]
        self._process: subprocess.Popen[bytes] | None = None
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
            if isinstance(self.group, ControlGroup):
                with contextlib.suppress(OSError):
                    self.group.add(self._process.pid)
            self._socket.send(os.fsencode(self._gcc))
            hello = self._socket.recv(_REPLY_BYTES)
        except OSError as error:
            raise InfraError(f"the compile jail could not be started: {error}") from error
        finally:
            theirs.close()
        if hello[:1] != b"C":
            raise InfraError("the compile jail did not start")
        self.report = dict(line.split("=", 1) for line in hello[1:].decode().splitlines())
        if self.report["namespaces"]:
            self._lend_folder()

    def _lend_folder(self) -> None:
        """Give a jail without a file system of its own a folder of the host's to write to. Raises InfraError."""
        try:
            self._scratch = self._scratch or Scratch()
            self._socket.send(os.fsencode(self._scratch.path))
        except OSError as error:
            raise InfraError(f"the compile jail has no folder to write to: {error}") from error

    def observed(self, found: Isolation) -> Isolation:
        """``found`` with the compile jail as one more protection, which no level needs."""
        why = "; ".join(f"{name}: {reason}" for name, reason in self.report.items() if reason)
        reasons = {**found.reasons, "compile_jail": why} if why else found.reasons
        return Isolation({**found.protections, "compile_jail": not why}, reasons)

    def demand(self, found: Isolation) -> None:
        """Raise IsolationError where nothing but the system call filter stands between gcc or a worker and files: it
        cannot tell the library that a worker must load from any other file."""
        if not (found.protections["landlock"] or found.protections["mnt_namespace"]):
            raise IsolationError(
                "candidates in C need Landlock or a mount namespace, and this host has neither: score tasks in Python "
                "here; --unsafe shows verdicts all the same, marked, without a reward"
            )

    def compile(self, code: str) -> bytes | Finding:
        """The shared library that ``code`` makes, or why the candidate is to blame that there is none.

        Raises InfraError for a fault of ours. One that ``code`` causes twice, while a sample compiles, is its own.
        """
        try:
            source = code.encode()
        except UnicodeEncodeError:
            return _refusal("the source holds lone surrogates, which no file can hold")
        if len(source) > SOURCE_LIMIT:
            return _refusal(f"the source is longer than {SOURCE_LIMIT} bytes")
        if b"\0" in source:
            return _refusal("the source holds NUL bytes")
        try:
            return self._compile(source)
        except InfraError as error:
            fault = error
        if isinstance(self._compile(_SAMPLE.encode()), Finding):
            raise fault
        return Finding("disruption", False, "judge", f"breaks the compile jail, and only it: {fault}")

    def _compile(self, source: bytes) -> bytes | Finding:
        fault: OSError | None = None
        for attempt in range(2):
            try:
                return self._ask(source)
            except OSError as error:
                fault = error
            self.stop()
            if attempt == 0:
                self._start()
        raise InfraError(f"the compile jail ended twice in a row: {fault}")

    def _ask(self, source: bytes) -> bytes | Finding:
        memory = os.memfd_create("source", os.MFD_CLOEXEC)
        try:
            os.write(memory, source)
            socket.send_fds(self._socket, [b"S"], [memory])
            answer, received, _, _ = socket.recv_fds(self._socket, _REPLY_BYTES, 1)
        finally:
            os.close(memory)
        if not answer:
            raise OSError("it ended")
        if answer[:1] == b"E":
            return _refusal(_printable(answer[1:]))
        if answer[:1] != b"L" or not received:
            raise InfraError(f"the compile jail could not compile: {_printable(answer[1:])}")
        with open(received[0], "rb") as file:
            file.seek(0)
            return file.read(LIBRARY_BYTES)

    def stop(self) -> None:
        """End the jail; the next source starts another. Safe to call twice."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        with contextlib.suppress(OSError):  # the process we started may only have waited for the one that serves
            self._socket.shutdown(socket.SHUT_WR)
            while self._socket.recv(_REPLY_BYTES):
                pass
        self._socket.close()

    def close(self) -> None:
        """End the jail and whatever runs in it; safe to call twice."""
        if hasattr(self, "_socket"):
            self.stop()
        if isinstance(self.group, ControlGroup):
            self.group.close()
        if self._scratch is not None:
            self._scratch.close()

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
