"""Errors of the trainer a user can act on."""

from ..sandbox import AssayError


class RecipeError(AssayError):
    """A recipe cannot be found, read or understood, or asks for something that does not exist."""


class RunError(AssayError):
    """A run folder is not one, lacks a checkpoint, or cannot be written."""
