"""One judge of a Ray cluster: the actor on the node, and what the backend keeps of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from multiprocess.reduction import ForkingPickler

from ..._version import __version__
from ...sandbox import AssayError, Verdict
from ...sandbox.cores import timing_cores
from ...sandbox.isolation import level_of
from ...sandbox.pool import SteadyJudge

START_SECONDS = 300.0


class JudgeActor:
    """A judge on one processor of a node; the setup arrives by dill, answers leave as plain data."""

    def __init__(self, setup: bytes, place: int) -> None:
        self._setup, self._place = setup, place
        self._judge: SteadyJudge | None = None

    def ready(self) -> dict[str, Any]:
        """What the judge found of this node; ``error`` and ``kind`` where it cannot work here."""
        cores = timing_cores()
        try:
            setup = ForkingPickler.loads(self._setup)
            core = cores[self._place % len(cores)]
            self._judge = SteadyJudge(setup["task"], core, setup["unsafe"], setup["options"])
            info = self._judge.ready()
        except AssayError as error:
            return {"error": str(error), "kind": type(error).__name__}
        return {**info, "level": level_of(info["isolation"]), "cores": len(cores), "version": __version__}

    def judge(self, code: str, secret: bytes, looks: Sequence[int]) -> dict[str, Any]:
        """The verdict as JSON data."""
        assert self._judge is not None
        return self._judge.judge(code, secret, looks).to_json()

    def close(self) -> None:
        """End the judge; without it the judge ends with this process, as soon as its candidate is done."""
        if self._judge is not None:
            self._judge.close()


@dataclass(eq=False)
class Node:
    id: str
    name: str
    host: str
    cpus: int
    error: AssayError | None = None
    """Why it is left out."""


@dataclass(eq=False)
class RaySeat:
    node: Node
    place: int
    """Index among the timing cores of the node's machine."""
    actor: Any
    answered: Callable[[RaySeat, Future[Any], Future[Verdict]], None]
    deadline: float = field(default_factory=lambda: time.monotonic() + START_SECONDS)

    def judge(self, code: str, secret: bytes, looks: Sequence[int]) -> Future[Verdict]:
        answer: Future[Verdict] = Future()
        reply = self.actor.judge.remote(code, secret, list(looks)).future()
        reply.add_done_callback(lambda reply: self.answered(self, reply, answer))
        return answer


def sentence(error: BaseException) -> str:
    """The first line of what Ray reports, without the remote traceback."""
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {str(cause).strip().splitlines()[0] if str(cause).strip() else ''}"[:300]
