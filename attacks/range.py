"""The firing range: candidates are scored by the real judge, under the eyes of canaries and of a sibling."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ..rewards import Graded, Scorer, find_task
from ..sandbox.verdict import Status, Timing
from .canaries import HostCanaries
from .catalogue import LAYERS, Attack, Honest

_OPEN_WORKER = Path(__file__).resolve().with_name("open_worker.py")
_BATCH = 16
_MOVED = 0.1
"""Relative change of the sibling's speed, beyond both confidence intervals, that counts as disturbed."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One candidate's score. ``disturbed`` says which canary or sibling it touched, or is None."""

    status: Status
    reward: float | None
    layer: str | None
    evidence: str
    timing: Timing | None
    disturbed: str | None = None

    @property
    def correct(self) -> bool:
        """Whether the judge called it correct."""
        return self.status is Status.CORRECT


class Range:
    """A sandbox with ``layers`` (which include "judge") and canaries around it; a context manager.

    With all layers it is the sandbox exactly as shipped. Raises IsolationError where the host cannot hold it.
    """

    def __init__(self, layers: frozenset[str], sibling: Honest) -> None:
        self._layers = layers
        self._sibling = sibling
        self._band = find_task("matmul").dead_band
        self._secret = os.urandom(16)  # one for all batches: the same shapes, so that speeds can be compared
        self._stack = ExitStack()

    def __enter__(self) -> Range:
        self._canaries = self._stack.enter_context(HostCanaries())
        try:
            self._open()
            self._alone = self._grade([self._sibling])[0]
        except BaseException:
            self._stack.close()
            raise
        return self

    def _open(self) -> None:
        if self._layers == frozenset(LAYERS):
            self._scorer = Scorer(secret=self._secret)
        else:
            options = {} if "context" in self._layers else {"worker_program": _OPEN_WORKER}
            self._scorer = Scorer(secret=self._secret, policy="policy" in self._layers, **options)
        self._scorer.ready()

    def _grade(self, entries: Sequence[Attack | Honest]) -> list[Shot]:
        return [_shot(graded) for graded in self._scorer.grade([_completion(e.payload) for e in entries])]

    def fire(
        self, entries: Sequence[Attack | Honest], done: Callable[[int], None] | None = None
    ) -> list[Shot]:
        """Score entries in small batches, each with the sibling in it; one that disturbs is found out."""
        shots: list[Shot] = []
        for first in range(0, len(entries), _BATCH):
            batch = entries[first : first + _BATCH]
            found, disturbed = self._volley(batch)
            if disturbed is not None:
                found = [self._single(entry) for entry in batch]
            found = [self._again(e) if s.reward is None else s for e, s in zip(batch, found, strict=True)]
            shots += found
            if done is not None:
                done(len(batch))
        return self._census(entries, shots)

    def _volley(self, entries: Sequence[Attack | Honest]) -> tuple[list[Shot], str | None]:
        """Scores of one batch, and what was disturbed meanwhile."""
        *found, sibling = self._grade([*entries, self._sibling])
        touched = self._canaries.touched()
        if touched:
            return found, f"tripped the canary: {', '.join(touched)}"
        return found, self._moved(sibling)

    def _single(self, entry: Attack | Honest) -> Shot:
        """One entry beside the sibling; a disturbance must repeat, since the host's noise is one too."""
        (shot,), disturbed = self._volley([entry])
        if disturbed is not None:
            (shot,), disturbed = self._volley([entry])
        return replace(shot, disturbed=disturbed)

    def _again(self, entry: Attack | Honest) -> Shot:
        """A fault of ours is asked once more; a candidate that brings it about twice has chosen it."""
        return self._single(entry)

    def _moved(self, sibling: Shot) -> str | None:
        """What happened to the sibling's reward, if it differs from that of the sibling alone."""
        if sibling.status is not self._alone.status:
            return f"made its sibling {sibling.status}"
        if _apart(sibling.timing, self._alone.timing, _MOVED):
            return "changed its sibling's measured speed"
        return None

    def _census(self, entries: Sequence[Attack | Honest], shots: list[Shot]) -> list[Shot]:
        """Close the sandbox, count what still runs, open it again; name those who left processes behind."""
        if not self._reopen():
            return shots
        checked: list[Shot] = []
        for entry, shot in zip(entries, shots, strict=True):
            if shot.layer != "policy":  # refused code was never run
                shot = self._single(entry)
                left = self._reopen()
                shot = replace(shot, disturbed=f"left processes behind: {', '.join(left)}") if left else shot
            checked.append(shot)
        return checked

    def _reopen(self) -> list[str]:
        self._scorer.close()
        left = self._canaries.left_behind()
        self._open()
        return left

    def gain(self, shot: Shot, twin: Shot, yardstick: Shot) -> str | None:
        """Why a score is a gain over an honest one, or None. A correct kernel is compared with its twin."""
        if shot.disturbed is not None:
            return shot.disturbed
        if shot.reward is None:
            return f"made the sandbox blame itself, so that no reward is given ({shot.evidence})"
        if shot.correct and shot.timing is not None:
            if twin.timing is not None and shot.timing.low > twin.timing.high * (1 + self._band):
                return f"{shot.timing.speedup:.2f} times the baseline, its twin {twin.timing.speedup:.2f}"
            return None
        if shot.reward > (yardstick.reward or 0.0):
            return f"reward {shot.reward:.2f}, an honest kernel earns {yardstick.reward or 0.0:.2f}"
        return None

    def __exit__(self, *exc: object) -> None:
        self._scorer.close()
        self._canaries.left_behind()
        self._stack.close()


def _completion(code: str) -> str:
    """The code as a model would answer: one fenced block."""
    return f"```python\n{code}```\n"


def _shot(graded: Graded) -> Shot:
    verdict = graded.verdict
    bad = [finding for finding in verdict.findings if not finding.ok]
    evidence = bad[0].evidence if bad else ""
    return Shot(verdict.status, graded.reward, verdict.layer, evidence, verdict.timing)


def _apart(one: Timing | None, other: Timing | None, band: float) -> bool:
    if one is None or other is None:
        return False
    return one.low > other.high * (1 + band) or other.low > one.high * (1 + band)
