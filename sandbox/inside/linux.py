"""The few calls of Linux that Python 3.11 has no function for."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for _name in ("capset", "prctl", "syscall"):
    getattr(libc, _name)  # looked up here, not in every forked child: the tables of names are 70 pages to touch

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 1, 22, 38, 39


def call(name, *arguments):
    """Call a function of libc with integers, bytes or pointers; its result. Raises OSError."""
    words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    result = getattr(libc, name)(*words)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, "%s: %s" % (name, os.strerror(code)))
    return result


def prctl(option, *arguments):
    """prctl(2) with its unused arguments zero. Raises OSError."""
    return call("prctl", option, *(*arguments, 0, 0, 0, 0)[:4])


def syscall(number, *arguments):
    """A system call by number. Raises OSError."""
    return call("syscall", number, *arguments)
