"""Tasks: the built-in ones, those installed as entry points (group ``assay.tasks``), those at a dotted path."""

from __future__ import annotations

from importlib.metadata import entry_points

from ...sandbox import Task
from ..errors import UnknownTaskError
from ..registry import import_object
from .arrays import (
    CONV2D_NUMPY,
    MATMUL_NUMPY,
    PREFIX_SUM_NUMPY,
    SOFTMAX_NUMPY,
    SORTING_NUMPY,
    TRANSPOSE_MATMUL_NUMPY,
)
from .c_matrices import CONV2D_C, MATMUL_C, SOFTMAX_C, TRANSPOSE_MATMUL_C
from .c_vectors import PREFIX_SUM_C, SORTING_C
from .conv2d import CONV2D
from .matmul import MATMUL
from .prefix_sum import PREFIX_SUM
from .softmax import SOFTMAX
from .sorting import SORTING
from .transpose_matmul import TRANSPOSE_MATMUL

_PYTHON = (CONV2D, MATMUL, PREFIX_SUM, SOFTMAX, SORTING, TRANSPOSE_MATMUL)
_NUMPY = (CONV2D_NUMPY, MATMUL_NUMPY, PREFIX_SUM_NUMPY, SOFTMAX_NUMPY, SORTING_NUMPY, TRANSPOSE_MATMUL_NUMPY)
_C = (CONV2D_C, MATMUL_C, PREFIX_SUM_C, SOFTMAX_C, SORTING_C, TRANSPOSE_MATMUL_C)
_BUILTIN = {task.name: task for task in (*_PYTHON, *_NUMPY, *_C)}


def task_names() -> list[str]:
    """The names of all tasks that are built in or installed, sorted; none of the installed ones is loaded."""
    return sorted({*_BUILTIN, *(entry.name for entry in entry_points(group="assay.tasks"))})


def find_task(which: str | Task) -> Task:
    """A task by name, entry point or dotted path ``package.module:TASK``. Raises UnknownTaskError."""
    if isinstance(which, Task):
        return which
    if which in _BUILTIN:
        return _BUILTIN[which]
    found = None
    for entry in entry_points(group="assay.tasks", name=which):
        found = import_object(f"{entry.module}:{entry.attr}", UnknownTaskError)
    if found is None and ":" in which:
        found = import_object(which, UnknownTaskError)
    if found is None:
        known = ", ".join(task_names())
        raise UnknownTaskError(f"no task named '{which}'; known are {known}, or give package.module:TASK")
    if not isinstance(found, Task):
        raise UnknownTaskError(f"'{which}' is a {type(found).__name__}, not an assay.sandbox.Task")
    return found


__all__ = ["find_task", "task_names"]
