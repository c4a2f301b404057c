"""The handle on somebody's scorer in a process of its own (against_program.py), started again whenever it ends."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from ..sandbox.errors import UsageError
from ..sandbox.launch import environment, module_command

_REPLY_LIMIT = 1 << 20
_TAIL = 4096
_POLITE = 3.0
"""Seconds in which a scorer may end by itself, with whatever it has started."""
_SETTLE = 0.5
"""Seconds in which processes that a call has started may end by themselves."""

Fault = Literal["raised", "returned", "exited", "hung", "nonsense"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call of the scorer came to: a reward for each code (None as the scorer gave it), or a fault.

    ``said`` tells a fault in a few words, bounded and printable. ``left`` names processes that outlived the scorer.
    """

    rewards: tuple[float | None, ...] = ()
    fault: Fault | None = None
    said: str = ""
    left: tuple[str, ...] = ()


class ScorerProcess:
    """Calls ``scorer`` ("package.module:function") with at most ``limit`` seconds for each code; a context manager.

    The scorer is found on this process's import path and in its working folder; once imported, it works in a
    temporary folder, in a session of its own. Raises UsageError where it cannot be loaded.
    """

    def __init__(self, scorer: str, *, limit: float, seed: int) -> None:
        self._scorer, self._limit, self._seed = scorer, limit, seed
        self._folder = tempfile.TemporaryDirectory(prefix="assay-against-", ignore_cleanup_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._known: set[int] = set()
        self._turn = 0
        self._asked: Counter[str] = Counter()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair()
        command = module_command("assay.attacks.against_program", str(theirs.fileno()))
        kept = {**environment(), "PYTHONHASHSEED": str(self._seed % 2**32), "TMPDIR": self._folder.name}
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # what a scorer prints is no part of a report
                stderr=subprocess.PIPE,
                env=kept,
                start_new_session=True,
            )
        self._errors = bytearray()
        threading.Thread(target=_drain, args=(self._process.stderr, self._errors), daemon=True).start()
        setup = {"scorer": self._scorer, "folder": os.getcwd(), "home": self._folder.name}
        self._known = set()
        found = self._exchange(setup, max(self._limit, 60.0))
        if isinstance(found, Answer):
            raise UsageError(f"the scorer {self._scorer} cannot be loaded: it {told(found)}")
        if "failed" in found:
            raise UsageError(f"the scorer {self._scorer} cannot be loaded: {_printable(found['failed'])}")
        self.shape = str(found.get("shape"))

    def _exchange(self, message: dict[str, Any], seconds: float) -> dict[str, Any] | Answer:
        """One line out, one line in; an Answer with a fault where none comes."""
        deadline = time.monotonic() + seconds
        data = b""
        try:
            self._channel.settimeout(seconds)
            self._channel.sendall(json.dumps(message).encode() + b"\n")
            while not data.endswith(b"\n") and len(data) < _REPLY_LIMIT:
                self._channel.settimeout(max(0.001, deadline - time.monotonic()))
                part = self._channel.recv(1 << 16)
                if not part:
                    return self._ended()
                data += part
        except TimeoutError:
            return Answer(fault="hung", said=f" for more than {seconds:g} s")
        except OSError:
            return self._ended()
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        return found if isinstance(found, dict) else Answer(fault="nonsense")

    def _ended(self) -> Answer:
        """The fault of a process that went away."""
        assert self._process is not None
        try:
            status = self._process.wait(_POLITE)
        except subprocess.TimeoutExpired:
            return Answer(fault="nonsense", said=" (it closed its channel)")
        how = f"status {status}" if status >= 0 else f"signal {-status}"
        lines = bytes(self._errors).decode("utf-8", "replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return Answer(fault="exited", said=f" ({how}{': ' + _printable(last) if last else ''})")

    def score(self, codes: Sequence[str], prompt: str, language: str, conversational: bool) -> Answer:
        """One call with a group of codes; for a scorer of single codes, one call after another."""
        if self._process is None:
            self._start()
        if not self._known:
            self._known = self._descendants()
        self._turn += 1
        asked = "\0".join(codes)
        self._asked[asked] += 1
        # Each time other draws, so that noise shows and no input comes twice; the same ones in every replay.
        drawn = hashlib.blake2b(f"{self._seed} {self._asked[asked]} {asked}".encode("utf-8", "replace"), digest_size=4)
        request = {"turn": self._turn, "codes": list(codes), "prompt": prompt, "language": language}
        request["seed"] = int.from_bytes(drawn.digest())
        found = self._exchange({**request, "conversational": conversational}, self._limit * len(codes))
        answer = found if isinstance(found, Answer) else self._read(found, len(codes))
        if answer.fault in ("hung", "nonsense", "exited"):
            self.end(politely=False)
            return answer
        return self._census(answer)

    def _read(self, found: dict[str, Any], count: int) -> Answer:
        if found.get("turn") != self._turn:
            return Answer(fault="nonsense")
        if "raised" in found:
            return Answer(fault="raised", said=f" {_printable(found['raised'])}")
        if "exited" in found:
            said = _printable(found["exited"])
            return Answer(fault="exited", said=f" (SystemExit{': ' + said if said else ''})")
        rewards = found.get("rewards")
        if not isinstance(rewards, list) or len(rewards) != count:
            return Answer(fault="nonsense")
        if not all(r is None or type(r) in (int, float) for r in rewards):
            return Answer(fault="nonsense")
        if bad := [r for r in rewards if r is not None and not math.isfinite(r)]:
            return Answer(fault="returned", said=f" {bad[0]}")
        return Answer(tuple(None if r is None else float(r) for r in rewards))

    def _descendants(self) -> set[int]:
        """What runs below this process, which is the subreaper: what detaches itself from the scorer comes here."""
        running: set[int] = set()
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    running.add(process.pid)
                elif process.pid not in self._known and process.ppid() == os.getpid():
                    self._reap(process.pid)
        return running

    def _reap(self, pid: int) -> None:
        if self._process is None or pid != self._process.pid:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def settle(self) -> None:
        """What runs by now belongs to the scorer; call it after a warm-up."""
        self._known = self._descendants()

    def _census(self, answer: Answer) -> Answer:
        """Processes that a call started and that outlive the scorer itself; nothing to do where it started none."""
        deadline = time.monotonic() + _SETTLE
        while new := self._descendants() - self._known:
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if not new:
            return answer
        self.end(politely=True)
        time.sleep(0.1)
        names = []
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.pid in new and process.status() != psutil.STATUS_ZOMBIE:
                    names.append(_printable(process.name()))
                    process.kill()
        return Answer(answer.rewards, answer.fault, answer.said, tuple(names))

    def end(self, *, politely: bool) -> None:
        """End the process and all below it; the next call starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()
        if politely:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_POLITE)
        else:
            _kill_tree(process)
        process.kill()
        process.wait()

    def close(self) -> None:
        """End it for good; safe to call twice."""
        self.end(politely=True)
        self._folder.cleanup()

    def __enter__(self) -> ScorerProcess:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


_TOLD = {
    "raised": "raised",
    "returned": "returned",
    "exited": "ended its process",
    "hung": "hung",
    "nonsense": "answered nonsense",
    None: "",
}


def told(answer: Answer) -> str:
    """The fault of an answer as the end of "the scorer …"."""
    return f"{_TOLD[answer.fault]}{answer.said}"


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(psutil.Error):
        below = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in below:
            with contextlib.suppress(psutil.Error):
                child.kill()


def _drain(stream: Any, tail: bytearray) -> None:
    """Keep the last of what comes; ends with the last writer."""
    with contextlib.suppress(OSError, ValueError):
        while part := stream.read1(1 << 16):
            tail += part
            del tail[:-_TAIL]
    stream.close()


def _printable(text: Any) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)[:300])
