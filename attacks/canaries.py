"""Canaries on the host, for attacks on the real sandbox: a planted file, a listening socket, a census of processes.

Their addresses are put into the environment before the sandbox starts, as a careless harness would.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import tempfile

import psutil

from . import confine

_PR_SET_CHILD_SUBREAPER = 36
_VARIABLES = ("GRADER_ANSWERS", "GRADER_TRACKER", "GRADER_SEED")


class HostCanaries:
    """Planted while the context lasts. One at a time in a process, which must start no others meanwhile."""

    def __enter__(self) -> HostCanaries:
        self._folder = tempfile.TemporaryDirectory(prefix="assay-canary-")
        self._before = {name: os.environ.get(name) for name in _VARIABLES}
        self._plant()
        # Processes that detach themselves come to us instead of to process 1, so that none is overlooked.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._known = {process.pid for process in psutil.Process().children(recursive=True)}
        return self

    def _plant(self) -> None:
        self._planted = confine.Canaries(self._folder.name, '"a canary: nobody has any business here"\n')
        addresses = (self._planted.path, f"127.0.0.1:{self._planted.port}", "0")
        os.environ.update(zip(_VARIABLES, addresses, strict=True))

    def touched(self) -> list[str]:
        """Which of "file" and "socket" were touched since the last call; the file is planted again."""
        names = self._planted.tripped()
        if "file" in names:
            self._planted.close()
            self._plant()
        return names

    def left_behind(self) -> list[str]:
        """Names of processes that outlived the sandbox; they are killed. Call it once the sandbox is closed."""
        names: list[str] = []
        for process in psutil.Process().children(recursive=True):
            if process.pid in self._known:
                continue
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    names.append(process.name())
                process.kill()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, 0)
        return names

    def __exit__(self, *exc: object) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._planted.close()
        self._folder.cleanup()
