"""Layer policy for C: refuse, from the source alone, what an honest kernel never needs.

Comments and literals are taken out as a compiler does it, the rest is cut into tokens, and names, headers, directives
and attributes are looked up. There is no preprocessor here: a name that a macro glues together passes, and is the
jail's to stop. Linear in the length of the source; :mod:`assay.sandbox.policy_process` runs it in a disposable process
all the same.
"""

from __future__ import annotations

import re
from typing import Literal

from .policy import SOURCE_LIMIT, Complaint

HEADERS = frozenset(
    "alloca.h assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h malloc.h math.h "
    "memory.h omp.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h tgmath.h "
    "immintrin.h x86intrin.h xmmintrin.h emmintrin.h pmmintrin.h tmmintrin.h smmintrin.h nmmintrin.h avxintrin.h "
    "mm_malloc.h arm_neon.h arm_sve.h".split()
)
"""omp.h is honest, though there are no threads: its functions are missing when the library is linked."""

DIRECTIVES = frozenset("define undef if ifdef ifndef elif else endif error warning include pragma".split())

# Names that reach files, processes, the network, other code or memory protections; whatever they stand for here.
FORBIDDEN = frozenset(
    "asm __asm __asm__ syscall system popen pclose fork vfork clone execl execle execlp execv execve execvp execvpe "
    "fexecve posix_spawn posix_spawnp dlopen dlmopen dlsym dlvsym dladdr dl_iterate_phdr mmap mmap64 mremap munmap "
    "mprotect madvise mlock memfd_create shm_open shmget shmat openat open64 creat fopen fopen64 freopen fdopen "
    "tmpfile mkstemp opendir readdir unlinkat symlink mkfifo ptrace process_vm_readv process_vm_writev prctl "
    "arch_prctl setrlimit getrlimit prlimit sched_setaffinity sched_yield setpriority sigaction signalfd setitimer "
    "timer_create nanosleep usleep clock_nanosleep clock_gettime clock_settime gettimeofday setjmp longjmp _setjmp "
    "sigsetjmp siglongjmp getcontext setcontext makecontext swapcontext socketpair getaddrinfo sendmsg recvmsg sendto "
    "recvfrom ioctl fcntl getenv setenv putenv environ __environ secure_getenv atexit at_quick_exit on_exit "
    "quick_exit _exit _Exit getpid getppid setuid setgid chroot mount umount eventfd epoll_create io_uring_setup "
    "thrd_create call_once __builtin_return_address __builtin_frame_address __builtin_apply __builtin_apply_args "
    "__builtin_setjmp __builtin_longjmp __builtin_eh_return __has_include __has_include_next __has_embed "
    "__libc_start_main _dl_open __libc_dlopen_mode __libc_dlsym PyRun_SimpleString".split()
)
_FORBIDDEN_PREFIXES = ("pthread_", "Py_", "PyObject_", "_Py", "inotify_", "fanotify_", "__sanitizer")
# These too, but they make honest names for variables: they are refused where they are called.
FORBIDDEN_CALLS = frozenset(
    "open read write close kill raise signal alarm pause sleep send recv bind listen accept connect socket select "
    "poll pipe pipe2 dup dup2 link unlink remove rename access stat fstat lstat chmod chown mkdir rmdir chdir wait "
    "waitpid time clock pread pwrite readv writev truncate ftruncate brk sbrk nice getopt".split()
)
ATTRIBUTES = frozenset(
    "constructor destructor ifunc section alias weakref naked init_priority interrupt symver".split()
)
_PRAGMAS = re.compile(r"(?:weak|redefine_extname|extern_prefix|init|fini|GCC\s+(?:dependency|pch_preprocess|plugin))\b")
_OPERAND = re.compile(r"\s*\(\s*\"([^\"\n]*)")

_SPLICE = re.compile(r"\\[ \t\f\v\r]*\n")
_TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"?)
  | (?P<character>[uUL]?'(?:[^'\\\n]|\\.)*'?)
  | (?P<name>[A-Za-z_$\u0080-\U0010ffff][\w$]*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<line>\n)
  | (?P<hash>\#\#?|%:(?:%:)?)
  | (?P<other>[^\s])
  | (?P<space>[^\S\n]+)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_SPACE = re.compile(r"(?:[^\S\n]|/\*.*?\*/)*(\w*)", re.DOTALL)
_INCLUDE = re.compile(r"\s*(?:<([^>\n]*)>|\"([^\"\n]*)\")")


class _Checker:
    """Walks over the tokens of one source."""

    def __init__(self, source: str) -> None:
        self.complaints: list[Complaint] = []
        self._text = source
        self._line, self._start = 1, 0
        self._attribute = 0  # depth of brackets within an __attribute__, 1 before the first of them

    def complain(
        self, position: int, reason: str, kind: Literal["forbidden", "syntax", "limits"] = "forbidden"
    ) -> None:
        self.complaints.append(Complaint(kind, self._line, position - self._start, reason))

    def run(self) -> list[Complaint]:
        position, fresh = 0, True  # fresh: nothing but space since the line began
        while match := _TOKEN.match(self._text, position):
            kind, text, position = match.lastgroup, match.group(), match.end()
            if kind == "hash" and fresh and text in ("#", "%:"):
                position = self._directive(position)
            elif kind == "name":
                self._name(match)
            elif kind == "other" and self._attribute:
                self._attribute += (text == "(") - (text == ")")
                self._attribute = 0 if self._attribute == 1 else self._attribute
            fresh = kind == "line" or (fresh and kind in ("space", "comment"))
            if (lines := text.count("\n")) > 0:
                self._line += lines
                self._start = match.start() + text.rindex("\n") + 1
        return self.complaints

    def _name(self, match: re.Match[str]) -> None:
        name, start, end = match.group(), match.start(), match.end()
        if self._attribute:
            if name.strip("_") in ATTRIBUTES:
                self.complain(start, f"the attribute {name} is not available to a kernel")
        elif name in ("__attribute__", "__attribute"):
            self._attribute = 1
        elif name in ATTRIBUTES and self._text[max(0, start - 16) : start].rstrip().endswith("::"):
            self.complain(start, f"the attribute {name} is not available to a kernel")
        elif name == "_Pragma":
            self._pragma(start, text[1] if (text := _OPERAND.match(self._text, end)) else "")
        elif name in FORBIDDEN or name.startswith(_FORBIDDEN_PREFIXES) or self._calls(name, end):
            self.complain(start, f"{name} is not available to a kernel")

    def _calls(self, name: str, end: int) -> bool:
        return name in FORBIDDEN_CALLS and self._text[end : end + 64].lstrip().startswith("(")

    def _directive(self, position: int) -> int:
        """Check the directive that begins here; where its ordinary tokens begin."""
        match = _SPACE.match(self._text, position)
        assert match is not None
        name, start, end = match.group(1), match.start(1), match.end()
        self._line += self._text.count("\n", position, start)
        rest = self._text[end : end + 300].partition("\n")[0]
        if name == "include":
            self._include(start, rest)
        elif name == "pragma":
            self._pragma(start, rest.strip())
        elif name and name not in DIRECTIVES:
            self.complain(start, f"the directive #{name} is not available to a kernel")
        return end

    def _include(self, start: int, rest: str) -> None:
        match = _INCLUDE.match(rest)
        header = (match.group(1) or match.group(2) or "").strip() if match else ""
        if header not in HEADERS:
            self.complain(
                start, f"the header {header or rest.strip() or 'without a name'} is not available to a kernel"
            )

    def _pragma(self, start: int, rest: str) -> None:
        if _PRAGMAS.match(rest):
            self.complain(start, f"#pragma {rest[:40]} is not available to a kernel")


def check_c_source(source: str) -> list[Complaint]:
    """Complaints about C ``source``, in order of appearance; an empty list means that it is allowed. Never raises."""
    if len(source.encode("utf-8", "surrogatepass")) > SOURCE_LIMIT:
        return [Complaint("limits", 0, 0, f"the source is longer than {SOURCE_LIMIT} bytes")]
    if "\0" in source:
        return [Complaint("syntax", 0, 0, "the source holds NUL bytes")]
    return _Checker(_SPLICE.sub("", source)).run()
