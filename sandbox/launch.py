"""How our own trusted programs are started: executed by module name, with the parent's import path."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator


def module_command(module: str, *arguments: str) -> list[str]:
    """``python -P -m module``: the working directory is not put on the import path by itself."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Our environment with this process's import path, so that a user's own task modules are found, and
    single-threaded numerics, so that nothing of ours runs beside a timed worker. No other Python setting of the
    user's (warnings as errors, tracing) may change how a judge judges."""
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Import with the garbage collector at rest: it would walk again and again what stays."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
