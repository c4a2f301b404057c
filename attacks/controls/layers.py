"""Layers of the sandbox around a candidate of the control: the ablation adds them, nobody else."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterable
from typing import Any


class Layers:
    """``names`` may hold "context" and "jail"; ``inside`` is the folder of the sandbox that has both.

    All that is loaded is loaded now: a jailed process opens nothing.
    """

    def __init__(self, names: Iterable[str] = (), inside: str = "") -> None:
        wanted = frozenset(names)
        self._context: Any = _load(inside, "context") if wanted else None
        self._jail: Any = None
        if "jail" in wanted:
            self._context.make_namespace()  # the modules that candidates may import
            importlib.import_module("unicodedata")  # the compiler does, for names beyond ASCII
            self._jail = _load(inside, "jail").Jail()
        if "context" not in wanted:
            self._context = None

    @property
    def jailed(self) -> bool:
        """Whether the process can do little more than compute once it is locked."""
        return self._jail is not None

    def namespace(self) -> dict[str, Any] | None:
        """The layer context's namespace for a module, or None without it."""
        return None if self._context is None else self._context.make_namespace()

    def lock(self) -> None:
        """Put this process into the jail, if that is one of the layers; irrevocable."""
        if self._jail is not None:
            self._jail.lock()


def _load(folder: str, name: str) -> Any:
    """The sandbox's module ``name`` of ``folder``, as worker processes see it."""
    package = sys.modules.setdefault("inside", types.ModuleType("inside"))
    package.__path__ = [folder]
    return importlib.import_module("inside." + name)
