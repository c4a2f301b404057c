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
_PROT_WRITE, _PROT_EXEC, _MAP_ANONYMOUS = 2, 4, 0x20
_WRITING = 0x3 | 0x40 | 0x200  # O_WRONLY and O_RDWR, O_CREAT, O_TRUNC

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
# What abort() tries before it executes a trap, which is what ends it here.
_ABORT = {
    "x86_64": {"rt_sigaction": 13, "rt_sigprocmask": 14, "writev": 20, "getpid": 39, "gettid": 186, "tgkill": 234},
    "aarch64": {"rt_sigaction": 134, "rt_sigprocmask": 135, "writev": 66, "getpid": 172, "gettid": 178, "tgkill": 131},
}
# Forbidden to gcc: what reaches the network, other processes, namespaces or rarely used parts of the kernel.
_NOT_FOR_COMPILERS = {
    "x86_64": {
        **{"socket": 41, "connect": 42, "socketpair": 53, "ptrace": 101, "pivot_root": 155, "chroot": 161},
        **{"mount": 165, "umount2": 166, "init_module": 175, "kexec_load": 246, "add_key": 248, "request_key": 249},
        **{"keyctl": 250, "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308},
        **{"process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313, "bpf": 321, "userfaultfd": 323},
        **{"io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "pidfd_open": 434},
        **{"pidfd_getfd": 438},
    },
    "aarch64": {
        **{"umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "unshare": 97, "kexec_load": 104},
        **{"init_module": 105, "ptrace": 117, "socket": 198, "socketpair": 199, "connect": 203, "add_key": 217},
        **{"request_key": 218, "keyctl": 219, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268},
        **{"process_vm_readv": 270, "process_vm_writev": 271, "finit_module": 273, "bpf": 280, "userfaultfd": 282},
        **{"io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "pidfd_open": 434},
        **{"pidfd_getfd": 438},
    },
}
MACHINES = tuple(_AUDIT)


def _head(machine):
    """Load the number of the call; another architecture's or the x32 table, which shares its audit value, kills."""
    steps = [(_LD, 0, 0, 4), (_JEQ, 1, 0, _AUDIT[machine]), (_RET, 0, 0, _KILL), (_LD, 0, 0, 0)]
    return [*steps, (_JGE, 0, 1, 0x40000000), (_RET, 0, 0, _KILL)]


def _never_executable(number):
    """Allow the call only without PROT_EXEC."""
    steps = [(_JEQ, 0, 4, number), (_LD, 0, 0, 32), (_JSET, 0, 1, _PROT_EXEC)]
    return [*steps, (_RET, 0, 0, _KILL), (_RET, 0, 0, _ALLOW)]


def _executable_from_files(number):
    """Allow mmap with PROT_EXEC only for files, and never to be written too."""
    steps = [(_JEQ, 0, 7, number), (_LD, 0, 0, 32), (_JSET, 0, 4, _PROT_EXEC), (_JSET, 2, 0, _PROT_WRITE)]
    return [*steps, (_LD, 0, 0, 40), (_JSET, 0, 1, _MAP_ANONYMOUS), (_RET, 0, 0, _KILL), (_RET, 0, 0, _ALLOW)]


def _opened_for_reading(number):
    """Allow openat only with flags that change nothing; which files there are is for Landlock and namespaces."""
    steps = [(_JEQ, 0, 4, number), (_LD, 0, 0, 32), (_JSET, 0, 1, _WRITING)]
    return [*steps, (_RET, 0, 0, _DENY), (_RET, 0, 0, _ALLOW)]


def program(machine, language="python"):
    """The allow-list as classic BPF: ``(code, jump_true, jump_false, k)`` instructions.

    A call that is not listed kills the process. ``mmap`` and ``mprotect`` are allowed only without PROT_EXEC,
    but for ``mmap`` of a file where the language is "c" and a library must be loaded. Raises KeyError for a
    machine without a table.
    """
    native = language == "c"
    calls = {**_ALLOWED[machine], **(_LOADER[machine] if native else {})}
    denied = {**_DENIED[machine], **(_ABORT[machine] if native else {})}
    steps = _head(machine) + _never_executable(calls["mprotect"])
    steps += (_executable_from_files if native else _never_executable)(calls["mmap"])
    steps += _opened_for_reading(calls["openat"]) if native else []
    for name, number in calls.items():
        if name not in ("mmap", "mprotect", "openat"):
            steps += [(_JEQ, 0, 1, number), (_RET, 0, 0, _ALLOW)]
    for name, number in denied.items():
        if name not in calls:
            steps += [(_JEQ, 0, 1, number), (_RET, 0, 0, _DENY)]
    return [*steps, (_RET, 0, 0, _KILL)]


def compiler_program(machine):
    """A deny-list for gcc, which runs nothing of the candidate's: what it calls differs between versions.

    Raises KeyError for a machine without a table.
    """
    steps = _head(machine)
    for number in _NOT_FOR_COMPILERS[machine].values():
        steps += [(_JEQ, 0, 1, number), (_RET, 0, 0, _DENY)]
    return [*steps, (_RET, 0, 0, _ALLOW)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def prepare(language="python"):
    """The program of this machine, packed for :func:`install`: once in the zygote, not in every worker.

    Raises KeyError for a machine without a table.
    """
    return _pack(program(os.uname().machine, language))


def prepare_compiler():
    """As :func:`prepare`, for gcc."""
    return _pack(compiler_program(os.uname().machine))


def _pack(steps):
    packed = b"".join(struct.pack("HBBI", *step) for step in steps)
    return ctypes.create_string_buffer(packed, len(packed))


def install(prepared):
    """Install a prepared program; irrevocable. Needs no_new_privs. Raises OSError."""
    filters = _Program(len(prepared) // 8, ctypes.addressof(prepared))
    linux.prctl(linux.PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filters))
