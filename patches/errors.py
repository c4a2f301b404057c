"""Errors of the patches; each is one sentence that names the tensor or the option, and the way out.

PatchError
├── ModelError        the model is no gpt-oss
├── OptionError       no such patch, no such option, or patches that cannot be combined
├── DeviceError       the GPU lacks Triton, a kernel, or memory
├── CheckpointError   a tensor of the checkpoint is missing or has an odd size
├── AdapterError      the LoRA adapter is for other shapes
└── SilentFault       the guard: what would train wrongly without a word
"""

from __future__ import annotations


class PatchError(Exception):
    """A patch cannot be applied, removed or verified."""

    exit_code = 2


class ModelError(PatchError):
    """The model is no gpt-oss model, or lacks what the patch replaces."""


class OptionError(PatchError):
    """A patch or an option of one does not exist, or two patches exclude each other."""


class DeviceError(PatchError):
    """The device lacks Triton, a kernel, or memory."""


class CheckpointError(PatchError):
    """A tensor of a checkpoint is missing or has an odd size."""


class AdapterError(PatchError):
    """A LoRA adapter does not fit the model."""


class SilentFault(PatchError):
    """Training would run and be wrong, and nobody would be told."""
