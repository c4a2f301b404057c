"""Tasks: the built-in ones, those installed as entry points (group ``assay.tasks``), those at a dotted path."""

from __future__ import annotations

from importlib.metadata import entry_points

from ...sandbox import Task
from ..errors import UnknownTaskError
from ..registry import import_object
from .arrays import MATMUL_NUMPY, PREFIX_SUM_NUMPY, SOFTMAX_NUMPY
from .conv2d import CONV2D
from .matmul import MATMUL
from .matmul_c import MATMUL_C
from .prefix_sum import PREFIX_SUM
from .softmax import SOFTMAX
from .sorting import SORTING
from .transpose_matmul import TRANSPOSE_MATMUL

_PYTHON = (CONV2D, MATMUL, PREFIX_SUM, SOFTMAX, SORTING, TRANSPOSE_MATMUL)
_NUMPY = (MATMUL_NUMPY, PREFIX_SUM_NUMPY, SOFTMAX_NUMPY)
_BUILTIN = {task.name: task for task in (*_PYTHON, *_NUMPY, MATMUL_C)}


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
        known = ", ".join(sorted({*_BUILTIN, *(entry.name for entry in entry_points(group="assay.tasks"))}))
        raise UnknownTaskError(f"no task named '{which}'; known are {known}, or give package.module:TASK")
    if not isinstance(found, Task):
        raise UnknownTaskError(f"'{which}' is a {type(found).__name__}, not an assay.sandbox.Task")
    return found


__all__ = ["find_task"]
