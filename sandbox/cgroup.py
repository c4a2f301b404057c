"""A control group (cgroup v2) around a zygote and its workers: bounds on memory, processes and processors.

Only where the host lets us: the controllers must be there and some ancestor of our own group must be ours to
divide (root, or a user session that systemd delegates). Our own process stays where it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

MEMORY_BYTES = 2 * 2**30
PROCESSES = 64
_LIMITS = {
    "memory.max": str(MEMORY_BYTES),
    "pids.max": str(PROCESSES),
}
_OPTIONAL = {
    "memory.swap.max": "0",
    "cpu.max": "200000 100000",  # two processors: a bound on an escape that never throttles a worker on its core
}
_CONTROLLERS = ("memory", "pids", "cpu")


def mount_point() -> Path:
    """Where cgroup v2 is mounted. Raises OSError where it is not."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(where)
    raise OSError("cgroup v2 is not mounted")


def _own_path(root: Path) -> Path:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return root / line[3:].lstrip("/")
    raise OSError("this process is in no cgroup of version 2")


def _enable(parent: Path) -> None:
    """Hand the controllers on to the children of ``parent``, as far as it has them and lets us."""
    present = (parent / "cgroup.controllers").read_text().split()
    for controller in _CONTROLLERS:
        if controller in present:
            with contextlib.suppress(OSError):
                (parent / "cgroup.subtree_control").write_text(f"+{controller}")


def _sweep(parent: Path) -> None:
    """Remove what judges left that were killed. One that is younger than a minute may be about to be filled."""
    for path in parent.glob("assay-*-*"):
        named = re.fullmatch(r"assay-(\d+)-(\d+)", path.name)
        if named and time.monotonic_ns() - int(named[2]) > 60e9 and not Path(f"/proc/{named[1]}").exists():
            with contextlib.suppress(OSError):  # one with processes in it stays
                path.rmdir()


class ControlGroup:
    """A group of its own, removed by :meth:`close`. Raises OSError with the reason where there can be none."""

    def __init__(self, root: Path | None = None) -> None:
        root = root or mount_point()
        own = _own_path(root)
        reason = "none of our groups may be divided"
        for parent in (own, *own.parents):
            if not parent.is_relative_to(root):
                break
            try:
                self.path = self._create(parent)
                return
            except OSError as error:
                reason = f"{parent}: {error.strerror or error}"
        raise OSError(f"no control group with memory and pids ({reason})")

    def _create(self, parent: Path) -> Path:
        path = parent / f"assay-{os.getpid()}-{time.monotonic_ns()}"
        _enable(parent)
        _sweep(parent)
        path.mkdir()
        try:
            for name, value in _LIMITS.items():
                if not (path / name).exists():
                    raise OSError(f"the controller of {name} is not available")
                (path / name).write_text(value)
            for name, value in _OPTIONAL.items():
                if (path / name).exists():
                    (path / name).write_text(value)
        except OSError:
            path.rmdir()
            raise
        return path

    def add(self, pid: int) -> None:
        """Move a process here; its children are born here. Raises OSError."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def holds(self, pid: int) -> bool:
        """Whether the kernel says that ``pid`` is in this group and the bounds are set."""
        try:
            member = self.path.name in Path(f"/proc/{pid}/cgroup").read_text()
            return member and all((self.path / name).read_text().strip() == value for name, value in _LIMITS.items())
        except OSError:
            return False

    def close(self) -> None:
        """Remove the group, once its processes have ended. Safe to call twice."""
        for _ in range(100):
            try:
                self.path.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # the kernel is still burying the last process
                time.sleep(0.01)
            else:
                return
