"""A candidate's score on the bench, and when two of them differ in speed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..rewards import Graded
from ..sandbox.verdict import Status, Timing


@dataclass(frozen=True, slots=True)
class Score:
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


def scored(graded: Graded) -> Score:
    """What the scorer's verdict comes to here."""
    verdict = graded.verdict
    bad = [finding for finding in verdict.findings if not finding.ok]
    evidence = bad[0].evidence if bad else ""
    return Score(verdict.status, graded.reward, verdict.layer, evidence, verdict.timing)


def apart(one: Timing | None, other: Timing | None, band: float) -> bool:
    """Whether two speeds differ by more than ``band`` (relative), beyond both confidence intervals."""
    if one is None or other is None:
        return False
    return one.low > other.high * (1 + band) or other.low > one.high * (1 + band)


_ALIKE = 0.1
"""Relative difference of the baseline's rates up to which two speeds were measured at one speed of the host."""


def alike(one: Timing | None, other: Timing | None) -> bool:
    """Whether two speeds were measured at the same speed of the host, so that they can be compared.

    Where others share a host's cores it has two speeds, and not every kernel changes as much as the baseline. Of 64
    readings of one kernel, 32 % of all pairs lay apart, and 0.2 % of those that are alike (docs/log.md, 2026-11-30).
    """
    return one is None or other is None or _distance(one, other) <= math.log1p(_ALIKE)


def nearest(readings: Sequence[Score], to: Score) -> Score:
    """The one of ``readings`` whose host was most like that of ``to``; the last of those where one was not timed."""
    if to.timing is None:
        return readings[-1]
    timing = to.timing
    timed = [reading for reading in readings if reading.timing is not None]
    return min(timed, key=lambda r: _distance(r.timing or timing, timing)) if timed else readings[-1]


def _distance(one: Timing, other: Timing) -> float:
    """Of the rates of the baseline, as a logarithm. A verdict of elsewhere may tell of none."""
    if min(one.baseline_rate, other.baseline_rate) <= 0:
        return 0.0
    return abs(math.log(one.baseline_rate / other.baseline_rate))
