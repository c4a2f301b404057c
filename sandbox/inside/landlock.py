"""Landlock: an unprivileged process gives up the filesystem, TCP, and signals to those outside.

Numbers and structures are those of linux/landlock.h; they are the same on every architecture.
"""

import ctypes
import os
import struct

from . import linux

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
# Rights known to each version of the interface (its ABI): filesystem, network, scopes.
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK_SINCE, _NETWORK = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


def version():
    """The kernel's Landlock ABI, 0 where it has none or does not enable it."""
    try:
        return linux.syscall(_CREATE_RULESET, 0, 0, _VERSION_FLAG)
    except OSError:
        return 0


def restrict(readable=(), writable=()):
    """Deny this process, for ever, every file but those named (paths), all TCP and outward signals.

    A ``readable`` file, or what lies below a readable directory, may be read and executed; below a ``writable``
    directory everything is allowed. Needs no_new_privs. Raises OSError.
    """
    abi = version()
    if abi < 1:
        raise OSError(38, "landlock: not available")
    files = _FILES[min(abi, max(_FILES))]
    attributes = struct.pack(
        "=QQQ",
        files,
        _NETWORK if abi >= _NETWORK_SINCE else 0,
        _SCOPES if abi >= _SCOPES_SINCE else 0,
    )
    size = 8 if abi < _NETWORK_SINCE else 16 if abi < _SCOPES_SINCE else 24
    ruleset = linux.syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, _EXECUTE | _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0))
        for path in writable:
            _allow(ruleset, path, files)
        linux.syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset, path, rights):
    target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, target)
        linux.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(target)
