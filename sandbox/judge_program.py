"""The judge as a program: ``python -m assay.sandbox.judge_program FD`` serves the client at the other end."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import sys

from .launch import loading

with loading():
    from multiprocess.reduction import ForkingPickler

    from .errors import AssayError
    from .judge import Judge
    from .server import receive, send


def serve(channel: socket.socket) -> None:
    """Judge until the client closes its end. A judge that cannot work says why and ends."""
    if not (message := receive(channel)):
        return  # the client ended before it said what it wants
    setup = ForkingPickler.loads(message)
    if setup["core"] is not None:
        os.sched_setaffinity(0, {setup["core"]})
    try:
        judge = Judge(setup["task"], unsafe=setup["unsafe"], **setup["options"])
    except AssayError as error:
        send(channel, json.dumps({"error": str(error), "kind": type(error).__name__}).encode())
        return
    with judge:
        found = judge.isolation
        info = {"isolation": found.protections, "reasons": found.reasons, "level": found.level}
        info |= {"overhead_ns": judge.overhead_ns, "core": setup["core"]}
        send(channel, json.dumps(info).encode())
        while request := receive(channel):
            fields = json.loads(request)
            verdict = judge.judge(fields["code"], bytes.fromhex(fields["secret"]), fields["looks"])
            send(channel, json.dumps(verdict.to_json()).encode())
            judge.prepare()


if __name__ == "__main__":
    gc.freeze()  # what was imported stays, and is not walked between two verdicts
    with contextlib.suppress(ConnectionError):  # the client has gone: nobody is left to tell
        serve(socket.socket(fileno=int(sys.argv[1])))
