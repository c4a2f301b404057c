"""A room for a candidate: namespaces of its own, in which it may do as it likes.

It sees no other process, no network and no file but the standard library's; whatever it starts dies with it. It
keeps no privilege. Where the kernel has no namespaces there is no room, only a process group.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
import sys

import confine  # pyright: ignore[reportMissingImports]

_NAMESPACES = 0x00020000 | 0x08000000 | 0x20000000 | 0x40000000  # mounts, IPC, processes, network
PR_SET_DUMPABLE = 4
_HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def close(libraries: bool, kept: str | None = None) -> bool:
    """Enter the room. ``libraries`` says whether those of site-packages can be imported; ``kept`` is a folder that
    the room shares with the scorer. Returns in a new process that the caller's child waits for; False if the kernel
    gives no namespaces.
    """
    if not _separate(libraries, kept):
        drop_privileges()
        return False
    _follow(os.fork(), last=False)
    confine.call("prctl", confine.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    with contextlib.suppress(OSError):
        flags = confine.MS_RDONLY | confine.MS_NOSUID | confine.MS_NODEV | confine.MS_NOEXEC
        confine.mount("proc", "/proc", "proc", flags)
    _follow(os.fork(), last=True)  # process 1 of a namespace is spared most signals: the candidate must not be it
    drop_privileges()
    return True


def _separate(libraries: bool, kept: str | None) -> bool:
    home = os.environ["HOME"]
    hidden = [home, _HERE]
    if not libraries:
        hidden += [folder for folder in sys.path if folder.endswith("-packages")]
    try:
        confine.call("unshare", _NAMESPACES)
        shared = os.open(kept, os.O_PATH) if kept else None  # a folder of this namespace, to be mounted in it
        confine.mount("none", "/", None, confine.MS_REC | confine.MS_PRIVATE)
        flags = confine.MS_NOSUID | confine.MS_NODEV | confine.MS_NOEXEC  # a compiler, too, would be the host's
        for folder in hidden:
            confine.mount("tmpfs", folder, "tmpfs", flags, "size=16m,mode=700")
        if shared is not None:
            confine.mount(f"/proc/self/fd/{shared}", home, None, confine.MS_BIND)
            os.close(shared)
    except OSError:
        return False
    os.chdir(home)  # the working directory was the covered one
    return True


def _follow(process: int, *, last: bool) -> None:
    """In the parent: end as ``process`` ends. In the child: return."""
    if not process:
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
    code = -signal.SIGKILL
    with contextlib.suppress(ChildProcessError):
        while True:  # whatever the candidate left behind comes to process 1
            done, status = os.wait() if last else os.waitpid(process, 0)
            if done == process:
                code = os.waitstatus_to_exitcode(status)
                break
    os._exit(code if code >= 0 else 128 - code)


def drop_privileges() -> None:
    """No capability, and none to be had by executing a program."""
    confine.drop_privileges()
    header = struct.pack("Ii", 0x20080522, 0)
    ctypes.CDLL(None).capset(header, bytes(24))


def hide() -> None:
    """Keep processes of our user from reading this one's memory or taking its descriptors."""
    confine.call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)
