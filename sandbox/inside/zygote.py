"""The zygote: trusted, warm, single-threaded; it forks a worker for each request of the judge.

Commands of the judge, one message each: ``F`` and the address space (with the descriptors of channel, input and
output) forks, and is answered by pid and pidfd; ``W`` and a pid waits for that worker, and is answered by its
wait status; ``K`` and a pid does so without an answer. ``L`` and a pid (with a descriptor) fills the file of a
worker in C, and is answered ``L``. The zygote ends with the judge's socket.
"""

import gc
import os
import signal
import socket
import struct
import sys
import unicodedata  # noqa: F401  (the parser normalises identifiers with it, and cannot load it in the jail)

from . import context, languages, linux, namespaces, native, probe, protocol, worker
from .jail import Jail

_DESCRIPTORS = 4


class Zygote:
    """Sits in namespaces where the host gives them; raises OSError where it cannot set itself up."""

    def __init__(self, control, language, packages):
        self._control = control
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        judge = os.getppid()
        self._runner = languages.prepare(language, packages)  # once: what a worker need not touch, it need not copy
        os.environ.clear()
        self._proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
        self._null = os.open(os.devnull, os.O_RDWR)
        self._fork, missing = os.fork, _isolate(language)
        if not missing:
            fork = namespaces.OwnProcesses(self._proc).fork
            if not (missing := probe.births(fork)):
                self._fork = fork
        self.report = probe.run(self._fork, missing, self._proc, judge)
        self._native, self._private, self._count = language == "c", not missing, 0
        self._libraries = {}
        self._jail = Jail(language, files=not self.report["landlock"], calls=not self.report["seccomp"])
        sys.unraisablehook = context.silent()  # for the workers, who then need not write to what it is made of
        gc.collect()
        gc.freeze()

    def fork(self, descriptors, address_space):
        """A worker; the answer to the judge carries its pid here and a pidfd."""
        library = self._library()
        pid = self._fork()
        if pid == 0:
            code = 1
            try:
                self._control.close()
                worker.become([self._null, *descriptors], self._proc, self._jail, self._runner, address_space, library)
                code = 0
            finally:
                os._exit(code)
        if library:
            self._libraries[pid] = library
        pidfd = os.pidfd_open(pid)
        socket.send_fds(self._control, [struct.pack("<i", pid)], [pidfd])
        os.close(pidfd)

    def _library(self):
        """An empty file for the next worker, None where its language needs none."""
        if not self._native:
            return None
        self._count += 1
        return native.Library(self._count if self._private else None)

    def _fill(self, pid, descriptors):
        try:
            self._libraries[pid].fill(descriptors[0])
            self._control.send(b"L")
        except (OSError, KeyError) as error:
            self._control.send(b"!" + protocol.text_of(error))

    def _bury(self, pid):
        _, status = os.waitpid(pid, 0)
        if library := self._libraries.pop(pid, None):
            library.close()
        return status

    def serve(self):
        """Answer the judge until its socket closes."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._control, 64, _DESCRIPTORS)
            if not message:
                return
            command, pid = message[:1], struct.unpack_from("<i", message, 1)[0]
            if command == b"F":
                try:
                    self.fork(descriptors, struct.unpack_from("<Q", message, 1)[0])
                except OSError as error:
                    self._control.send(b"!" + protocol.text_of(error))
            elif command == b"L":
                self._fill(pid, descriptors)
            else:
                status = self._bury(pid)
                if command == b"W":
                    self._control.send(struct.pack("<i", status))
            for fd in descriptors:
                os.close(fd)


def _isolate(language):
    """Enter the namespaces; why there are none, or an empty string. From here on this may be another process."""
    try:
        namespaces.enter()
        namespaces.become_first()
        namespaces.empty_root(executable=language == "c")
    except OSError as error:
        return str(error)
    return ""


def main():
    """Serve as a zygote: the arguments are a descriptor, the language and the folder of its packages."""
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        control.recv(1)  # by then the judge has put this process into its control group
        zygote = Zygote(control, *sys.argv[2:4])
        control.send(b"Z" + "\n".join("=".join(item) for item in zygote.report.items()).encode())
        zygote.serve()
    except ConnectionError:  # the judge has gone
        return
