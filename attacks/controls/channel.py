"""Messages between the scorer and a process of its own."""

from __future__ import annotations

import os
import socket
import struct

_LARGEST = 1 << 26


class Channel:
    """Length-prefixed messages over a socket."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def put(self, data: bytes) -> None:
        self._end.sendall(struct.pack("I", len(data)) + data)

    def get(self) -> bytes | None:
        """The next message, None at the end; raises TimeoutError."""
        head = self._read(4)
        if head is None:
            return None
        (length,) = struct.unpack("I", head)
        return self._read(length) if length <= _LARGEST else None

    def _read(self, length: int) -> bytes | None:
        data = bytearray()
        while len(data) < length:
            part = self._part(min(1 << 20, length - len(data)))
            if not part:
                return None
            data += part
        return bytes(data)

    def _part(self, length: int) -> bytes:
        return self._end.recv(length)


class Inner(Channel):
    """The candidate's end: of all system calls a jail leaves it ``read`` and ``write``."""

    def put(self, data: bytes) -> None:
        rest = memoryview(struct.pack("I", len(data)) + data)
        while rest:
            rest = rest[os.write(self._end.fileno(), rest) :]

    def _part(self, length: int) -> bytes:
        return os.read(self._end.fileno(), length)
