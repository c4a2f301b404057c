"""The proof that a task means what it says: its functions agree with each other, its kernels earn what they should.

What can be seen without a judge is looked at first; then the task's own kernels are judged as any candidate is.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .cores import timing_cores
from .errors import AssayError, InfraError, TaskError
from .examine import mismatch
from .server import JudgeProcess
from .task import Schedule, Shape, Task, Trial
from .verdict import Status, Timing, Verdict

MIN_BASELINE_MS = 1.0
"""Wiping the caches slows shorter calls by more than the dead band. Aim at 2 ms: machines differ by half."""

LOOKS = (10, 20, 40)
WORK_FACTOR = 1.5
_WORK_LOOKS = (5,)
_WORK_ROUNDS = 5
_SECRETS = 8
_PAIRS = 8


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven of ``task``, one sentence each, and what was measured on the way.

    ``speedup`` is that of the honest kernel over the baseline; ``baseline_ns`` the median bill of the baseline,
    ``overhead_ns`` that of the null kernel.
    """

    task: str
    proven: tuple[str, ...]
    speedup: float
    baseline_ns: int
    overhead_ns: int


def validate(task: Task) -> Proof:
    """Prove ``task`` on this host, in a few seconds.

    Raises TaskError naming the task and what does not hold, InfraError for a fault of ours, IsolationError.
    """
    if not task.wrong.strip():
        raise _fault(task, "there is no wrong kernel to be refused; give wrong=, the source of a plausible one")
    with _telling(task, "truth_shapes, timed_shape or work"):
        drawn = _Drawn(task)
    with _telling(task, "one of its functions"):
        proven = [_declared(task, drawn), _fresh(task, drawn), _narrow(task, drawn)]
    with _judge(task) as judge:
        info, secret = judge.ready(), os.urandom(16)
        refused = _without_a_clock(task, judge, secret)
        timing = _timed(task, "baseline", judge.judge(task.baseline, secret, LOOKS))
        milliseconds = timing.baseline_ns / 1e6
        if milliseconds < MIN_BASELINE_MS:
            raise _fault(task, f"the baseline takes {milliseconds:.2f} ms on timed shapes; make them 2 ms or more")
        speed = _timed(task, "honest kernel", judge.judge(task.honest or task.baseline, secret, LOOKS))
    if speed.high < 1 - task.dead_band:
        raise _fault(task, f"the honest kernel is slower than the baseline: {speed.speedup:.2f} times its speed")
    proven += ["the baseline is correct", f"the honest kernel is correct, {speed.speedup:.2f} times as fast", *refused]
    proven += [f"the baseline takes {milliseconds:.2f} ms on timed shapes", _proportional(task, drawn)]
    return Proof(task.name, tuple(proven), speed.speedup, timing.baseline_ns, info["overhead_ns"])


def _fault(task: Task, what: str) -> TaskError:
    return TaskError(f"task {task.name}: {what}")


@contextlib.contextmanager
def _telling(task: Task, what: str) -> Iterator[None]:
    """Whatever the task's own functions raise is told as the task's fault, in one sentence."""
    try:
        yield
    except AssayError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        raise _fault(task, f"{what} raised {type(error).__name__}: {text}") from error


# --- without a judge ----------------------------------------------------------------------------------------


class _Drawn:
    """Schedules of a few secrets, and the timed shapes of least and of most work among those that they draw."""

    def __init__(self, task: Task) -> None:
        self.schedules = [Schedule(task, bytes([number]) * 16, "validate") for number in range(_SECRETS)]
        timed = sorted({schedule.timed_shape(pair) for schedule in self.schedules for pair in range(_PAIRS)})
        for shape in timed:
            if not 0 < task.work(shape) < math.inf:
                raise _fault(task, f"work({shape}) is {task.work(shape)}; make it a positive number")
        self.small, self.large = min(timed, key=task.work), max(timed, key=task.work)


def _declared(task: Task, drawn: _Drawn) -> str:
    """Inputs, reference and tolerance of the shapes drawn are what the declarations say."""
    trials = 0
    for schedule in drawn.schedules:
        for shape in [*schedule.truth, drawn.small, drawn.large]:
            with _telling(task, f"one of its functions on shape {shape}"):
                _declared_trial(task, schedule.trial(shape))
            trials += 1
    return f"inputs, reference and tolerance have the declared shapes in {trials} trials"


def _declared_trial(task: Task, trial: Trial) -> None:
    shape, output_shape = trial.shape, tuple(trial.output_shape)
    if not isinstance(trial.inputs, tuple) or not all(map(_is_float64, trial.inputs)):
        raise _fault(task, f"inputs on shape {shape} is not a tuple of float64 arrays")
    given, declared = [array.shape for array in trial.inputs], [tuple(sides) for sides in task.input_shapes(shape)]
    if given != declared:
        raise _fault(task, f"inputs on shape {shape} gives {given}, but input_shapes says {declared}")
    if any(side < 1 for sides in [*given, output_shape] for side in sides or (0,)):
        raise _fault(task, f"an array of shape {shape} has no cells or no sides; make each side 1 or more")
    kept = [array.copy() for array in trial.inputs]
    expected, tolerance = task.reference(*trial.inputs), np.asarray(task.tolerance(*trial.inputs))
    if not _is_float64(expected) or expected.shape != output_shape:
        found = f"{expected.dtype} {expected.shape}" if isinstance(expected, np.ndarray) else type(expected).__name__
        raise _fault(task, f"reference on shape {shape} gives {found}, but output_shape says float64 {output_shape}")
    if not np.isfinite(expected).all():
        raise _fault(task, f"reference on shape {shape} is not finite, and nothing equals that")
    if tolerance.shape not in ((), expected.shape) or not ((tolerance >= 0) & np.isfinite(tolerance)).all():
        raise _fault(task, f"tolerance on shape {shape} is not one finite number of 0 or more, or one a cell")
    if not all(map(np.array_equal, kept, trial.inputs)):
        raise _fault(task, f"reference or tolerance changes its inputs on shape {shape}; let it work on copies")


def _is_float64(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def _fresh(task: Task, drawn: _Drawn) -> str:
    """A trial's data were never seen before, and the same secret gives the same trials again."""
    for shape in (drawn.small, drawn.large):
        first, second = (drawn.schedules[0].trial(shape).inputs for _ in range(2))
        if all(map(np.array_equal, first, second)):
            raise _fault(task, f"inputs on shape {shape} are the same in two trials; draw them from rng")
    one, other = (Schedule(task, bytes(16), "again") for _ in range(2))
    same = one.truth == other.truth and one.timed_shape(0) == other.timed_shape(0)
    if not same or not all(map(np.array_equal, one.trial(drawn.small).inputs, other.trial(drawn.small).inputs)):
        raise _fault(task, "shapes or inputs depend on more than their rng, so that no verdict can be replayed")
    return "inputs are new in every trial, and the same again for the same secret"


def _narrow(task: Task, drawn: _Drawn) -> str:
    """Results rounded to float32 are refused, where that rounding changes them at all."""
    changed = False
    for shape in (drawn.small, drawn.large):
        trial = drawn.schedules[0].trial(shape)
        expected = task.reference(*trial.inputs)
        with np.errstate(all="ignore"):
            rounded = expected.astype(np.float32).astype(np.float64)
        if mismatch(task, trial, rounded) is not None:
            return "results rounded to float32 are refused"
        changed |= not np.array_equal(rounded, expected)
    if changed:
        raise _fault(task, "tolerance accepts results rounded to float32; derive it from a bound on float64 errors")
    return "results are the same in float32"


# --- with a judge -------------------------------------------------------------------------------------------


def _judge(task: Task) -> JudgeProcess:
    return JudgeProcess(task, core=timing_cores()[0])


def _without_a_clock(task: Task, judge: JudgeProcess, secret: bytes) -> list[str]:
    """Baseline, honest, wrong and null kernel are what they are called, on the same shapes.

    This takes milliseconds and timing takes seconds: it comes first, so that most faults are told at once.
    """
    for what, code in (("baseline", task.baseline), ("honest kernel", task.honest or task.baseline)):
        verdict = judge.judge(code, secret, ())
        evidence = _evidence(task, what, verdict)
        if verdict.status is not Status.CORRECT:
            raise _fault(task, f"the {what} is judged {verdict.status}, not correct: {evidence}")
    proven = []
    for which, code in (("wrong", task.wrong), ("null", task.null)):
        verdict = judge.judge(code, secret, ())
        if verdict.status is Status.CORRECT:  # it may yet be wrong on the timed shapes
            verdict = judge.judge(code, secret, LOOKS)
        proven.append(_refused(task, which, verdict))
    return proven


def _evidence(task: Task, what: str, verdict: Verdict) -> str:
    """The first finding's evidence. Raises InfraError for a verdict that says nothing about the kernel."""
    evidence = verdict.findings[0].evidence if verdict.findings else ""
    if verdict.status is Status.INFRA:
        raise InfraError(f"task {task.name} cannot be validated here: judging its {what} failed: {evidence}")
    return evidence


def _timed(task: Task, what: str, verdict: Verdict) -> Timing:
    evidence = _evidence(task, what, verdict)
    if verdict.timing is None:
        raise _fault(task, f"the {what} is judged {verdict.status}, not correct: {evidence}")
    return verdict.timing


def _refused(task: Task, which: str, verdict: Verdict) -> str:
    evidence = _evidence(task, f"{which} kernel", verdict)
    if verdict.status is Status.CORRECT:
        raise _fault(task, f"the {which} kernel is judged correct; {_WAY_OUT[which]}")
    if verdict.status is not Status.WRONG:
        raise _fault(task, f"the {which} kernel is judged {verdict.status}: {evidence}; let it run and be wrong")
    return f"the {which} kernel is wrong: {evidence}"


_WAY_OUT = {
    "wrong": "give one that is wrong, or truth_shapes on which it shows",
    "null": "a constant must not be right: make inputs and truth_shapes tell more",
}


def _fixed(shape: Shape, rng: random.Random) -> Shape:
    return shape


def _proportional(task: Task, drawn: _Drawn) -> str:
    """The baseline costs the same a unit of work on the smallest and on the largest timed shape.

    A neighbour on the same core can double what one of them costs for a second, and never lowers it: measured are both
    in turns, and the least counts.
    """
    small, large = drawn.small, drawn.large
    if (more := task.work(large) / task.work(small)) == 1:
        return "all timed shapes are the same work"
    costs, factor = dict.fromkeys((small, large), math.inf), math.inf
    for _ in range(_WORK_ROUNDS):
        costs = {shape: min(cost, _cost(task, shape)) for shape, cost in costs.items()}
        factor = costs[large] / costs[small]
        off = max(factor, 1 / factor)
        if off <= WORK_FACTOR:
            return f"work is proportional to the baseline's time within a factor of {off:.2f}"
        if off > 2 * WORK_FACTOR:
            break
    raise _fault(
        task,
        f"work is not proportional to the baseline's time: from shape {small} to {large} it grows {more:.2f} times, "
        f"the time {factor * more:.2f} times",
    )


def _cost(task: Task, shape: Shape) -> float:
    """Median billed nanoseconds of the baseline for a unit of work on ``shape``."""
    with _judge(replace(task, timed_shape=partial(_fixed, shape))) as judge:
        verdict = judge.judge(task.baseline, os.urandom(16), _WORK_LOOKS)
    return _timed(task, "baseline", verdict).baseline_ns / task.work(shape)
