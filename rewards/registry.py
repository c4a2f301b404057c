"""Reward checks: plain functions whose arguments are injected by name."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Literal, TypeVar

from ..sandbox import Status, Verdict
from .errors import CheckError

CheckFunction = Callable[..., float]
_F = TypeVar("_F", bound=CheckFunction)
When = Literal["correct", "always"]


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check.

    ``when="correct"`` leaves it out (value 0) for candidates that are not correct, so that no bonus can be
    earned without solving the task. A ``multiplier`` scales the whole reward of the checks that only count for
    correct candidates by ``1 + weight * value``; the others add ``weight * value``.
    """

    name: str
    function: CheckFunction
    weight: float = 1.0
    when: When = "correct"
    multiplier: bool = False

    def value(self, verdict: Verdict, arguments: Mapping[str, Any]) -> float:
        """The check's number for one candidate. Raises CheckError for a fault of the check itself."""
        if self.when == "correct" and verdict.status is not Status.CORRECT:
            return 0.0
        try:
            result = self.function(**self._select(arguments))
        except CheckError:
            raise
        except Exception as error:
            raise CheckError(f"the check '{self.name}' raised {type(error).__name__}: {error}") from error
        if not isinstance(result, (int, float)) or not math.isfinite(result):
            raise CheckError(f"the check '{self.name}' must return a finite number, it returned {result!r:.100}")
        return float(result)

    def _select(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        parameters = inspect.signature(self.function).parameters.values()
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            return dict(arguments)
        missing = [p.name for p in parameters if p.name not in arguments and p.default is p.empty]
        if missing:
            raise CheckError(
                f"the check '{self.name}' asks for {', '.join(missing)}; available are {', '.join(sorted(arguments))}"
            )
        return {p.name: arguments[p.name] for p in parameters if p.name in arguments}


_CHECKS: dict[str, Check] = {}


def check(name: str, *, weight: float = 1.0, when: When = "correct", multiplier: bool = False) -> Callable[[_F], _F]:
    """Register a function as the check ``name``; the function itself is returned unchanged.

    It is called with those of ``completion, candidate, verdict, task, prompt`` and the dataset's columns that
    its signature names, and returns a float. Raises CheckError for a coroutine function or a name that another
    function holds.
    """

    def register(function: _F) -> _F:
        if inspect.iscoroutinefunction(function):
            raise CheckError(f"the check '{name}' is a coroutine function; a check is a plain function")
        held = _CHECKS.get(name)
        if held is not None and held.function.__qualname__ != function.__qualname__:
            raise CheckError(f"a check named '{name}' is already registered")
        _CHECKS[name] = Check(name, function, weight, when, multiplier)
        return function

    return register


def find_check(which: str | Check | CheckFunction) -> Check:
    """A check by registered name, entry point (group ``assay.checks``), dotted path ``package.module:function``,
    or by the decorated function itself. Raises CheckError."""
    if isinstance(which, Check):
        return which
    if callable(which):
        for registered in _CHECKS.values():
            if registered.function is which:
                return registered
        return Check(which.__name__, which)
    if which in _CHECKS:
        return _CHECKS[which]
    for entry in entry_points(group="assay.checks", name=which):
        loaded = import_object(f"{entry.module}:{entry.attr}", CheckError)
        return _CHECKS.get(which) or find_check(loaded)
    if ":" in which:
        return find_check(import_object(which, CheckError))
    known = ", ".join(sorted(_CHECKS))
    raise CheckError(f"no check named '{which}'; known are {known}, or give a dotted path package.module:function")


def import_object(path: str, error: type[Exception]) -> Any:
    """The object at ``package.module:name``; raises ``error`` with one sentence where there is none."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as problem:  # the module is somebody's code, and importing runs it
        said = " ".join(str(problem).split())[:200]
        raise error(f"cannot load '{path}': {type(problem).__name__}: {said}") from problem
