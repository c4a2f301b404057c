"""Run one group of candidates with one peer, behind the fence of the weak control (confine.py)."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..fence import run_fenced
from .inside.problem import TIMED, inputs, product
from .peers import Peer

PROGRAM = Path(__file__).resolve().parent / "inside" / "program.py"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a peer made of one candidate.

    ``status`` is correct, wrong, refused, crash, timeout, or fault (the scorer itself raised or answered nonsense;
    ``note`` says what). ``speedup`` is baseline over candidate, 1.0 from a peer that only passes.
    """

    status: str
    speedup: float
    milliseconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One throw-away process: a reading for each code, None where there is none.

    ``broken`` says why the scorer never became ready (our fault or the installation's), or is None. ``canaries``
    are those tripped, ``ended`` is the exit status, None for a process killed at its limit.
    """

    readings: tuple[Reading | None, ...]
    canaries: tuple[str, ...]
    ended: int | None
    broken: str | None
    isolated: bool

    def missing(self) -> str:
        """Why there is no reading, as one phrase."""
        return "killed at the wall limit" if self.ended is None else f"the process ended with status {self.ended}"


def run(
    peer: Peer,
    python: str,
    codes: Sequence[str],
    *,
    control: bool = False,
    sibling: bool = False,
    adapter: Path | None = None,
) -> Group:
    """Score ``codes`` one after another in one new process.

    ``control`` takes the peer's own protection out. With ``sibling`` the last code is left out, and has no reading,
    if all others were refused unrun. ``adapter`` replaces the peer's.
    """
    key = secrets.token_hex(8)
    scorer = {
        "adapter": str(adapter or peer.adapter),
        "codes": list(codes),
        "key": key,
        "control": control,
        "sibling": sibling,
    }
    text, report = run_fenced(PROGRAM, scorer, peer.wall, _planted(), python=python, memory=peer.memory)
    return _group(text, key, len(codes), report)


@cache
def _planted() -> str:
    """What the planted file holds: a product, as a careless harness would leave one about."""
    return json.dumps(product(*inputs(TIMED)))


def _group(text: str, key: str, count: int, report: dict[str, Any]) -> Group:
    """The answers among the output: lines that begin with the key, the first for each index."""
    readings: dict[int, Reading] = {}
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            mark, index, status, speedup, micros, note = line.split(" ", 5)
            if mark == key:
                readings.setdefault(int(index), Reading(status, float(speedup), int(micros) / 1000, note))
    start = readings.get(-1)
    ended = report.get("exit")
    broken = None
    if start is None:
        broken = (
            "it was not ready within the wall limit"
            if ended is None
            else f"it ended with status {ended} before any candidate"
        )
    elif start.status != "ready":
        broken = start.note
    found = tuple(readings.get(index) for index in range(count))
    return Group(found, tuple(report.get("canaries", ())), ended, broken, bool(report.get("isolated")))
