"""Run hostile code, bring back a :class:`Verdict`. Imports nothing else of this package."""

from .errors import AssayError, InfraError, IsolationError, JudgeDied, TaskError, UsageError
from .judge import Judge
from .pool import JudgePool
from .task import Schedule, Shape, Task, Trial
from .verdict import Finding, Layer, Status, Timing, Verdict

__all__ = [
    "AssayError",
    "Finding",
    "InfraError",
    "IsolationError",
    "Judge",
    "JudgeDied",
    "JudgePool",
    "Layer",
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
