"""The exceptions of this package, one for each boundary.

::

    AssayError
    ├── UsageError          a name, file or option that the user gave is wrong
    ├── IsolationError      the host lacks a protection that was required
    ├── InfraError          a fault of ours: a process that could not start, a reply that never came
    │   └── JudgeDied       the judge process ended while a verdict was due
    └── TaskError           a task that contradicts itself (its baseline is wrong or cannot run)

A candidate raises none of them: whatever it does is a verdict.
"""


class AssayError(Exception):
    """Base of all errors of this package; its text is one sentence that a user can act on."""

    exit_code = 1
    """What the command line exits with; 2 where the user asked for something that does not exist."""


class UsageError(AssayError):
    """The user named something that does not exist or cannot be read."""

    exit_code = 2


class IsolationError(AssayError):
    """A required protection is missing on this host."""


class InfraError(AssayError):
    """A fault of ours. Never scored as the candidate's."""


class JudgeDied(InfraError):
    """The judge process ended while a verdict was due."""


class TaskError(AssayError):
    """A task contradicts itself: its baseline does not run or gives wrong results."""
