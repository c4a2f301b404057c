"""Workers with the jail and without it, in turns, from one zygote: what the jail costs is the difference.

From one zygote, and by the same steps: where code and data lie moves times by up to a per cent, and a worker that
skipped the steps would have another heap. So one without a jail makes harmless system calls in place of those that
lock. Ever only the baseline runs here. In place of the zygote's own program (sandbox/inside/__main__.py); standard
library only.
"""

import itertools
import os
import sys

from inside import limits, linux, zygote  # pyright: ignore[reportMissingImports]

_GET_DUMPABLE, _NEWPID, _RESTRICT_SELF = 3, 0x20000000, 446
_GETPID = {"x86_64": 39, "aarch64": 172}[os.uname().machine]
_INSTEAD = {
    ("prctl", linux.PR_SET_NO_NEW_PRIVS): ("prctl", _GET_DUMPABLE),
    ("prctl", linux.PR_SET_SECCOMP): ("prctl", _GET_DUMPABLE),
    ("syscall", _RESTRICT_SELF): ("syscall", _GETPID),
    ("unshare", _NEWPID): ("unshare", 0),
}

in_turns = itertools.cycle((True, False, False, True))
call, bound, fork = linux.call, limits.bound, zygote.Zygote.fork
jailed = True


def call_or_pretend(name, first, *rest):
    """A call of libc as always; in a worker without a jail one that does nothing in place of one that locks."""
    if not jailed:
        name, first = ("capget", first) if name == "capset" else _INSTEAD.get((name, first), (name, first))
    return call(name, first, *rest)


def bound_or_pretend(wanted):
    """The limits of a worker; without a jail those that it has anyway."""
    bound(wanted if jailed else dict.fromkeys(wanted, sys.maxsize))


def fork_in_turns(self, *arguments):
    """A worker with the jail or without it."""
    global jailed
    jailed = next(in_turns)
    fork(self, *arguments)


linux.call, limits.bound, zygote.Zygote.fork = call_or_pretend, bound_or_pretend, fork_in_turns
zygote.main()
