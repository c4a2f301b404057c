"""One candidate in one worker: truth first, then time. What it did becomes an :class:`Outcome`."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np

from .caches import CacheWipe
from .clocks import Bill
from .errors import InfraError
from .inside.protocol import BAD_SHAPE, BAD_TYPE, DONE, NO_ENTRY, READY
from .session import DIED, LATE, ROGUE, Turn, Worker
from .spares import Spares
from .stats import Looks, Pair, Speedup
from .task import Schedule, Shape, Task, Trial, cells
from .verdict import Finding, Layer, Status

MAX_TURN_SECONDS = 1.0
MIN_TURN_SECONDS = 0.5
_SPARE = 1.5  # attempts per wanted pair, since pairs with an unusual baseline are thrown away
_CONTEXT_ERRORS = ("NameError:", "ImportError:", "UnboundLocalError:")
_IDLE_FACTOR, _IDLE_NS = 2.0, 2_000_000
_IDLE_LIMIT_NS = 1_000_000_000
_WARM_CALLS = 8
# One worker in ten or so is slower than its twins by up to 10 %, for its whole life: a long timing uses several. On a
# shared host two neighbouring turns differ by as much whether they take 1 ms or 50; only their number makes the noise
# less, so a pair of an exact timing is the sum of several rounds.
_PAIRS_OF_A_WORKER, _LONG = 5, 10
_ROUNDS, _EXACT = 4, 20


@dataclass(slots=True)
class Outcome:
    """What one examination concluded. ``suspect``: to blame only if a second worker does it again."""

    status: Status = Status.CORRECT
    layer: Layer | None = None
    findings: list[Finding] = field(default_factory=list)
    trials: int = 0
    speedup: Speedup | None = None
    bills: list[Bill] = field(default_factory=list)
    baseline_ns: int = 0
    baseline_rate: float = 0.0
    idle_ns: int = 0
    suspect: bool = False

    def decide(self, status: Status, layer: Layer, check: str, evidence: str) -> Outcome:
        """Record what ended the examination."""
        self.status, self.layer = status, layer
        self.findings.append(Finding(check, False, layer, evidence))
        return self


def mismatch(task: Task, trial: Trial, output: np.ndarray) -> str | None:
    """Why the output is wrong, without telling any value; None if every cell is within tolerance.

    The comparison is of a private copy with a reference computed here: NaN and infinities fail it.
    """
    with np.errstate(all="ignore"):  # a candidate may return what makes float64 arithmetic complain
        error = np.abs(output - task.reference(*trial.inputs))
        wrong = ~(error <= task.tolerance(*trial.inputs))
    if not wrong.any():
        return None
    kind = "not finite" if not np.isfinite(output[wrong]).any() else "outside the tolerance"
    return f"{int(wrong.sum())} of {wrong.size} cells {kind}"


class Examiner:
    """Examines candidates of one task at a calibrated ``rate`` (nanoseconds of one unit of baseline work).

    Codes, that of the ``baseline`` too, are what a worker loads: source text or, in C, a library.
    """

    def __init__(self, task: Task, rate: float, baseline: bytes) -> None:
        self.task, self.rate, self.baseline = task, rate, baseline
        self._wipe = CacheWipe(task.cache)

    def timeout(self, shape: Shape) -> float:
        """Seconds of CPU time a call may take: ``slowest`` times the baseline, within fixed bounds."""
        seconds = self.task.slowest * self.rate * self.task.work(shape) * 1e-9
        return min(MAX_TURN_SECONDS, max(MIN_TURN_SECONDS, seconds))

    def worker(self, spares: Spares, shapes: Sequence[Shape]) -> AbstractContextManager[Worker]:
        """A worker with room for one trial of each shape."""
        inputs = max(sum(map(cells, self.task.input_shapes(shape))) for shape in shapes)
        return spares.lend(inputs, sum(cells(self.task.output_shape(shape)) for shape in shapes))

    def examine(self, spares: Spares, code: bytes, schedule: Schedule, looks: Sequence[int]) -> Outcome:
        """Truth on every shape of the schedule, then time up to the last look. Raises InfraError."""
        pairs = looks[-1] if looks else 0
        rounds = _ROUNDS if pairs > _EXACT else 1
        attempts = math.ceil(pairs * _SPARE) * rounds
        stride = _PAIRS_OF_A_WORKER * rounds if pairs > _LONG else max(1, attempts)
        timed = [schedule.timed_shape(number) for number in range(attempts)]
        warm_up, outcome, truth = self._warm_up(schedule, timed), Outcome(), schedule.truth
        progress = Looks(looks, self.task.dead_band, rounds)
        for start in range(0, max(1, attempts), stride):
            numbers = range(start, min(start + stride, attempts))
            room = [*truth, *warm_up, *timed[start : start + 1], *timed[start : start + stride]]
            with self.worker(spares, room) as candidate:
                if not self._enter(outcome, candidate, code, schedule, truth, warm_up):
                    return outcome
                if not numbers or self._time(outcome, spares, candidate, schedule, warm_up, numbers, progress):
                    break
            truth = []
        if progress.pairs and outcome.status is Status.CORRECT:
            self._conclude(outcome, progress)
        return outcome

    def _enter(
        self,
        outcome: Outcome,
        candidate: Worker,
        code: bytes,
        schedule: Schedule,
        truth: Sequence[Shape],
        warm_up: Sequence[Shape],
    ) -> bool:
        """Load the candidate, have it answer ``truth`` and then the ``warm_up``, of which only its time matters;
        False (and the outcome decided) unless all was right."""
        loaded = candidate.load(code, self.task.entry)
        if loaded.status != READY:
            self._failed(outcome, candidate, loaded)
            return False
        return all(self._turn(outcome, candidate, schedule.trial(shape)) for shape in truth) and all(
            self._turn(outcome, candidate, schedule.trial(shape), checked=False) for shape in warm_up
        )

    def _warm_up(self, schedule: Schedule, timed: Sequence[Shape]) -> list[Shape]:
        """Untimed calls on either side, as small as the task allows: CPython specialises a function without ``for``
        loops at its eighth call, which is the rehearsal of :meth:`_time`."""
        if not timed:
            return []
        smallest = min(schedule.truth, key=self.task.work, default=timed[0])
        return [smallest] * (_WARM_CALLS - 1)

    def _turn(
        self,
        outcome: Outcome,
        worker: Worker,
        trial: Trial,
        wipe: Callable[[], None] | None = None,
        *,
        checked: bool = True,
    ) -> Bill | None:
        """One turn of the candidate; None (and the outcome decided) unless it answered, and was right if that is
        ``checked``."""
        turn = worker.turn(trial, self.timeout(trial.shape), wipe)
        outcome.trials += 1
        if turn.status != DONE or turn.output is None or turn.bill is None:
            self._failed(outcome, worker, turn)
            return None
        outcome.idle_ns += max(0, turn.bill.billed - turn.bill.cpu)
        if outcome.idle_ns > _IDLE_LIMIT_NS:
            outcome.decide(Status.TIMEOUT, "judge", "idle", f"waited {outcome.idle_ns / 1e6:.0f} ms within its turns")
            return None
        if checked and (reason := mismatch(self.task, trial, turn.output)) is not None:
            outcome.decide(Status.WRONG, "judge", "correct", f"trial {outcome.trials}: {reason}")
            return None
        return turn.bill

    def _failed(self, outcome: Outcome, worker: Worker, turn: Turn) -> Outcome:
        """Turn a failed answer into a status, its layer and evidence."""
        if turn.status == LATE:
            return outcome.decide(Status.TIMEOUT, "judge", "timeout", turn.text)
        if turn.status in (BAD_TYPE, BAD_SHAPE):
            return outcome.decide(Status.WRONG, "judge", "type" if turn.status == BAD_TYPE else "shape", turn.text)
        if turn.status == NO_ENTRY:
            return outcome.decide(Status.CRASH, "judge", "entry", turn.text)
        if turn.status == ROGUE:
            return outcome.decide(Status.CRASH, "judge", "protocol", turn.text)
        if turn.status != DIED:
            layer: Layer = "context" if turn.text.startswith(_CONTEXT_ERRORS) else "judge"
            return outcome.decide(Status.CRASH, layer, "exception", turn.text)
        how = worker.how_it_ended()
        if how == f"signal {signal.SIGSYS:d}":
            outcome.suspect = True
            return outcome.decide(Status.CHEAT, "jail", "seccomp", "a system call outside the allow-list")
        return outcome.decide(Status.CRASH, "judge", "ended", f"{turn.text} ({how})")

    def _time(
        self,
        outcome: Outcome,
        spares: Spares,
        candidate: Worker,
        schedule: Schedule,
        warm_up: Sequence[Shape],
        numbers: range,
        progress: Looks,
    ) -> bool:
        """Alternate candidate and a baseline of its own on identical inputs, for the rounds ``numbers``. True when
        no more are wanted: enough for the looks, or the outcome decided.

        One round before them is not timed: while the baseline was loaded the candidate waited, and its first turn
        after that took 1 % longer.
        """
        shapes = {number: schedule.timed_shape(number) for number in numbers}
        rehearsed = False
        with self.worker(spares, [*warm_up, shapes[numbers.start], *shapes.values()]) as baseline:
            if baseline.load(self.baseline, self.task.entry).status != READY:
                raise InfraError("the baseline did not load")
            for shape in warm_up:
                self._baseline_turn(baseline, schedule.trial(shape))
            for number in (numbers.start, *numbers):
                trial = schedule.trial(shapes[number])
                both = self._round(outcome, candidate, baseline, trial, schedule.baseline_first(number))
                if both is None:
                    return True
                if not rehearsed:
                    rehearsed = True
                    continue
                outcome.bills.append(both[1])
                enough = progress.add(Pair(both[0].billed, both[1].billed, self.task.work(trial.shape)))
                if self._too_slow(outcome, progress) or enough:
                    return True
        return False

    def _too_slow(self, outcome: Outcome, progress: Looks) -> bool:
        """Whether the candidate is slower than the task allows; the outcome is decided then. One worker may be slower
        than its twins for its whole life, so who is near the limit is suspect.
        """
        far = progress.spent(2 * self.task.slowest)
        if not far and not progress.beyond(self.task.slowest):
            return False
        outcome.suspect = not far
        outcome.decide(Status.TIMEOUT, "judge", "timeout", f"{self.task.slowest:g} times slower than the baseline")
        return True

    def _round(
        self, outcome: Outcome, candidate: Worker, baseline: Worker, trial: Trial, baseline_first: bool
    ) -> tuple[Bill, Bill] | None:
        """What ``trial`` cost the baseline and the candidate; None if that decided the outcome."""
        first = self._baseline_turn(baseline, trial) if baseline_first else None
        bill = self._turn(outcome, candidate, trial, self._wipe)
        return None if bill is None else (first or self._baseline_turn(baseline, trial), bill)

    def _conclude(self, outcome: Outcome, progress: Looks) -> None:
        """The speedup of all pairs, and whether the two clocks agree."""
        outcome.speedup = progress.estimate()
        outcome.baseline_ns = int(np.median([turns.baseline for turns in progress.rounds]))
        outcome.baseline_rate = float(np.median([turns.baseline / turns.work for turns in progress.rounds]))
        self._idle_check(outcome)

    def _baseline_turn(self, baseline: Worker, trial: Trial) -> Bill:
        turn = baseline.turn(trial, 10 * MAX_TURN_SECONDS, self._wipe)
        if turn.bill is None or turn.output is None or mismatch(self.task, trial, turn.output):
            raise InfraError(f"the baseline failed: {turn.text or 'wrong output'}")
        return turn.bill

    def _idle_check(self, outcome: Outcome) -> None:
        """Suspect a candidate whose turns mostly waited: the two clocks disagree."""
        cpu = sum(bill.cpu for bill in outcome.bills)
        waited = sum(bill.wall - bill.delay for bill in outcome.bills)
        if waited > _IDLE_FACTOR * cpu + _IDLE_NS * len(outcome.bills):
            outcome.suspect = True
            evidence = f"{waited / 1e6:.1f} ms on the wall clock, {cpu / 1e6:.1f} ms on the CPU clock"
            outcome.decide(Status.CHEAT, "judge", "hidden-work", evidence)
