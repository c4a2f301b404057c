"""Shared memory between judge and worker: memfds sealed before they are handed over.

An unsealed memfd lets the worker truncate it and kill the reading judge with SIGBUS; a writable input buffer
lets it change what it was asked. Layout is fixed beforehand: float64, native byte order, C order.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import mmap
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

_F_ADD_SEALS = getattr(fcntl, "F_ADD_SEALS", 1033)
_SEAL_SEAL, _SEAL_SHRINK, _SEAL_GROW, _SEAL_FUTURE_WRITE = 0x1, 0x2, 0x4, 0x10

Array = np.ndarray[Any, np.dtype[np.float64]]


class SharedBuffer:
    """``cells`` float64 values that the judge may write and a worker may map.

    With ``read_only`` no mapping made after this one can ever be written through. Raises OSError where there is
    no memory or descriptor left.
    """

    def __init__(self, name: str, cells: int, *, read_only: bool) -> None:
        self.fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(self.fd, max(8, cells * 8))
            self._map = mmap.mmap(self.fd, 0)
            seals = _SEAL_SHRINK | _SEAL_GROW | _SEAL_SEAL | (_SEAL_FUTURE_WRITE if read_only else 0)
            fcntl.fcntl(self.fd, _F_ADD_SEALS, seals)
        except OSError:
            os.close(self.fd)
            raise

    def write(self, arrays: Sequence[Array]) -> None:
        """The arrays one after another from the start of the buffer."""
        position = 0
        for array in arrays:
            self._map[position : position + array.nbytes] = array.tobytes()
            position += array.nbytes

    def fill(self, offset: int, cells: int, value: float) -> None:
        """Set ``cells`` values from ``offset`` on, on fresh pages.

        A worker that touched them ahead of its turn would save their page faults: 5 to 10 % of a fast kernel in C.
        """
        first, last = (cell * 8 // mmap.PAGESIZE * mmap.PAGESIZE for cell in (offset, offset + cells))
        if last > first:
            with contextlib.suppress(OSError):  # a kernel without it: the faults are saved
                self._map.madvise(mmap.MADV_REMOVE, first, last - first)
        self._map[offset * 8 : (offset + cells) * 8] = np.full(cells, value).tobytes()

    def read(self, offset: int, shape: Sequence[int]) -> Array:
        """A private copy of ``shape`` values from ``offset`` (in cells)."""
        size = math.prod(shape) * 8
        return np.frombuffer(self._map[offset * 8 : offset * 8 + size], dtype=np.float64).reshape(shape)

    def close(self) -> None:
        self._map.close()
        os.close(self.fd)
