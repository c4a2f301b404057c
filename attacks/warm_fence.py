"""A scorer that is loaded once and forked for each job, inside the fence of confine.py: the parent's side."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from . import confine
from .fence import GRACE, IN_ROOMS, OUTPUT_LIMIT, run_fenced

_PORT = 40000
"""Of the socket that is planted: in a network namespace of its own every port is free."""


class WarmFence:
    """Runs jobs of one ``program`` with rooms, as :func:`~assay.attacks.fence.run_fenced` does, each in a fork of an
    interpreter that has loaded it (warm.py); a context manager, safe to use from threads.

    On a host without namespaces, or once that interpreter is gone, each job gets an interpreter of its own.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        self._lock = threading.Lock()
        self._cold = False
        self._home = tempfile.TemporaryDirectory(prefix="assay-weak-")  # each fence mounts a folder of its own there
        self._end, theirs = socket.socketpair()
        self._end.settimeout(GRACE)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-B", str(program), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                cwd=self._home.name,
                env=confine.environment(self._home.name, _PORT),
            )

    def run(self, scorer: dict[str, object], wall: float, answers: str) -> tuple[str, dict[str, Any]]:
        """(standard output of the scorer, report of its fence); see :func:`~assay.attacks.fence.run_fenced`."""
        if not self._cold:
            text, report = self._fork(scorer, wall, answers)
            if report.get("isolated") is not False:
                return text, report
            self._cold = True
        return run_fenced(self._program, scorer, wall, answers, rooms=True)

    def _fork(self, scorer: dict[str, object], wall: float, answers: str) -> tuple[str, dict[str, Any]]:
        job = {
            "scorer": scorer,
            "home": self._home.name,
            "wall": wall,
            "answers": answers,
            "rooms": True,
            "processes": IN_ROOMS,
            "port": _PORT,
        }
        with os.fdopen(os.memfd_create("job"), "wb") as file, os.fdopen(os.memfd_create("report"), "rb") as report:
            file.write(json.dumps(job).encode())
            file.seek(0)
            reader, writer = os.pipe()
            try:
                handle = self._ask([file.fileno(), writer, report.fileno()])
            finally:
                os.close(writer)
            if handle is None:
                os.close(reader)
                return "", {"isolated": False}
            text = _follow(reader, handle, time.monotonic() + wall + GRACE)
            report.seek(0)
            try:
                return text, json.loads(report.read())
            except ValueError:  # none, or not the fence's alone: as if it had been killed
                return text, {"exit": None}

    def _ask(self, given: list[int]) -> int | None:
        """A descriptor of the process that fences this job, or None where nobody serves any more."""
        with self._lock, contextlib.suppress(OSError):
            socket.send_fds(self._end, [b"j"], given)
            handles = socket.recv_fds(self._end, 1, 1)[1]
            return handles[0] if handles else None

    def close(self) -> None:
        """End the interpreter, and with it whatever still runs; safe to call twice."""
        self._end.close()
        self._process.kill()
        self._process.wait()
        self._home.cleanup()

    def __enter__(self) -> WarmFence:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _follow(reader: int, handle: int, deadline: float) -> str:
    """What a fence's scorer says until both have ended; killed at the deadline. Closes both descriptors.

    Whoever writes more than the limit finds the pipe closed.
    """
    output = bytearray()
    waiting = {reader, handle}
    poll = select.poll()
    for descriptor in waiting:
        poll.register(descriptor, select.POLLIN)
    try:
        while waiting and (left := deadline - time.monotonic()) > 0:
            for ready, _ in poll.poll(left * 1000):
                part = os.read(reader, 1 << 16) if ready == reader else b""
                output += part
                if not part or len(output) >= OUTPUT_LIMIT:
                    poll.unregister(ready)
                    waiting.remove(ready)
                    os.close(ready)
    finally:
        if handle in waiting:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        for descriptor in waiting:
            os.close(descriptor)
    return output.decode("utf-8", "replace")
