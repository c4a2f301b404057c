"""A scorer that is loaded once and forked for each job, inside the fence of confine.py: the program's side.

An interpreter that has just been started costs 0.1 s of CPU time, a fork of one that is ready a millisecond. What
serves here is trusted: it has executed its own program and nothing else, and no candidate comes near it. Each job gets
a fence of its own, namespaces and limits as ever, and the fork that becomes the scorer in there is thrown away.

Standard library only, without threads (a process that has some cannot enter a user namespace).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import Any, NoReturn

import confine  # pyright: ignore[reportMissingImports]


def serve(channel: int) -> None:
    """Fork a fence for each job that comes over the socket ``channel``; returns in the scorers only.

    A job is three descriptors: its JSON as confine.py reads it, the scorer's standard output, and where the report
    goes. The answer is a descriptor of the fence's process. Without namespaces nothing is run, and the report says so.
    """
    end = socket.socket(fileno=channel)
    while True:
        given = socket.recv_fds(end, 1, 3)[1]
        if not given:  # whoever had us started has ended
            os._exit(0)
        fence = os.fork()
        if fence == 0:
            os.close(end.detach())
            try:
                _fence(*given)
            except confine.Begin:
                return
            finally:
                del given
            os._exit(0)
        handle = os.pidfd_open(fence)
        for descriptor in given:
            os.close(descriptor)
        socket.send_fds(end, [b"f"], [handle])
        os.close(handle)
        _reap()


def _fence(job: int, output: int, report: int) -> None:
    with contextlib.suppress(Exception):
        with os.fdopen(job, "rb") as file:
            told = json.load(file)
        os.dup2(output, 1)
        os.close(output)
        os.setsid()
        confine.prepare(told)
        try:
            confine.enter_namespaces(told["home"], told.get("rooms", False))
        except OSError:
            os.write(report, b'{"isolated": false}')
            return
        confine.keep(told, report, True, _begin)


def _begin(job: dict[str, Any], port: int) -> NoReturn:
    """Leave the fence's frames: the scorer goes on where :func:`serve` was called. It has its environment already."""
    raise confine.Begin


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
