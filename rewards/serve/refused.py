"""A request that gets no result."""

from __future__ import annotations


class Refused(Exception):
    """A request that gets no result: the HTTP status, one sentence, and headers."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
