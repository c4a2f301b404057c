"""Errors of the trainer a user can act on."""

from ..sandbox import UsageError


class RecipeError(UsageError):
    """A recipe cannot be found, read or understood, or asks for something that does not exist."""


class RunError(UsageError):
    """A run folder is not one, lacks a checkpoint, or cannot be written."""
