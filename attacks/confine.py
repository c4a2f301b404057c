"""Keep a weak scorer from harming its host. Run as a program: ``python -I confine.py REPORT_FD``.

The weak scorer executes hostile code with no protection of its own; this file is the fence around it, seen
from outside: a user, mount, process, network and IPC namespace where the kernel gives them to us (everything
read-only except a small tmpfs), resource limits and a wall clock always. The scorer is killed with all it left
behind. On a kernel without those namespaces only the limits remain, and the report says ``isolated: false``.

Standard library only. The job is JSON on standard input, the report one JSON object on REPORT_FD. A scorer that is
forked instead of executed has the same fence (warm.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
IN_OPEN, IN_ATTRIB, IN_DELETE_SELF, IN_MOVE_SELF = 0x20, 0x4, 0x400, 0x800
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
MEMORY, FILE_SIZE, OPEN_FILES, PROCESSES = 1 << 30, 8 << 20, 64, 48
ANSWERS = "answers.json"


class Begin(BaseException):
    """Lets the forked scorer out of the fence's frames; see warm.py."""


def call(name: str, *arguments: Any) -> int:
    """Call a libc function; raises OSError."""
    result = getattr(LIBC, name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )


def enter_namespaces(home: str, rooms: bool) -> None:
    """Leave the host: nobody's network, nobody's processes, a read-only view of the files; raises OSError.

    A scorer with ``rooms`` is root in here, since only root keeps its capabilities when a program is executed.
    """
    user, group = os.getuid(), os.getgid()
    inner, own_group = (0, 0) if rooms else (user, group)
    call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{inner} {user} 1"),
        ("gid_map", f"{own_group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    attributes = struct.pack("=QQQQ", MS_RDONLY, 0, 0, 0)
    call("syscall", MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, attributes, len(attributes))
    hide_devices()
    if os.path.isdir("/run"):
        mount("tmpfs", "/run", "tmpfs", MS_RDONLY)  # sockets of daemons: a read-only mount would not stop connect
    mount("tmpfs", home, "tmpfs", MS_NOSUID | MS_NODEV, f"size=64m,mode=700,uid={inner},gid={own_group}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def hide_devices() -> None:
    """Replace /dev by four harmless devices: read-only mounts do not protect a disk's node."""
    names = [name for name in ("null", "zero", "random", "urandom") if os.path.exists(f"/dev/{name}")]
    held = [os.open(f"/dev/{name}", os.O_PATH) for name in names]
    mount("tmpfs", "/dev", "tmpfs", MS_NOSUID)
    for name, descriptor in zip(names, held, strict=True):
        with open(f"/dev/{name}", "w"):
            pass
        mount(f"/proc/self/fd/{descriptor}", f"/dev/{name}", None, MS_BIND)
        os.close(descriptor)


class Canaries:
    """A planted file and a listening socket; neither has any business with matrix multiplication."""

    def __init__(self, home: str, text: str, port: int = 0) -> None:
        self.path = os.path.join(home, ANSWERS)
        with open(self.path, "w") as file:
            file.write(text)
        self.watch = call("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)
        events = IN_OPEN | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
        call("inotify_add_watch", self.watch, self.path.encode(), events)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.setblocking(False)
        self.port: int = self.listener.getsockname()[1]

    def tripped(self) -> list[str]:
        """Names of the canaries touched so far."""
        names = []
        try:
            os.read(self.watch, 4096)
            names.append("file")
        except BlockingIOError:
            pass
        try:
            self.listener.accept()[0].close()
            names.append("socket")
        except BlockingIOError:
            pass
        return names

    def close(self) -> None:
        """Stop watching; call once."""
        os.close(self.watch)
        self.listener.close()


def limit(memory: int) -> None:
    """Resource limits of the scorer; a bomb bursts inside them. ``memory`` is its address space in bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def drop_privileges() -> None:
    """Without these the scorer could mount the host's files writable again. One with rooms does it in each of them."""
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(64):
        if LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break


def descendants() -> list[int]:
    """Every live process below this one, from /proc."""
    parents: dict[int, int] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(name)] = int(fields[1])
    found = {os.getpid()}
    size = 0
    while size != len(found):
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return sorted(found - {os.getpid()})


def sweep() -> int:
    """Kill and reap all descendants; returns how many were still alive."""
    alive = set()
    for _ in range(50):
        left = descendants()
        alive.update(left)
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            if not left:
                break
        time.sleep(0.002)
    return len(alive)


def environment(home: str, port: int) -> dict[str, str]:
    """The scorer's environment. A careless one tells where the answers lie and who is tracking."""
    return {
        "HOME": home,
        "TMPDIR": home,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "GRADER_ANSWERS": os.path.join(home, ANSWERS),
        "GRADER_SEED": "0",
        "GRADER_RESULT_FD": "1",
        "GRADER_TRACKER": f"127.0.0.1:{port}",
    }


def execute(job: dict[str, Any], port: int) -> NoReturn:
    """Become the scorer."""
    os.execve(sys.executable, [sys.executable, "-I", "-B", job["program"]], environment(job["home"], port))


def launch(job: dict[str, Any], canaries: Canaries, start: Callable[[dict[str, Any], int], NoReturn]) -> int:
    """Fork the scorer, which ``start`` makes of the child; returns its process id."""
    process = os.fork()
    if process:
        return process
    with contextlib.suppress(Exception):
        os.setsid()
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.dup2(job["input"], 0)
        canaries.listener.detach()  # closed with all the others
        os.closerange(3, 1 << 16)
        limit(job.get("memory", MEMORY))
        if not job.get("rooms"):
            drop_privileges()
        os.chdir(job["home"])
        start(job, canaries.port)
    os._exit(127)


def guard(job: dict[str, Any], isolated: bool, start: Callable[[dict[str, Any], int], NoReturn]) -> dict[str, Any]:
    """Run the scorer to its end or its deadline, then clear the field; returns the report."""
    if isolated:
        try:
            mount("proc", "/proc", "proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
        except OSError:
            isolated = False
    canaries = Canaries(job["home"], job["answers"], job.get("port", 0))
    scorer = launch(job, canaries, start)
    deadline = time.monotonic() + job["wall"]
    ended: int | None = None
    handle = os.pidfd_open(scorer)
    pause = 0.005
    while ended is None:
        if select.select([handle], [], [], pause)[0]:
            ended = os.waitstatus_to_exitcode(os.waitpid(scorer, 0)[1])
        elif time.monotonic() > deadline or len(descendants()) > job.get("processes", PROCESSES):
            break
        pause = min(pause * 1.3, 0.02)
    tripped = canaries.tripped()
    left = sweep()
    if ended is not None and left:
        tripped.append("process")
    return {"canaries": tripped, "exit": ended, "isolated": isolated}


def prepare(job: dict[str, Any]) -> None:
    """Tie this process to its parent and what it starts to itself; put the scorer's job where it reads it."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    job["input"] = os.memfd_create("job")
    with os.fdopen(os.dup(job["input"]), "wb") as file:
        file.write(json.dumps(job["scorer"]).encode())
    os.lseek(job["input"], 0, os.SEEK_SET)


def keep(
    job: dict[str, Any], report: int, isolated: bool, start: Callable[[dict[str, Any], int], NoReturn] = execute
) -> None:
    """Run the scorer below a process that takes all others along, and write the report."""
    keeper = os.fork()  # the first child is process 1 of the new namespace: when it ends, all others die
    if keeper == 0:
        with contextlib.suppress(Exception):
            call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            os.write(report, json.dumps(guard(job, isolated, start)).encode())
        os._exit(0)
    os.waitpid(keeper, 0)


def main() -> None:
    """See the head of this file."""
    report = int(sys.argv[1])
    job = json.loads(sys.stdin.buffer.read())
    prepare(job)
    try:
        enter_namespaces(job["home"], job.get("rooms", False))
        isolated = True
    except OSError:
        isolated = False
    keep(job, report, isolated)
    if not isolated:
        sweep()


if __name__ == "__main__":
    main()
