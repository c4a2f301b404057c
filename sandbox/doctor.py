"""What this host offers: the protections seen on a live worker, cores, clocks, versions."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .cores import timing_cores
from .isolation import CORE, LEVELS, level_of
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
    "landlock": "no file is reachable (not built in yet; seccomp already denies opening any)",
    "namespaces": "no other process, network or mount is visible (not built in yet)",
    "cgroup": "group limits on memory and processes (not built in yet)",
}


@dataclass(frozen=True)
class Diagnosis:
    """The findings on this host; ``ok`` tells whether rewards can be trusted here."""

    ok: bool
    level: str
    protections: dict[str, bool]
    cores: list[int]
    overhead_ns: int
    host: dict[str, str]
    packages: dict[str, str | None]

    @property
    def sentence(self) -> str:
        """What it means, and the way out."""
        if self.ok:
            return f"{self.level}: {LEVELS[self.level]}. Rewards from this host can be trusted."
        missing = ", ".join(name for name in CORE if not self.protections.get(name))
        return (
            f"The jail core is incomplete (missing: {missing}), so assay gives no reward here. `--unsafe` shows "
            "verdicts all the same, marked, without a reward."
        )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def diagnose(task: Task) -> Diagnosis:
    """Start a judge on ``task`` and look at one of its workers. Raises IsolationError off Linux, InfraError."""
    with JudgePool(task, workers=1, unsafe=True) as pool:
        info: dict[str, Any] = pool.ready()
    protections = info["isolation"]
    host = {"system": f"{platform.system()} {platform.release()}", "machine": platform.machine()}
    return Diagnosis(
        ok=level_of(protections) != "L0",
        level=level_of(protections),
        protections=protections,
        cores=timing_cores(),
        overhead_ns=info["overhead_ns"],
        host={**host, "python": platform.python_version()},
        packages={package: _version(package) for package in PACKAGES},
    )
