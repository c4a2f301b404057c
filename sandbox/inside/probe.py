"""What each protection is worth here: it is applied in a child, and what it forbids is attempted.

A probe gives the reason why its protection is not there, or an empty string. The zygote runs them before any
candidate exists, so their word can be trusted.
"""

import errno
import mmap
import os
import signal
import socket

from . import landlock, limits, linux, seccomp
from .jail import ADDRESS_SPACE


def _refused(action, code):
    """Empty if ``action`` fails with ``code``, else what it did instead."""
    try:
        action()
    except OSError as error:
        return "" if error.errno == code else str(error)
    return "what it forbids succeeds"


def capabilities():
    limits.drop_capabilities()
    return _refused(lambda: os.chroot("/"), errno.EPERM)


def rlimits():
    limits.set_limits(ADDRESS_SPACE)
    return _refused(os.pipe, errno.EMFILE) or _refused(
        lambda: mmap.mmap(-1, ADDRESS_SPACE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), errno.ENOMEM
    )


def no_new_privs():
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    return "" if linux.prctl(linux.PR_GET_NO_NEW_PRIVS) == 1 else "it does not stay set"


def files():
    if landlock.version() < 1:
        return "the kernel has no Landlock, or something around this process forbids it"
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    landlock.restrict()
    return _refused(lambda: os.open("/", os.O_RDONLY | os.O_DIRECTORY), errno.EACCES)


def system_calls():
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.install(seccomp.prepare())
    os.getppid()
    return "what it forbids succeeds"


def judge(proc, pid):
    """Reading the judge's memory as another process of its user."""
    limits.drop_capabilities()
    return _refused(lambda: os.open("%d/mem" % pid, os.O_RDONLY, dir_fd=proc), errno.EACCES)


def root():
    return "" if os.listdir("/") == [] else "the files of the host are still there"


def network():
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        return "the interfaces of the host are still there"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        return _refused(lambda: outside.connect(("192.0.2.1", 9)), errno.ENETUNREACH)


def processes():
    return "" if os.getpid() == 1 and os.getppid() == 0 else "it is not the only process that it sees"


_PROBES = {
    "no_capabilities": capabilities,
    "rlimits": rlimits,
    "no_new_privs": no_new_privs,
    "landlock": files,
    "seccomp": system_calls,
    "mnt_namespace": root,
    "net_namespace": network,
    "pid_namespace": processes,
}
_DIES = {"seccomp": signal.SIGSYS}


def _in_child(probe, fork, dies=0):
    receive, send = os.pipe()
    child = fork()
    if child == 0:
        try:
            try:
                reason = probe()
            except BaseException as error:
                reason = "%s: %s" % (type(error).__name__, error)
            os.write(send, reason.encode("ascii", "backslashreplace")[:200])
        finally:
            os._exit(0)
    os.close(send)
    reason = os.read(receive, 200).decode()
    os.close(receive)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -dies:
        return reason
    return reason or "the probe ended with %d" % code


def births(fork):
    """Whether ``fork`` works, tried in a child: to be half-way in a namespace cannot be undone."""

    def attempt():
        child = fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        return ""

    return _in_child(attempt, os.fork)


def run(fork, namespaces, proc, judge_pid):
    """``{protection: reason}`` for every probe.

    ``namespaces`` is why there are none, or empty; ``proc`` a descriptor of /proc, where the judge is found.
    """
    report = {name: _in_child(probe, fork, _DIES.get(name, 0)) for name, probe in _PROBES.items()}
    report["judge_hidden"] = _in_child(lambda: judge(proc, judge_pid), fork)
    names = ("user", "mnt", "net", "ipc", "uts", "pid")
    return report | {name + "_namespace": namespaces for name in names if namespaces}
