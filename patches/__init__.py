"""Patches that make gpt-oss train exactly and in little memory, each with the proof that it changes no result.

Importing this package imports neither torch nor transformers.
"""

from .base import Applied, Patch, applied_patches, apply_patches, find_patch, names, remove_patches
from .errors import (
    AdapterError,
    CheckpointError,
    DeviceError,
    ModelError,
    OptionError,
    PatchError,
    SilentFault,
)

__all__ = [
    "AdapterError",
    "Applied",
    "CheckpointError",
    "DeviceError",
    "ModelError",
    "OptionError",
    "Patch",
    "PatchError",
    "SilentFault",
    "applied_patches",
    "apply_patches",
    "find_patch",
    "names",
    "remove_patches",
]
