"""Run hostile code, bring back a :class:`Verdict`. Imports nothing else of this package.

The names below are loaded on first use: the policy checker forks a process for every source, and the less it has
loaded the cheaper that is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import AssayError, InfraError, IsolationError, JudgeDied, TaskError, UsageError
    from .judge import Judge
    from .pool import JudgePool
    from .task import Schedule, Shape, Task, Trial
    from .validate import Proof
    from .verdict import Finding, Layer, Status, Timing, Verdict

_HOMES = {
    **dict.fromkeys(("AssayError", "InfraError", "IsolationError", "JudgeDied", "TaskError", "UsageError"), ".errors"),
    **dict.fromkeys(("Finding", "Layer", "Status", "Timing", "Verdict"), ".verdict"),
    **dict.fromkeys(("Schedule", "Shape", "Task", "Trial"), ".task"),
    "Judge": ".judge",
    "JudgePool": ".pool",
    "Proof": ".validate",
}

__all__ = [
    "AssayError",
    "Finding",
    "InfraError",
    "IsolationError",
    "Judge",
    "JudgeDied",
    "JudgePool",
    "Layer",
    "Proof",
    "Schedule",
    "Shape",
    "Status",
    "Task",
    "TaskError",
    "Timing",
    "Trial",
    "UsageError",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module 'assay.sandbox' has no attribute {name!r}")
