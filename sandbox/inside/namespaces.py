"""Namespaces: the zygote enters them once; each worker gets a process namespace of its own.

In them there is no other process, no network, no host name, no shared memory of others, and a root directory
that is an empty read-only tmpfs. Python 3.11 has neither unshare nor setns.
"""

import os
import signal
import struct

from . import linux

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_ALL = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
_MS_BIND, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 4096, 16384, 1 << 18, 2
_MOUNT_SETATTR, _HERE_FD, _RECURSIVE = 442, -100, 0x8000
_NEW_ROOT = b"/proc"  # a directory that is there on every host


def enter():
    """Leave the host's namespaces for new ones. Raises OSError where that is not allowed.

    A user namespace comes first, which an ordinary user needs; root of a container that forbids those may
    still be allowed the others. Process namespaces begin with the next child.
    """
    user, group = os.getuid(), os.getgid()
    refused = None
    for flags in (_NEWUSER | _ALL | _NEWCGROUP, _NEWUSER | _ALL, _ALL):
        try:
            linux.call("unshare", flags)
        except OSError as error:
            refused = refused or error
            continue
        if flags & _NEWUSER:
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", "%d %d 1" % (user, user)),
                ("gid_map", "%d %d 1" % (group, group)),
            ):
                with open("/proc/self/" + name, "w") as file:
                    file.write(text)
        return
    raise refused or OSError("unshare")


def empty_root(executable=False):
    """Replace the filesystem by an empty tmpfs, and keep nothing of the old one. Raises OSError.

    It is read-only; or, with ``executable``, a place where the zygote puts libraries that workers may load.
    """
    _mount_root()
    if not executable:
        _close_root()
    _enter_root()


def partial_root(paths, scratch, size):
    """Replace the filesystem by one that holds ``paths`` alone, read-only. Raises OSError.

    Its one writable directory ``scratch`` is a tmpfs of ``size`` bytes. A symbolic link stays one.
    """
    _mount_root()
    for path in paths:
        inside = os.fsdecode(_NEW_ROOT) + path
        os.makedirs(os.path.dirname(inside), exist_ok=True)
        if os.path.islink(path):
            os.symlink(os.readlink(path), inside)
            continue
        if os.path.isdir(path):
            os.mkdir(inside)
        else:
            os.close(os.open(inside, os.O_CREAT))
        linux.call("mount", os.fsencode(path), os.fsencode(inside), None, _MS_BIND | _MS_REC, None)
        attributes = struct.pack("=QQQQ", _MS_RDONLY | _MS_NOSUID | _MS_NODEV, 0, 0, 0)
        linux.syscall(_MOUNT_SETATTR, _HERE_FD, os.fsencode(inside), _RECURSIVE, attributes, len(attributes))
    inside = os.fsencode(os.fsdecode(_NEW_ROOT) + scratch)
    os.makedirs(inside)
    options = b"size=%d,mode=700" % size
    linux.call("mount", b"tmpfs", inside, b"tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, options)
    _close_root()
    _enter_root()


def _mount_root():
    linux.call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    linux.call("mount", b"tmpfs", _NEW_ROOT, b"tmpfs", _MS_NOSUID | _MS_NODEV, b"size=64m,mode=755")


def _close_root():
    """Nothing can be written to the new root from here on, nor executed that lies in it itself."""
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_RDONLY | _MS_REMOUNT
    linux.call("mount", None, _NEW_ROOT, None, flags, None)


def _enter_root():
    os.chdir(_NEW_ROOT)
    try:
        linux.call("pivot_root", b".", b".")  # the old root now lies on top of the new one: unmount it
        linux.call("umount2", b".", _MNT_DETACH)
    except OSError:  # an initial ramdisk cannot be pivoted away from
        os.chroot(".")
    os.chdir("/")


def become_first():
    """Go on as the first process of the new process namespace; this one waits and ends as it ends."""
    child = os.fork()
    if child == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        return
    os.closerange(3, 1 << 16)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)


class OwnProcesses:
    """Forks children that are the first and only process of a namespace of their own."""

    def __init__(self, proc):
        """Remembers the present namespace by way of ``proc``, a descriptor of /proc. Raises OSError."""
        self._here = os.open("self/ns/pid", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)

    def fork(self):
        """As os.fork. Raises OSError."""
        linux.call("unshare", _NEWPID)
        child = -1
        try:
            child = os.fork()
        finally:
            if child != 0:
                linux.call("setns", self._here, _NEWPID)
        return child
