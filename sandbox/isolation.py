"""Which protections are on, observed from outside on a live worker, and the level they add up to."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

from .errors import IsolationError

LEVELS = {
    "L0": "a process of its own and a kill by the judge",
    "L1": "the jail core: resource limits, no capabilities, seccomp allow-list, sealed buffers, hidden judge",
}
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
CORE = ("no_new_privs", "seccomp", "no_capabilities", "rlimits", "sealed_inputs", "judge_hidden")


def hide_judge() -> None:
    """Make this process non-dumpable: no other process of this user may read or write its memory."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _status_fields(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _limits(pid: int) -> dict[str, str]:
    rows = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {row[:26].strip(): row[26:47].strip() for row in rows}


def observe(pid: int) -> dict[str, bool]:
    """The protections of the running worker ``pid``, read from ``/proc`` by the judge."""
    status, limits = _status_fields(pid), _limits(pid)
    bounded = ("Max address space", "Max file size", "Max core file size", "Max open files")
    return {
        "no_new_privs": status.get("NoNewPrivs") == "1",
        "seccomp": status.get("Seccomp") == "2",
        "no_capabilities": int(status.get("CapEff", "1"), 16) == 0 and int(status.get("CapPrm", "1"), 16) == 0,
        "rlimits": all(limits.get(name, "unlimited") != "unlimited" for name in bounded)
        and limits.get("Max cpu time") == "unlimited",
        "single_threaded": status.get("Threads") == "1",
        "sealed_inputs": True,  # SharedBuffer raises where a seal is refused
        "judge_hidden": ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0,
        "landlock": False,
        "namespaces": False,
        "cgroup": False,
    }


def level_of(protections: dict[str, bool]) -> str:
    """L1 with the whole jail core, else L0."""
    return "L1" if all(protections.get(name) for name in CORE) else "L0"


def require_linux() -> None:
    """Raise IsolationError off Linux, where none of the mechanisms exist."""
    if platform.system() != "Linux" or not hasattr(os, "pidfd_open"):
        raise IsolationError(
            f"assay runs candidates on Linux only (this is {platform.system()}): use a Linux machine, VM or "
            "container; scoring elsewhere has no reward that could be trusted"
        )


def require_core(protections: dict[str, bool], unsafe: bool) -> None:
    """Raise IsolationError unless the jail core is on or ``unsafe`` accepts its absence."""
    missing = [name for name in CORE if not protections.get(name)]
    if missing and not unsafe:
        raise IsolationError(
            f"the jail core is incomplete on this host (missing: {', '.join(missing)}), so no reward can be "
            "trusted; --unsafe shows verdicts all the same and marks every one of them"
        )
