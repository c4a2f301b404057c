"""Which of two candidates are the same but for names, numbers and words: the handle on normal_program.py."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).resolve().with_name("normal_program.py")
_NOT_PYTHON = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*(?=\n\s*#)|\s+", re.DOTALL)
_SECONDS = 10.0
_NUMBER = re.compile(r"\b\d[\w.]*")


@dataclass(frozen=True, slots=True)
class Normal:
    """``form`` is equal for candidates that differ in names, constants, docstrings and annotations only.

    ``touches`` holds "import:os", names ("open"), attributes (".modules", also spelt out in a string) and
    definitions ("def:__eq__"); empty where the source could not be parsed.
    """

    form: str
    touches: frozenset[str] = frozenset()


class Normaliser:
    """Normal forms of untrusted sources; a context manager around the process that parses them."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )

    def normal(self, code: str, language: str = "python") -> Normal:
        """The normal form of one candidate; of text without blanks and comments where it cannot be parsed."""
        if language in ("python", "numpy") and (found := self._ask(code)):
            return Normal(found["form"], frozenset(found["touches"]))
        text = _NUMBER.sub("0", _NOT_PYTHON.sub(" ", code))
        return Normal("text " + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest())

    def _ask(self, code: str) -> dict[str, Any]:
        """The program's answer; empty where there is none, and then the program is started again."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        data = b""
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(code).encode() + b"\n")
            while not data.endswith(b"\n"):
                if not select.select([self._process.stdout], [], [], _SECONDS)[0]:
                    break
                if not (part := os.read(self._process.stdout.fileno(), 1 << 16)):
                    break
                data += part
            else:
                return json.loads(data)
        self._end()
        self._start()
        return {}

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Normaliser:
        return self

    def __exit__(self, *exc: object) -> None:
        self._end()
