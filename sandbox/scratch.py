"""A temporary folder that is removed even where its owner is killed: by whoever makes the next one.

The owner holds a lock on its folder, which the kernel takes back as the owner ends. A process number would not do: it
may be given anew, and means another process in another container that shares the folder for temporary files.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile

_PREFIX = "assay-scratch-"


def _lock(path: str) -> int | None:
    """A descriptor that holds the lock on a folder, None where another process holds it. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(folder), os.lstat(path)):
            return folder
    except BlockingIOError:
        pass
    except BaseException:
        os.close(folder)
        raise
    os.close(folder)
    return None


def _sweep(parent: str) -> None:
    """Remove the folders whose owners have ended."""
    for name in os.listdir(parent):
        path = os.path.join(parent, name)
        with contextlib.suppress(OSError):  # removed meanwhile
            if not name.startswith(_PREFIX) or os.lstat(path).st_uid != os.geteuid():
                continue
            if (folder := _lock(path)) is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(folder)


class Scratch:
    """A folder at ``path``, removed by :meth:`close`. Raises OSError where there can be none."""

    def __init__(self) -> None:
        parent = tempfile.gettempdir()
        _sweep(parent)
        folder = None
        while folder is None:  # it may be swept before it is locked
            self.path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
            with contextlib.suppress(FileNotFoundError):
                folder = _lock(self.path)
        self._folder = folder

    def close(self) -> None:
        """Remove it; safe to call twice."""
        if self._folder >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._folder)
            self._folder = -1
