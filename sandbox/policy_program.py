"""The warm process around those in which hostile source is parsed, as a program.

A child reads one source after another as long as it allows them: an answer forged by an exploit of the parser opens
this layer only, of its own source and of later ones; three layers remain. A refusal counts only from a child that has
read nothing before, so that no source can have another refused.
"""

from __future__ import annotations

import contextlib
import gc
import socket
import sys
import warnings

from .inside.jail import Jail
from .policy import DEPTH_LIMIT, SOURCE_LIMIT, Complaint
from .policy_child import ALLOWED, UNLOCKED, Child, check, to_answer

PREPARE = b"P"
"""What has children forked ahead of the sources that they will check."""
_SOURCES = 1000  # what one child reads at most: since CPython 3.12 names that were read once are kept for ever
_LONG = 2**14  # bytes; what parsing a longer one took of memory is not kept
_IMPATIENT = 4  # slices: on a child that has read before nothing depends
_SAMPLE = "def f(A):\n    return [[sum(x * y for x, y in zip(a, a)) for _ in range(2)] for a in A]\n"
_RECURSION_LIMIT = 10 * DEPTH_LIMIT  # a visitor takes a few frames a level


def _refused() -> bytes:
    return to_answer([Complaint("limits", 0, 0, "the source could not be parsed within bounds of time and memory")])


class Readers:
    """The children of this process, and which of them reads a source."""

    def __init__(self, jail: Jail | None, language: str, unsafe: bool) -> None:
        self._of_a_child = jail, language, unsafe
        self._kept: Child | None = None  # has read sources, and reads the next
        self._fresh: list[Child] = []
        self._done: list[Child] = []

    def prepare(self) -> None:
        """Fork ahead what reads the next source, and what decides where that refuses it. Raises OSError."""
        while len(self._fresh) < (1 if self._kept else 2):
            self._fresh.append(self._fork())

    def check(self, message: bytes) -> bytes:
        """The answer to a source with one byte before it; empty where there is none within bounds. Raises OSError
        where no child can be forked."""
        answer = self._kept.check(message, _IMPATIENT) if self._kept else b""
        if not answer:
            self._keep(None)  # what it says too late would be taken for the answer to the next source
        if answer != ALLOWED:
            child, decided = self._first(message)
            if decided == answer:
                self._retire(child)
            else:
                self._keep(child)
            answer = decided
        kept = self._kept
        if kept and (answer in (b"", UNLOCKED) or kept.sources >= _SOURCES or len(message) > _LONG):
            self._keep(None)
        return answer

    def _first(self, message: bytes) -> tuple[Child, bytes]:
        """A child that reads the source as its first, and its answer."""
        child = self._fresh.pop() if self._fresh else self._fork()
        answer = child.check(message)
        if answer in (b"", UNLOCKED) and child.killed():  # by somebody, or for want of memory: once more
            child.close()
            child = self._fork()
            answer = child.check(message)
        return child, answer

    def _fork(self) -> Child:
        while self._done:
            self._done.pop().close()
        return Child(*self._of_a_child)

    def _keep(self, child: Child | None) -> None:
        if self._kept:
            self._retire(self._kept)
        self._kept = child

    def _retire(self, child: Child) -> None:
        """Its end takes time on the core where somebody waits for an answer; it stands still until then."""
        child.halt()
        self._done.append(child)

    def close(self) -> None:
        """End all children."""
        for child in [*self._done, *self._fresh, *([self._kept] if self._kept else [])]:
            child.close()


def main(control: socket.socket, language: str, unsafe: bool) -> None:
    """Serve until the other end closes."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_RECURSION_LIMIT)
    try:
        jail = Jail()
    except KeyError:
        jail = None
    check(_SAMPLE, language)  # whatever it caches is shared by the children
    gc.collect()
    gc.freeze()
    readers = Readers(jail, language, unsafe)
    while message := control.recv(SOURCE_LIMIT + 16):
        if message == PREPARE:
            with contextlib.suppress(OSError):  # shows again when a source comes
                readers.prepare()
            continue
        try:
            answer = readers.check(message)
        except OSError:  # no process or descriptor is left for a child
            answer = UNLOCKED
        control.send(answer or _refused())
    readers.close()


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError):  # the judge has gone
        main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3] == "unsafe")
