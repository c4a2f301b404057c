"""Errors a user of the rewards can act on; both are :class:`assay.sandbox.UsageError`."""

from ..sandbox import UsageError


class CheckError(UsageError):
    """A reward check cannot be found, asks for an unknown argument, raised, or returned no finite number."""


class UnknownTaskError(UsageError):
    """No task of that name is built in, installed as an entry point, or importable by dotted path."""
