"""The process behind ``assay serve``: token, checks, socket, signals, log."""

from __future__ import annotations

import inspect
import ipaddress
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from ...sandbox import Task, UsageError
from ...sandbox.isolation import check_level
from ..checks import BUILTIN
from ..errors import CheckError
from ..registry import Check, find_check
from ..tasks import find_task, task_names
from .app import create_app
from .bench import Bench
from .gate import find_token
from .limits import Limits
from .shield import log

ARGUMENTS = frozenset({"completion", "candidate", "verdict", "task", "prompt"})
"""What a check may ask for here; columns of a dataset do not travel."""

_GRACE_SECONDS = 20


class _Log(logging.Formatter):
    """One line a record, without traceback: what follows may quote what a client sent."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_info = record.exc_text = record.stack_info = None
        return super().format(record).partition("\n")[0]


class _Server(uvicorn.Server):
    """Ends what is being judged before it waits for the answers, not after."""

    def __init__(self, config: uvicorn.Config, bench: Bench) -> None:
        super().__init__(config)
        self._bench = bench

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._bench.stop()
        await super().shutdown(sockets)


def known_tasks(say: Callable[[str], object]) -> dict[str, Task]:
    """Every task that is built in or installed, by name, loaded now: no request can cause an import.

    One that cannot be loaded is told and left out.
    """
    found: dict[str, Task] = {}
    for name in task_names():
        try:
            found[name] = find_task(name)
        except Exception as error:  # importing somebody's package
            say(f"the task '{name}' is left out: {error}")
    return found


def known_checks(more: Sequence[str]) -> dict[str, Check]:
    """The built-in checks and those of ``--check``, by name. Raises CheckError."""
    found = {name: find_check(name) for name in BUILTIN}
    for which in more:
        check = find_check(which)
        if check.name in found:
            raise CheckError(f"--check {which}: a check named '{check.name}' is already served")
        parameters = inspect.signature(check.function).parameters.values()
        required = {
            p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        }
        if missing := required - ARGUMENTS:
            raise CheckError(
                f"--check {which}: it asks for {', '.join(sorted(missing))}; a served check may ask for "
                f"{', '.join(sorted(ARGUMENTS))}"
            )
        found[check.name] = check
    return found


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        raise UsageError(f"cannot listen on --host {host} --port {port}: {reason}; choose another") from error


def _leave(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Log("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    log.setLevel(logging.INFO)


def _announce(address: str, port: int, say: Callable[[str], object]) -> None:
    if not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        say(
            f"{address} can be reached from other hosts, and token and completions travel in the clear: "
            "put a reverse proxy with TLS in front"
        )
    say(f"listening on http://{f'[{address}]' if ':' in address else address}:{port}")


def run(
    host: str,
    port: int,
    token_file: Path | None,
    checks: Sequence[str],
    limits: Limits,
    options: dict[str, Any],
    say: Callable[[str], object],
) -> None:
    """See :func:`assay.rewards.serve.serve`."""
    signal.signal(signal.SIGTERM, _leave)  # uvicorn raises the signal again once it has shut down
    _log_to_stderr()
    if "require" in options:
        check_level(options["require"])
    token, made = find_token(token_file)
    known = known_checks(checks)
    bench = Bench(known_tasks(say), seats=limits.queue + 1, most=limits.tasks, **options)
    config = uvicorn.Config(
        create_app(token, known, limits, bench),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # a client could choose its address, and with it its rate
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    try:
        with listen(host, port) as opened:
            if made:
                say(f"token, made for this run and shown once: {token}")
            address, bound, *_ = opened.getsockname()
            _announce(address, bound, say)
            _Server(config, bench).run(sockets=[opened])
    finally:
        bench.close()
