"""Judges on the machines of a Ray cluster: an actor for each timing core of each node.

Actors are placed by node affinity, since what places them is observed: the first judge of a node tells its
isolation level and its cores, and a node below the required level gets no other. A custom resource such as
``{"assay_L2": 4}`` would be what somebody wrote when the node was started.

All of Ray's state here belongs to one thread; candidates in flight and fairness are the Dispatcher's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ..._version import __version__
from ...sandbox import AssayError, InfraError, IsolationError, Task, TaskError, UsageError, Verdict
from ...sandbox.dispatch import Dispatcher, SeatLost
from ...sandbox.lane import Lane, closed
from ...sandbox.server import dumps
from .base import OnVerdict, collect
from .ray_seat import START_SECONDS, JudgeActor, Node, RaySeat, sentence

_CONNECT_SECONDS = 10.0
_CLOSE_SECONDS = 10.0
_PREFETCH = 1
"""Candidates that wait at a judge, so that it need not wait for the network."""
_KINDS: dict[str, type[AssayError]] = {kind.__name__: kind for kind in (IsolationError, TaskError, UsageError)}
_log = logging.getLogger(__name__)


def _connect() -> None:
    if ray.is_initialized():
        return
    address = os.environ.get("RAY_ADDRESS", "")
    host, _, port = address.rpartition(":")
    try:
        if port.isdigit() and "/" not in host:  # Ray itself would try for many minutes
            socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
        ray.init()
    except (OSError, OverflowError, RayError, RuntimeError, ValueError) as error:
        at = f" at RAY_ADDRESS={address}" if address else ""
        raise UsageError(f"no Ray cluster can be reached{at}: {error}; set RAY_ADDRESS or call ray.init()") from error


class RayBackend:
    """Judges of ``task`` on all nodes of the connected Ray cluster; ``workers`` bounds their number in all.

    Connects as ``ray.init()`` does (RAY_ADDRESS, else a cluster on this machine, else a new one) unless the
    process is connected. Each node lends as many judges as it has timing cores, at most its ``CPU`` resource.
    Nodes that join later are found by the next batch. Raises TaskError, UsageError.
    """

    def __init__(self, task: Task, *, workers: int | None = None, unsafe: bool = False, **options: Any) -> None:
        self._setup = dumps({"task": task, "unsafe": unsafe, "options": options})
        _connect()
        self._actor: Any = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(JudgeActor)
        self._workers = workers or None
        self._dispatcher = Dispatcher(task.name, prefetch=_PREFETCH)
        self._nodes: dict[str, Node] = {}
        self._gone: set[str] = set()
        self._infos: dict[RaySeat, dict[str, Any]] = {}
        self._starting: set[RaySeat] = set()
        self._settled = threading.Event()
        self._ended = False
        self._refusal: AssayError | None = None
        self._lane = Lane("assay-ray")
        self._lane.submit(self._survey)

    def ready(self) -> dict[str, Any]:
        """Wait for the judges of all nodes. What the first one found of its node, with ``judges``, the number
        of judges by node, and ``left_out``, why other nodes have none."""
        self._lane.submit(self._survey).result()
        self._settled.wait()
        return self._lane.submit(self._summary).result()

    def _summary(self) -> dict[str, Any]:
        if not self._infos:
            raise self._refusal or InfraError("the judges ended while they were waited for")
        judges: dict[str, int] = {}
        for seat in self._infos:
            judges[seat.node.name] = judges.get(seat.node.name, 0) + 1
        left_out = {node.name: str(node.error) for node in self._nodes.values() if node.error is not None}
        return {**next(iter(self._infos.values())), "judges": judges, "left_out": left_out}

    async def judge(
        self, codes: Sequence[str], secret: bytes, looks: Sequence[int], on_verdict: OnVerdict | None = None
    ) -> list[Verdict]:
        """See :meth:`Backend.judge`. What a lost node or actor had in hand goes to another; where none is left
        the verdict is ``infra``."""
        await asyncio.wrap_future(self._lane.submit(self._survey))
        return await collect(self._dispatcher.submit(codes, secret, looks), on_verdict)

    def close(self) -> None:
        """End every judge; safe to call twice. The connection to Ray stays: ``ray.shutdown()`` is the caller's."""
        with contextlib.suppress(UsageError):  # it is closed already
            self._lane.submit(self._end).result()
            self._lane.close()

    # What follows runs in the backend's own thread.

    def _later(self, function: Callable[..., None], *arguments: Any) -> bool:
        """Run it in the backend's thread; False where that has ended."""
        try:
            self._lane.submit(function, *arguments).add_done_callback(lambda done: done.result())  # is logged
        except UsageError:
            return False
        return True

    def _survey(self) -> None:
        """Send a first judge to each node that has none; to those that failed before only if no other is left."""
        if self._ended:
            raise closed()
        try:
            alive = self._census()
        except Exception as error:  # Ray is shut down, or its head does not answer
            self._refuse(InfraError(f"the Ray cluster cannot be reached: {sentence(error)}"))
            return
        if not self._infos and not self._starting:
            again = [id for id, node in self._nodes.items() if isinstance(node.error, InfraError)]
            for id in again:
                del self._nodes[id]
        for id, found in sorted(alive.items()):
            cpus = int(found["Resources"].get("CPU", 0))
            if id not in self._nodes and cpus and self._room():
                name = f"{found['NodeManagerHostname']} ({id[:8]})"
                self._nodes[id] = Node(id, name, found["NodeManagerAddress"], cpus)
                self._start(self._nodes[id], self._place(found["NodeManagerAddress"]))
        self._settle()

    def _census(self) -> dict[str, dict[str, Any]]:
        """The nodes that are there, by id; the judges of those that left are taken away."""
        alive = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
        self._gone |= self._nodes.keys() - alive.keys()
        self._nodes = {id: node for id, node in self._nodes.items() if id in alive}
        for seat in [seat for seat in self._infos if seat.node.id not in alive]:
            self._remove(seat)
        return alive

    def _remove(self, seat: RaySeat) -> None:
        del self._infos[seat]
        self._dispatcher.drop(seat)
        self._kill(seat)

    def _seats(self) -> list[RaySeat]:
        return [*self._infos, *self._starting]

    def _room(self) -> bool:
        return self._workers is None or len(self._seats()) < self._workers

    def _place(self, host: str) -> int:
        """The first core of a machine without a judge; several nodes may share a machine."""
        taken = {seat.place for seat in self._seats() if seat.node.host == host}
        return next(place for place in range(len(taken) + 1) if place not in taken)

    def _start(self, node: Node, place: int) -> None:
        strategy = NodeAffinitySchedulingStrategy(node.id, soft=False)
        actor = self._actor.options(scheduling_strategy=strategy).remote(self._setup, place)
        seat = RaySeat(node, place, actor, self._answered)
        self._starting.add(seat)
        self._settled.clear()
        if len(self._starting) == 1:
            self._watch()
        actor.ready.remote().future().add_done_callback(lambda reply: self._later(self._started, seat, reply))

    def _watch(self) -> None:
        """Give up the judges that take too long to start; look again when the next one would."""
        now = time.monotonic()
        for seat in [seat for seat in self._starting if seat.deadline <= now]:
            self._starting.discard(seat)
            self._leave_out(seat, InfraError(f"no judge could start within {START_SECONDS:.0f} s; is a CPU free?"))
        if self._starting:
            wait = min(seat.deadline for seat in self._starting) - now
            timer = threading.Timer(wait, self._later, [self._watch])
            timer.daemon = True
            timer.start()
        else:
            self._settle()

    def _started(self, seat: RaySeat, reply: Future[Any]) -> None:
        if seat not in self._starting:
            return
        info: dict[str, Any]
        try:
            info = reply.result()
        except Exception as error:
            info = {"error": f"the judge could not start: {sentence(error)}", "kind": "InfraError"}
        if info.get("version", __version__) != __version__:
            info = {"error": f"assay {info['version']} is installed there, {__version__} here", "kind": ""}
        self._starting.discard(seat)
        if "error" in info:
            self._leave_out(seat, _KINDS.get(info["kind"], InfraError)(info["error"]))
        else:
            self._infos[seat] = info
            self._dispatcher.add(seat)
            self._fill(seat.node, info["cores"])
        self._settle()

    def _fill(self, node: Node, cores: int) -> None:
        """The node's other judges, each on a core that no judge of its machine has."""
        while self._room() and sum(seat.node is node for seat in self._seats()) < min(node.cpus, cores):
            place = self._place(node.host)
            if place >= cores:
                return
            self._start(node, place)

    def _leave_out(self, seat: RaySeat, error: AssayError) -> None:
        self._kill(seat)
        if any(other.node is seat.node for other in self._seats()):
            _log.warning("Ray node %s has a judge fewer: %s", seat.node.name, error)
        else:
            seat.node.error = error
            _log.warning("Ray node %s is left out: %s", seat.node.name, error)

    def _kill(self, seat: RaySeat) -> None:
        if ray.is_initialized():  # or ray.kill would start a cluster
            with contextlib.suppress(RayError, RuntimeError):  # it may be gone
                ray.kill(seat.actor)

    def _settle(self) -> None:
        """Take batches as long as a judge works or starts."""
        if self._infos or self._starting:
            self._refusal = None
            self._dispatcher.reopen()
        else:
            self._refuse(self._why())
        if not self._starting:
            self._settled.set()

    def _refuse(self, error: AssayError) -> None:
        self._refusal = error
        self._dispatcher.refuse(error)
        self._settled.set()

    def _why(self) -> AssayError:
        """Why there is no judge: an error of the task or of isolation where that is all, else a fault of ours."""
        errors = {node.name: node.error for node in self._nodes.values() if node.error is not None}
        if not errors:
            left = f" ({len(self._gone)} left it)" if self._gone else ""
            return InfraError(f"no node of the Ray cluster lends a CPU to a judge{left}; see ray start --num-cpus")
        for error in errors.values():
            if isinstance(error, TaskError | UsageError):
                return error
        kind = IsolationError if all(isinstance(error, IsolationError) for error in errors.values()) else InfraError
        return kind("no node of the Ray cluster can judge: " + "; ".join(f"{n}: {e}" for n, e in errors.items()))

    def _answered(self, seat: RaySeat, reply: Future[Any], answer: Future[Verdict]) -> None:
        """Called by Ray, in a thread of its own in which nothing may be asked of Ray."""
        if not self._later(self._answer, seat, reply, answer):
            answer.set_exception(SeatLost("the judges have been closed"))

    def _answer(self, seat: RaySeat, reply: Future[Any], answer: Future[Verdict]) -> None:
        try:
            verdict = Verdict.from_json(reply.result())
        except Exception as error:  # the actor, its node or the judge's start after a death: the seat is lost
            self._lost(seat, sentence(error))
            answer.set_exception(SeatLost(sentence(error)))
        else:
            answer.set_result(verdict)

    def _lost(self, seat: RaySeat, reason: str) -> None:
        """Take away a judge, and replace it where its node is still there."""
        if seat not in self._infos:
            return
        self._remove(seat)
        _log.warning("Ray node %s lost a judge, its candidates go to another: %s", seat.node.name, reason)
        with contextlib.suppress(RayError, RuntimeError):  # all of Ray is gone: the survey says so
            if seat.node.id in self._census():
                self._start(seat.node, seat.place)
        self._survey()

    def _end(self) -> None:
        """End the judges by themselves as far as they answer, then by force."""
        self._ended = True
        ready, seats = list(self._infos), self._seats()
        self._infos.clear()
        self._starting.clear()
        self._refuse(closed())
        if ready and ray.is_initialized():
            with contextlib.suppress(RayError, RuntimeError):
                ends = [seat.actor.close.remote() for seat in ready]
                ray.wait(ends, num_returns=len(ends), timeout=_CLOSE_SECONDS)
        for seat in seats:
            self._kill(seat)
