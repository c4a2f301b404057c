"""What one client may ask of the server, and reading a body no further than that."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterable
from dataclasses import dataclass

from .refused import Refused

_CLIENTS = 1024
"""Addresses whose rate is remembered; the one that was quiet longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a server; every one is an option of ``assay serve`` but the last three."""

    body: int = 8 * 2**20
    """Bytes of a request's body."""
    texts: int = 256
    """Completions or codes of a request."""
    characters: int = 200_000
    """Characters of each of them."""
    pairs: int = 40
    """Timed pairs at most that a request may ask for."""
    rate: int = 600
    """Requests a minute for each client address, a tenth of them at once; 0 for no limit."""
    queue: int = 16
    """Requests that wait, besides the one being judged."""
    seconds: float = 900.0
    """From a request's last byte to its answer."""
    reading_seconds: float = 30.0
    """From a request's head to its last byte."""
    connections: int = 256
    tasks: int = 4
    """Tasks whose judges are kept running; the one unused longest makes room."""


async def read_body(stream: AsyncIterable[bytes], limits: Limits) -> bytes:
    """The whole body. Raises Refused at the first chunk beyond the limit, whatever length was announced."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.reading_seconds):
            async for chunk in stream:
                body += chunk
                if len(body) > limits.body:
                    raise Refused(413, f"the body is larger than {limits.body} bytes; send fewer at once")
    except TimeoutError:
        raise Refused(408, f"the body took more than {limits.reading_seconds:g} s", Connection="close") from None
    return bytes(body)


class Rate:
    """A token bucket for each client: ``per_minute`` refill evenly, a tenth of that may come at once."""

    def __init__(self, per_minute: int) -> None:
        self._per_second = per_minute / 60
        self._most = max(1.0, per_minute / 10)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, now: float | None = None) -> int:
        """Take one; 0 if there was one, else the whole seconds after which there will be."""
        if not self._per_second:
            return 0
        now = time.monotonic() if now is None else now
        left, then = self._buckets.pop(client, (self._most, now))
        left = min(self._most, left + (now - then) * self._per_second)
        allowed = left >= 1
        self._buckets[client] = (left - allowed, now)
        while len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)
        return 0 if allowed else math.ceil((1 - left) / self._per_second)
