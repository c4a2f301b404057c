"""Which protections are on, tried inside and seen from outside on a live worker, and the level they add up to."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .buffers import SharedBuffer
from .cgroup import ControlGroup
from .errors import IsolationError, UsageError

CORE = ("no_new_privs", "seccomp", "no_capabilities", "rlimits", "sealed_inputs", "judge_hidden")
NAMESPACES = {name: f"{name}_namespace" for name in ("user", "mnt", "net", "ipc", "uts", "pid")}
DEFAULT_LEVEL = "L2"


@dataclass(frozen=True)
class Level:
    """One step: what it needs beyond the step below, what it adds, what is not promised without it."""

    needs: tuple[str, ...]
    adds: str
    without: str
    way_out: str


LEVELS = {
    "L0": Level((), "a process of its own and a kill by the judge", "", ""),
    "L1": Level(
        CORE,
        "the jail core: seccomp allow-list, no capabilities, resource limits, sealed buffers, a hidden judge",
        "that a reward was earned at all",
        "run on a Linux kernel with seccomp filters, on x86-64 or aarch64, outside of emulators",
    ),
    "L2": Level(
        ("landlock",),
        "Landlock: no file can be opened, whatever the system calls let through",
        "a second wall before the files of this user, should the system call filter be passed",
        "Landlock needs Linux 5.13 or newer with landlock among its security modules (gVisor and many Colab kernels "
        "have none)",
    ),
    "L3": Level(
        tuple(NAMESPACES.values()),
        "namespaces: no other process, network, file tree or shared memory exists for the worker",
        "that the worker cannot see the host's processes, network and mounts, should other walls fall",
        "an ordinary user needs unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu "
        "kernel.apparmor_restrict_unprivileged_userns=0); Docker forbids them unless run with --security-opt "
        "seccomp=unconfined --security-opt systempaths=unconfined or --privileged",
    ),
    "L4": Level(
        ("cgroup",),
        "a control group: memory and processes of all workers together are bounded",
        "that memory pressure by many workers together stays bounded",
        "cgroup v2 with the memory and pids controllers, delegated to this user (systemd-run --user --scope -p "
        "Delegate=yes)",
    ),
}
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4


@dataclass(frozen=True)
class Isolation:
    """The protections found; ``reasons`` says why a missing one is missing."""

    protections: dict[str, bool]
    reasons: dict[str, str] = field(default_factory=dict)

    @cached_property
    def level(self) -> str:
        """The highest level whose own protections, and those of all levels below it, are on."""
        return level_of(self.protections)


def hide_judge() -> None:
    """Make this process non-dumpable: no other process of this user may read or write its memory."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _status_fields(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _limits(pid: int) -> dict[str, str]:
    rows = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {row[:26].strip(): row[26:47].strip() for row in rows}


def _sealed() -> bool:
    """Whether a sealed input buffer resists being resized and mapped for writing."""
    buffer = SharedBuffer("probe", 8, read_only=True)
    try:
        for action in (lambda: os.ftruncate(buffer.fd, 0), lambda: mmap.mmap(buffer.fd, 0)):
            try:
                action()
            except OSError:
                continue
            return False
        return True
    finally:
        buffer.close()


def _own_namespace(kind: str, pid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}/ns/{kind}").st_ino != os.stat(f"/proc/self/ns/{kind}").st_ino
    except OSError:
        return False


def observe(pid: int, report: Mapping[str, str], group: ControlGroup | str) -> Isolation:
    """The protections of the running worker ``pid``: each must have withstood its trial in the zygote
    (``report``) and be seen from outside. ``group`` is the control group, or why there is none."""
    status, limits = _status_fields(pid), _limits(pid)
    bounded = ("Max address space", "Max file size", "Max core file size", "Max open files")
    seen = {
        "no_new_privs": status.get("NoNewPrivs") == "1",
        "seccomp": status.get("Seccomp") == "2",
        "no_capabilities": int(status.get("CapEff", "1"), 16) == 0 and int(status.get("CapPrm", "1"), 16) == 0,
        "rlimits": all(limits.get(name, "unlimited") != "unlimited" for name in bounded)
        and limits.get("Max cpu time") == "unlimited",
        "single_threaded": status.get("Threads") == "1",
        "sealed_inputs": _sealed(),
        "judge_hidden": ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0,
        "landlock": True,  # cannot be seen from outside
        **{name: _own_namespace(kind, pid) for kind, name in NAMESPACES.items()},
        "cgroup": isinstance(group, ControlGroup) and group.holds(pid),
    }
    reasons = {name: reason for name, reason in report.items() if reason}
    if isinstance(group, str):
        reasons["cgroup"] = group
    protections = {name: on and name not in reasons for name, on in seen.items()}
    for name, on in protections.items():
        if not on:
            reasons.setdefault(name, "it is not seen on a running worker")
    return Isolation(protections, reasons)


def level_of(protections: Mapping[str, bool]) -> str:
    """The highest level whose own protections, and those of all levels below it, are on."""
    reached = "L0"
    for name, level in LEVELS.items():
        if not all(protections.get(need) for need in level.needs):
            break
        reached = name
    return reached


def require_linux() -> None:
    """Raise IsolationError off Linux, where none of the mechanisms exist, and on a Linux that lacks pidfds."""
    if platform.system() != "Linux" or not hasattr(os, "pidfd_open"):
        raise IsolationError(
            f"assay runs candidates on Linux only (this is {platform.system()}): use a Linux machine, VM or "
            "container; scoring elsewhere has no reward that could be trusted"
        )
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        raise IsolationError(
            f"this kernel ({platform.release()}), or what filters its calls, gives no pidfds ({error.strerror}), by "
            "which workers are held: use Linux 5.3 or newer, in Docker with --security-opt seccomp=unconfined"
        ) from error


def check_level(name: str) -> str:
    """``name`` if it is a level that may be required. Raises UsageError."""
    if name not in LEVELS or name == "L0":
        raise UsageError(f"no isolation level {name!r} can be required; known are {', '.join(list(LEVELS)[1:])}")
    return name


def demand(level: str, found: Isolation, unsafe: bool) -> None:
    """Raise IsolationError unless ``level`` is reached, or ``unsafe`` accepts whatever there is."""
    if unsafe or found.level >= level:
        return
    lacking = list(LEVELS)[list(LEVELS).index(found.level) + 1]
    missing = [name for name in LEVELS[lacking].needs if not found.protections.get(name)]
    why = "; ".join(f"{name}: {found.reasons[name]}" for name in missing)
    head = f"this host reaches isolation level {found.level}, {level} is required ({why}). "
    if found.level == "L0":
        raise IsolationError(
            f"{head}The jail core is incomplete, so no reward can be trusted: {LEVELS['L1'].way_out}. --unsafe shows "
            "verdicts all the same, marked, without a reward"
        )
    lost = "; ".join(LEVELS[n].without for n in LEVELS if found.level < n <= level)
    raise IsolationError(
        f"{head}{LEVELS[lacking].way_out}. Or accept less with --require {found.level} "
        f'(Scorer(require="{found.level}")); then not promised: {lost}'
    )
