"""Run a scorer of hostile code inside the fence of confine.py: the parent's side."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from .confine import MEMORY

_CONFINE = Path(__file__).resolve().with_name("confine.py")
OUTPUT_LIMIT = 1 << 20
IN_ROOMS = 600
"""Processes at which a scorer with rooms is killed: it has a limit of its own for each room, far below."""
GRACE = 3.0
"""Seconds beyond the wall limit after which even the fence is killed."""


def run_fenced(
    program: Path,
    scorer: dict[str, object],
    wall: float,
    answers: str,
    *,
    rooms: bool = False,
    python: str = sys.executable,
    memory: int = MEMORY,
) -> tuple[str, dict[str, Any]]:
    """(standard output of a scorer, report of its fence).

    ``scorer`` is the job that ``program`` reads, ``wall`` its limit in seconds, ``answers`` the text of the planted
    file. With ``rooms`` the program keeps what it needs to put its candidates into namespaces of their own.
    ``python`` is the interpreter that runs both, ``memory`` the scorer's address space in bytes.
    """
    with (
        tempfile.TemporaryDirectory(prefix="assay-weak-") as home,
        tempfile.TemporaryFile() as report,
    ):
        job = {
            "scorer": scorer,
            "program": str(program),
            "home": home,
            "wall": wall,
            "answers": answers,
            "rooms": rooms,
            **({"processes": IN_ROOMS} if rooms else {}),
            "memory": memory,
        }
        process = subprocess.Popen(
            [python, "-I", "-S", str(_CONFINE), str(report.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[report.fileno()],
            start_new_session=True,
            cwd=home,
        )
        with process:
            reader = threading.Thread(target=_read, args=(process, output := bytearray()))
            reader.start()
            try:
                assert process.stdin is not None
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(json.dumps(job).encode())
                    process.stdin.close()
                reader.join(wall + GRACE)  # ends with the last writer, sooner than wait() would notice
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                pass
            finally:
                process.kill()
                process.wait()
                reader.join()
        report.seek(0)
        text = output.decode("utf-8", "replace")
        data = report.read()
        try:
            return text, json.loads(data)
        except ValueError:  # none, or not the fence's alone: as if it had been killed
            return text, {"exit": None}


def _read(process: subprocess.Popen[bytes], output: bytearray) -> None:
    """Collect standard output up to its limit; whoever writes more finds the pipe closed."""
    assert process.stdout is not None
    while len(output) < OUTPUT_LIMIT:
        part = os.read(process.stdout.fileno(), 1 << 16)
        if not part:
            return
        output += part
    process.stdout.close()
