"""The scorer over HTTP, for trainers in other languages or on other hosts; needs the extra ``serve``.

::

    run.py      the process: token, checks, socket, signals, log
    app.py      the routes and what they answer
    gate.py     who may ask, and how often
    models.py   what a request may hold, what an answer holds
    bench.py    the scorers, and the one thread that judges
    limits.py   the bounds, and reading a body within them
    shield.py   what is answered and logged where there is no result
    refused.py  the exception that becomes such an answer
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...sandbox import UsageError
from .limits import Limits


def serve(
    host: str,
    port: int,
    token_file: Path | None,
    checks: Sequence[str],
    limits: Limits,
    options: dict[str, Any],
    say: Callable[[str], object],
) -> None:
    """Serve until SIGTERM or SIGINT, then end every judge. ``say`` gets the few sentences meant for the operator.

    ``checks`` are names or dotted paths that requests may name besides the built-in four; ``options`` are those of
    :class:`assay.rewards.Scorer` (``workers``, ``require``). Raises UsageError, SystemExit(0) on SIGTERM,
    KeyboardInterrupt on SIGINT.
    """
    try:
        from . import run
    except ImportError as error:
        raise UsageError(f"assay serve needs the serve extra ({error}): pip install 'assay[serve]'") from error
    run.run(host, port, token_file, checks, limits, options, say)


__all__ = ["Limits", "serve"]
