"""The policy, in processes that hostile source may crash or own: the program they are forked from, and its answers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from .errors import InfraError
from .launch import environment, module_command
from .policy import SOURCE_LIMIT, Complaint
from .policy_child import ALLOWED, COMPLAINTS_LIMIT, REASON_LIMIT, UNLOCKED
from .policy_program import BURY, FORK, KILLED, PID, UNFORKED, WAS_KILLED
from .policy_readers import Reader, Readers
from .verdict import Finding

_Answer = TypeVar("_Answer")
_REPLY_SECONDS = 30.0  # twenty of them may be starting at once
_UNLOCKED = "the policy checker cannot lock down a process; raise the limits of this shell (ulimit -a)"


def to_finding(complaint: Complaint) -> Finding:
    """A finding of layer policy with its place in the source."""
    place = f"line {complaint.line}, column {complaint.column}: " if complaint.line else ""
    return Finding(complaint.kind, False, "policy", place + complaint.reason)


def _complaint(row: dict[str, Any]) -> Complaint:
    """One row of a child's answer. Raises TypeError or ValueError where it is not what a sound child writes."""
    complaint = Complaint(**row)
    place, reason = (complaint.line, complaint.column), complaint.reason
    if complaint.kind not in ("forbidden", "syntax", "limits") or set(map(type, place)) != {int}:
        raise ValueError("not a complaint")
    if max(map(abs, place)) > SOURCE_LIMIT + 1 or len(reason) > REASON_LIMIT:
        raise ValueError("out of bounds")
    if not (reason.isascii() and reason.isprintable()):
        raise ValueError("not a printable reason")
    return complaint


def _findings(answer: bytes) -> tuple[Finding, ...]:
    """The findings in a child's answer; one that cannot be read refuses the source, since its child wrote it."""
    if answer == ALLOWED:
        return ()
    if answer == UNLOCKED:
        raise InfraError(_UNLOCKED)
    if not answer:
        reason = "the source could not be parsed within bounds of time and memory"
        return (Finding("limits", False, "policy", reason),)
    try:
        rows = json.loads(answer)
        if len(rows) <= COMPLAINTS_LIMIT:
            return tuple(to_finding(_complaint(row)) for row in rows)
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    return (Finding("limits", False, "policy", "the policy checker gave no readable answer on this source"),)


class _Program:
    """The running policy program of one language. Raises InfraError where it cannot be started, and in its methods
    ConnectionError or TimeoutError where it has gone."""

    def __init__(self, language: str, unsafe: str) -> None:
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            raise InfraError(f"the policy checker could not be started: {error}") from error
        command = module_command("assay.sandbox.policy_program", str(theirs.fileno()), language, unsafe)
        null = subprocess.DEVNULL
        try:
            self.process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=null, stdout=null, env=environment(), process_group=0
            )
        except OSError as error:
            ours.close()
            raise InfraError(f"the policy checker could not be started: {error}") from error
        finally:
            theirs.close()
        ours.settimeout(_REPLY_SECONDS)
        self._socket = ours

    def fork(self) -> Reader:
        """A new child. Raises OSError where no process or descriptor is left for it."""
        self._socket.send(FORK)
        message, received, _, _ = socket.recv_fds(self._socket, 64, 2)
        if not message:
            raise ConnectionResetError("the policy program ended")
        for descriptor in received:
            os.set_inheritable(descriptor, False)
        if len(received) == 2:
            return Reader(PID.unpack(message)[0], socket.socket(fileno=received[0]), received[1])
        for descriptor in received:
            os.close(descriptor)
        if message != UNFORKED:
            self.bury(PID.unpack(message)[0])  # it ends with its channel, which nobody holds
        raise OSError("no process or descriptor is left")

    def killed(self, pid: int) -> bool:
        """Whether that child has been killed by somebody else."""
        self._socket.send(WAS_KILLED + PID.pack(pid))
        if not (answer := self._socket.recv(64)):
            raise ConnectionResetError("the policy program ended")
        return answer == KILLED

    def bury(self, pid: int) -> None:
        """Have a child reaped that was closed, without waiting for it."""
        self._socket.send(BURY + PID.pack(pid))

    def close(self) -> None:
        """End it; safe to call twice."""
        self._socket.close()
        self.process.kill()
        self.process.wait()


class PolicyChecker:
    """Handle on the warm checker process of one language and on its children; a context manager.

    ``check(code)`` returns the findings against the code (empty: allowed). Raises InfraError only where the
    checker cannot be started. With ``unsafe`` the source is read without a jail where the host has none.
    """

    def __init__(self, language: str = "python", *, unsafe: bool = False) -> None:
        self._arguments = (language, "unsafe" if unsafe else "")
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._program: _Program | None = None
        program = _Program(*self._arguments)
        self._readers, self._program = Readers(program.fork, program.killed, program.bury), program

    def check(self, code: str) -> tuple[Finding, ...]:
        """Findings of layer policy, at most 20, in order of appearance."""
        try:
            source = code.encode()
        except UnicodeEncodeError:
            return (Finding("syntax", False, "policy", "the source holds lone surrogates, which no file can hold"),)
        if len(source) > SOURCE_LIMIT:
            return (Finding("limits", False, "policy", f"the source is longer than {SOURCE_LIMIT} bytes"),)
        for _ in range(2):
            if self._closed:
                raise InfraError("the policy checker is closed")
            if self._program is None:
                self._start()
            answer = self._ask(partial(self._readers.check, b"\0" + source))
            if answer is not None:
                return _findings(answer)
        raise InfraError("the policy checker ended twice in a row")

    def _ask(self, question: Callable[[], _Answer]) -> _Answer | None:
        """The answer to what needs the program; None where that has gone.

        It is ended then, and where whoever asks it or a child is interrupted: an answer that was not waited for would
        be taken for that to the next question. The next check starts another.
        """
        try:
            return question()
        except (ConnectionError, TimeoutError):
            self._end()
            return None
        except OSError as error:
            raise InfraError(_UNLOCKED) from error
        except BaseException:
            self._end()
            raise

    def prepare(self) -> None:
        """Have children forked ahead. A fault shows at the next check."""
        if self._program is not None:
            with contextlib.suppress(InfraError):
                self._ask(self._readers.prepare)

    def _end(self) -> None:
        program, self._program = self._program, None
        self._readers.close()
        if program is not None:
            program.close()

    def close(self) -> None:
        """End the process and its children; safe to call twice."""
        self._closed = True
        self._end()

    def __enter__(self) -> PolicyChecker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
