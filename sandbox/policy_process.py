"""The judge's handle on the process in which hostile source is parsed (policy_program.py and policy_child.py)."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from typing import Any

from .errors import InfraError
from .launch import environment, module_command
from .policy import SOURCE_LIMIT, Complaint
from .policy_child import ALLOWED, ANSWER_LIMIT, UNLOCKED
from .policy_program import PREPARE
from .verdict import Finding


def to_finding(complaint: Complaint) -> Finding:
    """A finding of layer policy with its place in the source."""
    place = f"line {complaint.line}, column {complaint.column}: " if complaint.line else ""
    return Finding(complaint.kind, False, "policy", place + complaint.reason)


def _complaint(row: dict[str, Any]) -> Complaint:
    """One row of a child's answer. Raises TypeError or ValueError where it is not what a sound child writes."""
    complaint = Complaint(**row)
    if complaint.kind not in ("forbidden", "syntax", "limits") or {type(complaint.line), type(complaint.column)} != {
        int
    }:
        raise ValueError("not a complaint")
    if not (complaint.reason.isascii() and complaint.reason.isprintable()):
        raise ValueError("not a printable reason")
    return complaint


def _findings(answer: bytes) -> tuple[Finding, ...]:
    """The findings in a child's answer; one that cannot be read refuses the source, since its child wrote it."""
    if answer == ALLOWED:
        return ()
    if answer == UNLOCKED:
        raise InfraError("the policy checker cannot lock down a process; raise the limits of this shell (ulimit -a)")
    try:
        return tuple(to_finding(_complaint(row)) for row in json.loads(answer))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return (Finding("limits", False, "policy", "the policy checker gave no readable answer on this source"),)


class PolicyChecker:
    """Handle on the warm checker process of one language; a context manager.

    ``check(code)`` returns the findings against the code (empty: allowed). Raises InfraError only where the
    checker cannot be started. With ``unsafe`` the source is read without a jail where the host has none.
    """

    def __init__(self, language: str = "python", *, unsafe: bool = False) -> None:
        self._arguments = (language, "unsafe" if unsafe else "")
        self._start()

    def _start(self) -> None:
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            raise InfraError(f"the policy checker could not be started: {error}") from error
        command = module_command("assay.sandbox.policy_program", str(theirs.fileno()), *self._arguments)
        null = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=null, stdout=null, env=environment(), process_group=0
            )
        except OSError as error:
            ours.close()
            raise InfraError(f"the policy checker could not be started: {error}") from error
        finally:
            theirs.close()
        self._socket = ours

    def check(self, code: str) -> tuple[Finding, ...]:
        """Findings of layer policy, at most 20, in order of appearance."""
        try:
            source = code.encode()
        except UnicodeEncodeError:
            return (Finding("syntax", False, "policy", "the source holds lone surrogates, which no file can hold"),)
        if len(source) > SOURCE_LIMIT:
            return (Finding("limits", False, "policy", f"the source is longer than {SOURCE_LIMIT} bytes"),)
        for attempt in range(2):
            with contextlib.suppress(OSError):
                self._socket.send(b"\0" + source)
                if answer := self._socket.recv(ANSWER_LIMIT + 1):
                    return _findings(answer)
            self.close()
            if attempt == 0:
                self._start()
        raise InfraError("the policy checker ended twice in a row")

    def prepare(self) -> None:
        """Have children forked ahead. A fault shows at the next check."""
        with contextlib.suppress(OSError):
            self._socket.send(PREPARE)

    def close(self) -> None:
        """End the process; safe to call twice."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> PolicyChecker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
