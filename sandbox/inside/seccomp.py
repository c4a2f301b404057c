"""seccomp: the system calls that are left to a worker, as a raw BPF program.

The bindings on PyPI are stale, and a worker imports no packages. Numbers: asm/unistd_64.h (x86-64) and
asm-generic/unistd.h (aarch64).
"""

import ctypes
import errno
import os
import struct

from . import linux

_MODE_FILTER = 2
_KILL, _ALLOW, _DENY = 0x80000000, 0x7FFF0000, 0x00050000 | errno.EACCES
_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_PROT_EXEC = 4

# For each machine: its audit architecture, calls that are allowed, calls that fail with EACCES; any other kills. A
# worker computes, reads and writes its channel and grows its heap: it neither opens, sleeps, signals, forks nor
# changes anything about itself. CPython looks for a source file by itself whenever it raises a SyntaxError: that
# must fail, not kill.
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOWED = {
    "x86_64": {
        **{"read": 0, "write": 1, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigreturn": 15},
        **{"mremap": 25, "madvise": 28, "exit": 60, "futex": 202, "restart_syscall": 219},
        **{"clock_gettime": 228, "exit_group": 231, "getrandom": 318},
    },
    "aarch64": {
        **{"read": 63, "write": 64, "mmap": 222, "mprotect": 226, "munmap": 215, "brk": 214},
        **{"rt_sigreturn": 139, "mremap": 216, "madvise": 233, "exit": 93, "futex": 98},
        **{"restart_syscall": 128, "clock_gettime": 113, "exit_group": 94, "getrandom": 278},
    },
}
_DENIED = {
    "x86_64": {
        **{"open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "lseek": 8, "ioctl": 16, "access": 21},
        **{"getcwd": 79, "readlink": 89, "openat": 257, "newfstatat": 262, "readlinkat": 267},
    },
    "aarch64": {
        **{"close": 57, "fstat": 80, "lseek": 62, "ioctl": 29, "faccessat": 48, "getcwd": 17},
        **{"openat": 56, "newfstatat": 79, "readlinkat": 78},
    },
}
# What loading a shared library needs besides; Landlock leaves that one file to be opened.
_LOADER = {
    "x86_64": {"openat": 257, "close": 3, "fstat": 5, "newfstatat": 262, "pread64": 17},
    "aarch64": {"openat": 56, "close": 57, "fstat": 80, "newfstatat": 79, "pread64": 67},
}
MACHINES = tuple(_AUDIT)


def program(machine, language="python"):
    """The allow-list as classic BPF: ``(code, jump_true, jump_false, k)`` instructions.

    A call that is not listed kills the process. ``mmap`` and ``mprotect`` are allowed only without PROT_EXEC,
    but for ``mmap`` where the language is "c" and a library must be mapped. Raises KeyError for a machine
    without a table.
    """
    loader = _LOADER[machine] if language == "c" else {}
    calls = {**_ALLOWED[machine], **loader}
    guarded = ("mprotect",) if language == "c" else ("mmap", "mprotect")
    steps = [(_LD, 0, 0, 4), (_JEQ, 1, 0, _AUDIT[machine]), (_RET, 0, 0, _KILL), (_LD, 0, 0, 0)]
    steps += [(_JGE, 0, 1, 0x40000000), (_RET, 0, 0, _KILL)]  # the x32 table shares the audit value
    for name in guarded:
        steps += [(_JEQ, 0, 4, calls[name]), (_LD, 0, 0, 32), (_JSET, 0, 1, _PROT_EXEC)]
        steps += [(_RET, 0, 0, _KILL), (_RET, 0, 0, _ALLOW)]
    for name, number in calls.items():
        if name not in guarded:
            steps += [(_JEQ, 0, 1, number), (_RET, 0, 0, _ALLOW)]
    for name, number in _DENIED[machine].items():
        if name not in calls:
            steps += [(_JEQ, 0, 1, number), (_RET, 0, 0, _DENY)]
    return [*steps, (_RET, 0, 0, _KILL)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def prepare(language="python"):
    """The program of this machine, packed for :func:`install`: once in the zygote, not in every worker.

    Raises KeyError for a machine without a table.
    """
    packed = b"".join(struct.pack("HBBI", *step) for step in program(os.uname().machine, language))
    return ctypes.create_string_buffer(packed, len(packed))


def install(prepared):
    """Install a prepared program; irrevocable. Needs no_new_privs. Raises OSError."""
    filters = _Program(len(prepared) // 8, ctypes.addressof(prepared))
    linux.prctl(linux.PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filters))
