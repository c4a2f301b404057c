"""The same trivial candidate run a request at a time by what people use instead of a sandbox with spares.

Each peer starts a process, executes the source, calls it once and compares the answer here. None of them has a
policy, hides a secret or tells time.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from .counts import Counts
from .host import on_cores
from .requests import Tick
from .trivial import CODE, TRIVIAL

_SPAWN = Path(__file__).with_name("spawn_program.py")
_PROGRAM = (
    "import json, sys; job = json.load(sys.stdin); names = {}; exec(job['source'], names); "
    "print(json.dumps(names[job['entry']](job['values'])))"
)
_INSTALL = "bubblewrap is not installed (apt install bubblewrap, dnf install bubblewrap)"
_SECONDS = 30


class _Unable(Exception):
    """Why a peer does not run here."""


def _ask(command: list[str]) -> float:
    """Milliseconds of one request. Raises _Unable."""
    values = [random.uniform(-1.0, 1.0) for _ in range(4)]
    job = json.dumps({"source": CODE, "entry": TRIVIAL.entry, "values": values})
    start = time.perf_counter()
    done = subprocess.run(command, check=False, input=job, capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode or json.loads(done.stdout) != [2.0 * value for value in values]:
        raise _Unable((done.stderr.strip().splitlines() or ["a wrong answer"])[-1][:200])
    return (time.perf_counter() - start) * 1e3


def _bubblewrap() -> list[str]:
    path = shutil.which("bwrap")
    if path is None:
        raise _Unable(_INSTALL)
    return [path, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]


def _by_process(prefix: list[str], count: int) -> float:
    command = [*prefix, sys.executable, "-I", "-c", _PROGRAM]
    _ask(command)
    return median(_ask(command) for _ in range(count))


def _by_spawn(count: int) -> float:
    """In a plain program of its own: spawn imports the main module anew, and that one is small."""
    command = [sys.executable, "-I", str(_SPAWN), str(count), TRIVIAL.entry]
    done = subprocess.run(command, check=False, input=CODE, capture_output=True, text=True)
    if done.returncode:
        raise _Unable((done.stderr.strip().splitlines() or ["it failed"])[-1][:200])
    return median(json.loads(done.stdout))


def peers(counts: Counts, tick: Tick) -> dict[str, Any]:
    """Milliseconds of a request by each of them on one core, or why there are none."""
    ways = {
        "subprocess": lambda: _by_process([], counts.peers),
        "spawn": lambda: _by_spawn(counts.peers),
        "bubblewrap": lambda: _by_process(_bubblewrap(), counts.peers),
    }
    found: dict[str, dict[str, Any]] = {}
    with on_cores(1):
        for name, measure in ways.items():
            try:
                found[name] = {"request_ms": measure(), "reason": ""}
            except (_Unable, OSError, ValueError, subprocess.TimeoutExpired) as error:
                found[name] = {"request_ms": None, "reason": str(error)}
            tick(counts.peers)
    return {"peers": found}
