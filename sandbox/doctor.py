"""What this host offers: the protections seen on a live worker, cores, clocks, versions."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .cores import timing_cores
from .errors import IsolationError
from .isolation import DEFAULT_LEVEL, LEVELS, Isolation, demand
from .pool import JudgePool
from .task import Task

PACKAGES = ("RestrictedPython", "psutil", "multiprocess", "numpy", "torch", "transformers", "trl", "peft", "vllm")
MEANING = {
    "no_new_privs": "no program it might start gains rights",
    "seccomp": "system calls outside a short allow-list kill it",
    "no_capabilities": "not root in any sense, even when we are",
    "rlimits": "memory, files, descriptors and core dumps are bounded",
    "single_threaded": "no helper thread works unbilled",
    "sealed_inputs": "buffers can be neither resized nor, for inputs, written",
    "judge_hidden": "the judge's memory cannot be read by its own user's processes",
    "landlock": "no file can be opened, whatever else lets it through",
    "user_namespace": "its user has no rights outside",
    "mnt_namespace": "its file tree is empty",
    "net_namespace": "it has no network, not even this host's loopback",
    "ipc_namespace": "it shares no System V memory or queues",
    "uts_namespace": "it does not learn the host's name",
    "pid_namespace": "it is the only process it can name",
    "compile_jail": "gcc sees no files but its own, and no network",
    "cgroup": "all workers of a judge together are bounded in memory and processes",
}


@dataclass(frozen=True)
class Diagnosis:
    """The findings on this host. ``ok`` tells whether the default level is reached, so that rewards are given;
    ``reasons`` why a missing protection is missing."""

    ok: bool
    level: str
    protections: dict[str, bool]
    reasons: dict[str, str]
    cores: list[int]
    overhead_ns: int
    host: dict[str, str]
    packages: dict[str, str | None]

    @property
    def sentence(self) -> str:
        """What it means, and the way out."""
        if not self.ok:
            try:
                demand(DEFAULT_LEVEL, Isolation(self.protections, self.reasons), unsafe=False)
            except IsolationError as error:
                return str(error)
        above = next((name for name in LEVELS if name > self.level), None)
        more = f" For {above}: {LEVELS[above].way_out}." if above else ""
        return f"{self.level}: {LEVELS[self.level].adds}. Rewards from this host can be trusted.{more}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def diagnose(task: Task) -> Diagnosis:
    """Start a judge on ``task`` and look at one of its workers. Raises IsolationError off Linux, InfraError."""
    with JudgePool(task, workers=1, unsafe=True) as pool:
        info: dict[str, Any] = pool.ready()
    host = {"system": f"{platform.system()} {platform.release()}", "machine": platform.machine()}
    return Diagnosis(
        ok=info["level"] >= DEFAULT_LEVEL,
        level=info["level"],
        protections=info["isolation"],
        reasons=info["reasons"],
        cores=timing_cores(),
        overhead_ns=info["overhead_ns"],
        host={**host, "python": platform.python_version()},
        packages={package: _version(package) for package in PACKAGES},
    )
