"""Workers forked ahead: a fork costs a millisecond, which a waiting trainer need not see."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .errors import InfraError
from .session import Worker
from .zygote import Zygote


class Spares:
    """Hands out workers of one zygote, ready ones first.

    A spare is locked down and idle: nothing of a candidate has been near it. Its buffers have room for the
    largest schedule asked for so far; memory is taken only where it is touched.
    """

    def __init__(self, zygote: Zygote) -> None:
        self.zygote = zygote
        self._ready: list[Worker] = []
        self._done: list[Worker] = []
        self._inputs = self._outputs = 0

    @contextlib.contextmanager
    def lend(self, input_cells: int, output_cells: int) -> Iterator[Worker]:
        """A fresh worker with room for that many float64 cells. Raises InfraError.

        Afterwards it stands still for good; its burial can wait until nobody waits for a verdict.
        """
        worker = self._take(input_cells, output_cells)
        try:
            yield worker
        except BaseException:
            worker.close()
            raise
        worker.halt()
        self._done.append(worker)

    def _take(self, input_cells: int, output_cells: int) -> Worker:
        self._inputs, self._outputs = max(self._inputs, input_cells), max(self._outputs, output_cells)
        self.bury()
        while self._ready:
            worker = self._ready.pop()
            if worker.alive() and worker.input_cells >= input_cells and worker.output_cells >= output_cells:
                return worker
            worker.close()
        return Worker(self.zygote, self._inputs, self._outputs)

    def bury(self) -> None:
        """Close the finished workers. Raises InfraError where the zygote has gone."""
        while self._done:
            self._done.pop().close()

    def prepare(self, count: int) -> None:
        """Bury the finished, fork until ``count`` workers are there, and see them come up. Raises InfraError."""
        self.bury()
        while self._inputs and len(self._ready) < count:
            self._ready.append(Worker(self.zygote, self._inputs, self._outputs))
        for worker in self._ready:
            worker.come_up()

    def close(self) -> None:
        """End all workers, not the zygote; safe to call twice."""
        for workers in (self._ready, self._done):
            while workers:
                with contextlib.suppress(InfraError):
                    workers.pop().close()
