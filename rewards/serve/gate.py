"""Who may ask: a bearer token, then a rate for each client. Both are looked at before a byte of the body is read."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ...sandbox import UsageError
from .limits import Rate
from .refused import Refused

VARIABLE = "ASSAY_TOKEN"
_SHORTEST, _LONGEST = 16, 4096
_BEARER = HTTPBearer(auto_error=False, description="The token that the server was started with.")


class Gate:
    """The token that opens the server, and how often a client may come."""

    def __init__(self, token: str, per_minute: int) -> None:
        self._token = token.encode()
        self.rate = Rate(per_minute)

    def opens(self, given: str) -> bool:
        """Whether ``given`` is the token, in a time that does not depend on where they differ."""
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._token)


async def admit(request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
    """The dependency of every route but the health check. Raises Refused."""
    gate: Gate = request.app.state.gate
    if bearer is None or not gate.opens(bearer.credentials):
        raise Refused(401, "send the server's token as 'Authorization: Bearer TOKEN'", WWW_Authenticate="Bearer")
    if wait := gate.rate.wait(request.client.host if request.client else ""):
        raise Refused(429, f"too many requests: try again in {wait} s", Retry_After=str(wait))


def find_token(file: Path | None) -> tuple[str, bool]:
    """``(token, whether it was made just now)``: from ``file``, else from ASSAY_TOKEN, else random.

    The variable is taken out of the environment, which judges inherit. Raises UsageError.
    """
    given = os.environ.pop(VARIABLE, None)
    if file is not None:
        return _checked(_content(file), f"--token-file {file}"), False
    if given is not None:
        return _checked(given, VARIABLE), False
    return secrets.token_urlsafe(32), True


def _content(file: Path) -> str:
    try:
        if file.exists() and not file.is_file():
            raise UsageError(f"cannot read --token-file {file}: not a regular file")
        with file.open("rb") as opened:
            return opened.read(_LONGEST + 2).decode("latin-1")
    except OSError as error:
        raise UsageError(f"cannot read --token-file {file}: {error.strerror}") from error


def _checked(text: str, source: str) -> str:
    token = text.strip()
    if not _SHORTEST <= len(token) <= _LONGEST or not all("!" <= letter <= "~" for letter in token):
        raise UsageError(
            f"{source}: a token is one line of {_SHORTEST} to {_LONGEST} printable ASCII characters without spaces; "
            "make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
        )
    return token
