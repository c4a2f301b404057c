"""assay: score code that a language model wrote, so that the score can be trusted as a reward; train on it.

The names below are the public surface; they are loaded on first use, so that importing ``assay`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .rewards import Graded, Scorer, check, extract, find_task, score, trl_reward
    from .sandbox import AssayError, InfraError, IsolationError, Judge, Status, Task, TaskError, Verdict

_HOMES = {
    **dict.fromkeys(("Graded", "Scorer", "check", "extract", "find_task", "score", "trl_reward"), ".rewards"),
    **dict.fromkeys(("AssayError", "InfraError", "IsolationError", "TaskError"), ".sandbox"),
    **dict.fromkeys(("Judge", "Status", "Task", "Verdict"), ".sandbox"),
}

__all__ = [
    "AssayError",
    "Graded",
    "InfraError",
    "IsolationError",
    "Judge",
    "Scorer",
    "Status",
    "Task",
    "TaskError",
    "Verdict",
    "__version__",
    "check",
    "extract",
    "find_task",
    "score",
    "trl_reward",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module 'assay' has no attribute {name!r}")
