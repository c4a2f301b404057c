"""Where the judges run: this machine, a Ray cluster, or a class of yours."""

from __future__ import annotations

from ...sandbox import UsageError
from ..registry import import_object
from .base import Backend, BackendClass, collect
from .local import LocalBackend

__all__ = ["Backend", "BackendClass", "LocalBackend", "collect", "find_backend"]


def find_backend(which: str | BackendClass) -> BackendClass:
    """A backend by name (``local``, ``ray``), by dotted path ``package.module:Class``, or the class itself.
    Raises UsageError."""
    if not isinstance(which, str):
        return which
    if which == "local":
        return LocalBackend
    if which == "ray":
        try:
            from .ray import RayBackend
        except ImportError as error:
            raise UsageError(f"the ray backend needs the ray extra ({error}): pip install 'assay[ray]'") from error
        return RayBackend
    if ":" in which:
        return import_object(which, UsageError)
    raise UsageError(f"no backend named '{which}'; known are local, ray, or give a dotted path package.module:Class")
