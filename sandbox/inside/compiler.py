"""The compile jail: gcc reads a candidate's source among the few files that it needs, and a library comes back.

gcc runs nothing that a candidate wrote, but reads all of it: a source may include files, grow without end or meet a
fault of the compiler. So each source gets a child of its own with bounded time, memory and output, without
capabilities, network or other processes; it reads gcc's own folders and writes to one scratch folder, which is
emptied before it. That lies in memory where the jail has a file system of its own, else the judge lends one.

The judge sends a source as a descriptor, and is answered ``L`` with the library as a descriptor, ``E`` and the first
error of the source, or ``!`` and a fault of ours.
"""

import contextlib
import os
import resource
import select
import shutil
import signal
import socket
import sys

from . import landlock, limits, linux, namespaces, protocol, seccomp

# -ffp-contract and -O3 are as gcc has them: a kernel may be contracted to fused operations, never reordered.
FLAGS = (
    "-x c - -std=gnu17 -O3 -fopenmp-simd -shared -fPIC -fno-plt -fno-semantic-interposition -static-libgcc -pipe -w "
    "-fmax-errors=1 -fno-diagnostics-show-caret -fdiagnostics-color=never -o library.so "
    "-Wl,-z,now,-z,noexecstack,-z,defs,-Bsymbolic,--as-needed -lm"
).split()
NATIVE = {"x86_64": ["-march=native"]}  # elsewhere gcc asks /proc what the processor is
WALL_SECONDS = 15.0
LIBRARY_BYTES = 8 * 2**20
_CPU_SECONDS = 6
_PROCESSES = 32
_ADDRESS_SPACE = 2**30
_FILE_BYTES = 16 * 2**20
_SCRATCH_BYTES = 64 * 2**20
_SCRATCH = "/scratch"
# What gcc says of its own programs and what it says of the linker; a source may say it too, and gains nothing.
_KILLED = b"Killed signal", b"signal 9 [Killed]"
_ERROR_BYTES = 64 * 1024
_FOLDERS = ("bin", "lib", "lib32", "lib64", "libexec", "include")
_FILES = ("/bin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")


def view(gcc):
    """The folders and files that gcc needs, those of them that this host has; /usr/local is not among them."""
    prefix = os.path.dirname(os.path.dirname(os.path.realpath(gcc)))
    prefixes = {"/usr", prefix} if prefix != "/" else {"/usr"}
    for root in list(prefixes):  # cross compilers and some distributions keep assembler and linker here
        for name in os.listdir(root):
            if name.startswith(os.uname().machine + "-") and os.path.isdir(os.path.join(root, name)):
                prefixes.add(os.path.join(root, name))
    paths = [os.path.join(root, name) for root in sorted(prefixes) for name in _FOLDERS]
    return [path for path in (*paths, *_FILES) if os.path.exists(path)]


class Compiler:
    """Compiles sources with the program ``gcc``; raises OSError where it cannot be set up.

    ``report`` tells of each protection why it is not there, or an empty string. Without namespaces :attr:`scratch`
    must be set to a folder of the host's.
    """

    def __init__(self, gcc):
        self.scratch = _SCRATCH
        self._gcc, self._view = gcc, view(gcc)
        self._fork, missing = os.fork, ""
        proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
        try:
            namespaces.enter()
            namespaces.become_first()
            namespaces.partial_root(self._view, _SCRATCH, _SCRATCH_BYTES)
            self._fork = namespaces.OwnProcesses(proc).fork
        except OSError as error:
            missing = str(error)
        self._proc = proc
        self._files = landlock.version() > 0
        self.report = {
            "namespaces": missing,
            "landlock": "" if self._files else "the kernel has no Landlock",
            "seccomp": "",
        }
        try:
            self._calls = seccomp.prepare_compiler()
        except KeyError:
            self._calls, self.report["seccomp"] = None, "no table of system calls for " + os.uname().machine

    def _lock(self):
        """In the child: everything is given up but what gcc needs."""
        limits.bound(
            {
                resource.RLIMIT_AS: _ADDRESS_SPACE,
                resource.RLIMIT_FSIZE: _FILE_BYTES,
                resource.RLIMIT_CORE: 0,
                resource.RLIMIT_NOFILE: 64,
                **(
                    {} if self.report["namespaces"] else {resource.RLIMIT_NPROC: _PROCESSES}
                ),  # else the user's others count
            }
        )
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))  # SIGXCPU: by no one else
        limits.drop_capabilities()
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if self._files:
            landlock.restrict(self._view, [self.scratch])
        if self._calls is not None:
            seccomp.install(self._calls)

    def _become(self, source, errors):
        """In the child: become gcc. The source is its standard input: there is no file that could include itself."""
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.setsid()
        score = os.open("self/oom_score_adj", os.O_WRONLY, dir_fd=self._proc)
        os.write(score, b"1000")
        high = [os.dup(fd) for fd in (source, errors, errors)]
        for number, fd in enumerate(high):
            os.dup2(fd, number)
        os.closerange(3, 1 << 16)
        os.chdir(self.scratch)
        self._lock()
        environment = {"PATH": os.path.dirname(self._gcc) + ":/usr/bin:/bin", "TMPDIR": self.scratch, "LC_ALL": "C"}
        environment["CCACHE_DISABLE"] = "1"  # gcc may be its name for it; there is no home to cache in
        os.execve(self._gcc, ["gcc", *NATIVE.get(os.uname().machine, []), *FLAGS], environment)

    def _empty(self):
        for name in os.listdir(self.scratch):
            path = os.path.join(self.scratch, name)
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)

    def compile(self, source):
        """The library as an open descriptor, or bytes that tell why there is none. Raises OSError."""
        for _ in range(2):
            code, text = self._run(source)
            if code != -signal.SIGKILL and not any(mark in text for mark in _KILLED):  # no limit of ours does that
                break
        else:
            raise OSError("the compiler was killed from outside, twice")
        if code is None:
            return b"the compiler did not end within %d s" % WALL_SECONDS
        if code != 0:
            return first_error(text) or b"the compiler ended with %d" % code
        return self._library()

    def _run(self, source):
        """Run gcc; its exit code, None where it had to be killed, and what it said. Raises OSError."""
        self._empty()
        os.lseek(source, 0, os.SEEK_SET)
        errors = os.memfd_create("errors")
        try:
            child = self._fork()
            if child == 0:
                try:
                    self._become(source, errors)
                finally:
                    os._exit(127)
            return _end_of(child), os.pread(errors, _ERROR_BYTES, 0)
        finally:
            os.close(errors)

    def _library(self):
        path = os.path.join(self.scratch, "library.so")
        try:
            made = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return b"the compiler made no library"
        try:
            if os.fstat(made).st_size > LIBRARY_BYTES:
                return b"the library is larger than %d bytes" % LIBRARY_BYTES
            library = os.memfd_create("library")
            with open(made, "rb", closefd=False) as file:
                os.write(library, file.read(LIBRARY_BYTES))
            return library
        finally:
            os.close(made)


def _end_of(child):
    """The exit code of ``child``, None if it had to be killed for want of an end."""
    pidfd = os.pidfd_open(child)
    ended = select.select([pidfd], [], [], WALL_SECONDS)[0]
    os.close(pidfd)
    for kill in (os.killpg, os.kill):  # its own children too, where no namespace ends them with it
        with contextlib.suppress(OSError):
            kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status) if ended else None


def first_error(text):
    """The line of gcc's or the linker's output that says most."""
    lines = text.splitlines()
    for mark in (b"error: ", b"undefined reference"):
        for line in lines:
            where, found, what = line.partition(mark)
            if found and not where.startswith((b"collect2", b"gcc")):
                return where.replace(b"<stdin>:", b"line ") + found + what if found == b"error: " else found + what
    return lines[-1] if lines else b""


def main():
    """Serve as the compiler on the descriptor given as first argument: the first message names gcc."""
    control = socket.socket(fileno=int(sys.argv[1]))
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    compiler = Compiler(os.fsdecode(control.recv(8192)))
    control.send(b"C" + "\n".join("=".join(item) for item in compiler.report.items()).encode())
    if compiler.report["namespaces"]:
        compiler.scratch = os.fsdecode(control.recv(8192))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not message:
            return
        try:
            result = compiler.compile(descriptors[0])
        except OSError as error:
            control.send(b"!" + protocol.text_of(error))
            continue
        finally:
            for fd in descriptors:
                os.close(fd)
        if isinstance(result, int):
            socket.send_fds(control, [b"L"], [result])
            os.close(result)
        else:
            control.send(b"E" + result[: protocol.TEXT_LIMIT])
