"""Score a group of candidates with one peer, then die. Run by confine.py, in the peer's own environment.

The job is JSON on standard input: ``{"adapter": path, "codes": [...], "key": text, "control": bool, "sibling": bool}``;
with "sibling", the last code is not scored if all before it were refused, since nothing of theirs ran. Answers are
lines of ``KEY index status speed-up microseconds note`` on the pipe that came as standard output; it is moved out of
the way first, so that what a peer or a candidate prints is not taken for an answer: a forged line would be the
arena's mistake and not the peer's. Standard library only, but for what adapters import.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import types
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STATUSES = ("correct", "wrong", "refused", "crash", "timeout")


def import_adapter(path: str) -> Any:
    """The adapter's module; it finds the plain scorer as the package ``arena_inside``."""
    package = types.ModuleType("arena_inside")
    package.__path__ = [str(HERE)]
    sys.modules["arena_inside"] = package
    spec = importlib.util.spec_from_file_location("arena_adapter", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["arena_adapter"] = module
    spec.loader.exec_module(module)
    return module


def checked(answer: Any) -> tuple[str, float]:
    """(status, speed-up) as a scorer must return them; raises ValueError for anything else."""
    status, speedup = answer
    if status not in STATUSES:
        raise ValueError(f"returned the status {status!r}; one of: {', '.join(STATUSES)}")
    number = float(speedup)
    if not 0 <= number < float("inf"):
        raise ValueError(f"returned {number} as speed-up")
    return status, number


def told(error: BaseException) -> str:
    """One printable line about an exception, which may be of the candidate's making."""
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:
        text = "an exception that cannot be shown"
    return "".join(c if c.isprintable() else " " for c in text)[:200]


def main() -> None:
    job = json.load(sys.stdin)
    # Bound now: a candidate that breaks a module must not break the arena's own report.
    write, clock, now, describe, check = os.write, time.perf_counter_ns, str, told, checked
    channel = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 0)
    key = job["key"]

    def answer(index: int, status: str, speedup: float, elapsed: int, note: str) -> None:
        line = key + " " + now(index) + " " + status + " " + now(speedup) + " " + now(elapsed) + " " + note + "\n"
        write(channel, line.encode("ascii", "replace"))

    try:
        score = import_adapter(job["adapter"]).make(bool(job["control"]))
    except BaseException as error:
        answer(-1, "fault", 0.0, 0, describe(error))
        return
    answer(-1, "ready", 0.0, 0, "")
    codes, ran = job["codes"], not job["sibling"]
    for index, code in enumerate(codes):
        if index == len(codes) - 1 and not ran:
            break
        start = clock()
        try:
            status, speedup = check(score(code))
            note = ""
        except Exception as error:
            status, speedup, note = "fault", 0.0, describe(error)
        ran = ran or status != "refused"
        answer(index, status, speedup, (clock() - start) // 1000, note)


if __name__ == "__main__":
    main()
