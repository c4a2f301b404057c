"""The trainer's end of a judge process, and the framing both ends share.

Over a socket travel a setup with the task (by dill, from the trusted trainer to the judge, never the other
way), then one JSON request a candidate and one JSON reply each. Judges are executed, not forked or spawned: a
trainer may hold CUDA and threads, and its script need not have a ``__main__`` guard.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
import struct
import subprocess
from collections.abc import Sequence
from typing import Any

from multiprocess.reduction import ForkingPickler

from .errors import AssayError, IsolationError, JudgeDied, TaskError, UsageError
from .launch import environment, module_command
from .task import Task
from .verdict import Verdict

_REPLY_SECONDS = 300.0
_LENGTH = struct.Struct("<Q")
_ERRORS: dict[str, type[AssayError]] = {
    "IsolationError": IsolationError,
    "TaskError": TaskError,
    "UsageError": UsageError,
}


def send(channel: socket.socket, payload: bytes) -> None:
    channel.sendall(_LENGTH.pack(len(payload)) + payload)


def receive(channel: socket.socket) -> bytes:
    """One message; empty at the end of the stream."""
    head = _exactly(channel, _LENGTH.size)
    return _exactly(channel, _LENGTH.unpack(head)[0]) if head else b""


def _exactly(channel: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0:
        try:
            part = channel.recv(min(size, 1 << 20))
        except ConnectionResetError:  # the peer closed with our last message unread
            return b""
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def dumps(setup: dict[str, Any]) -> bytes:
    """Pickle with dill, as ``multiprocess`` does it: a task defined in a notebook travels with what it uses.

    Raises TaskError.
    """
    buffer = io.BytesIO()
    try:
        ForkingPickler(buffer, recurse=True).dump(setup)
    except Exception as error:  # pickling runs the reduction methods of whatever the task refers to
        raise TaskError(
            f"the task cannot be sent to its judge: {error}; keep open files and locks out of it"
        ) from error
    return buffer.getvalue()


class JudgeProcess:
    """A judge in a process of its own, pinned to ``core``; a context manager.

    The constructor returns at once; :meth:`ready` waits for the judge's calibration. Raises what the judge
    raised there (IsolationError, TaskError), JudgeDied where the process ended.
    """

    def __init__(self, task: Task, *, core: int | None = None, unsafe: bool = False, **options: Any) -> None:
        setup = dumps({"task": task, "core": core, "unsafe": unsafe, "options": options})
        self._channel, theirs = socket.socketpair()
        command = module_command("assay.sandbox.judge_program", str(theirs.fileno()))
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,  # Ctrl-C is for the trainer; the judge ends with its socket
        )
        theirs.close()
        self._channel.settimeout(_REPLY_SECONDS)
        self._ready = False
        try:
            send(self._channel, setup)
        except OSError as error:
            raise JudgeDied(f"the judge process ended at its start: {error}") from error

    def _reply(self) -> dict[str, Any]:
        try:
            payload = receive(self._channel)
        except OSError as error:
            raise JudgeDied(f"the judge process does not answer: {error}") from error
        if not payload:
            raise JudgeDied("the judge process ended while a verdict was due")
        reply: dict[str, Any] = json.loads(payload)
        if "error" in reply:
            raise _ERRORS.get(reply["kind"], JudgeDied)(reply["error"])
        return reply

    def ready(self) -> dict[str, Any]:
        """Wait for the calibration: isolation, level, core, overhead and baseline rate."""
        if not self._ready:
            self.info = self._reply()
            self._ready = True
        return self.info

    def judge(self, code: str, secret: bytes, looks: Sequence[int]) -> Verdict:
        """The verdict of the remote :meth:`assay.sandbox.judge.Judge.judge`. Raises JudgeDied."""
        self.ready()
        request = {"code": code, "secret": secret.hex(), "looks": list(looks)}
        try:
            send(self._channel, json.dumps(request).encode())
        except OSError as error:
            raise JudgeDied(f"the judge process takes no request: {error}") from error
        return Verdict.from_json(self._reply())

    def close(self) -> None:
        """End the judge and all below it; safe to call twice."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()  # its end of file ends the judge, which then closes zygote and policy checker
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> JudgeProcess:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
