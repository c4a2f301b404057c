"""What is answered where there is no result: one sentence, never a word of what was sent, never a traceback."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("assay.serve")
OURS = "a fault of the server's, not of any candidate: nothing was scored"
_UNLOGGED = "/v1/health"  # is asked every few seconds


class Answer(JSONResponse):
    """JSON in ASCII: evidence may quote what UTF-8 cannot hold."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return Answer({"detail": detail}, status, headers)


class Shield:
    """Around the whole application: logs every request, and what no route expects as its kind and place only,
    since its text may quote a candidate."""

    def __init__(self, app: ASGIApp, paths: frozenset[str]) -> None:
        self._app, self._paths = app, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            pass
        except Exception as error:
            log.error("%s at %s", type(error).__name__, _place(error))
            if not status:
                await problem(500, OURS)(scope, receive, watched)
        path = scope["path"] if scope["path"] in self._paths else "(no route)"
        if path != _UNLOGGED:
            log.info("%s %s %.3f s", path, status or "client gone", time.monotonic() - begun)


def _place(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "an unknown place"
